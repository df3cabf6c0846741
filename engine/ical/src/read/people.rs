//! Who is invited, and what the owner answered: RFC 5545 sections 3.8.4.1 and 3.8.4.3.

use kalends_core::event::{Person, Response};

use crate::syntax::{Component, Property};

/// What a VEVENT says of people.
#[derive(Debug)]
pub(super) struct People {
    pub(super) organizer: Option<Person>,
    pub(super) attendees: Vec<Person>,
    pub(super) response: Response,
    pub(super) organized: bool,
}

/// Reads organizer and attendees as the owner of these addresses sees them. Where nobody was
/// invited an ORGANIZER alone, which some calendars always write, says nothing.
pub(super) fn people(event: &Component<'_>, own: &[String]) -> People {
    let attendees: Vec<Person> = event.all("ATTENDEE").map(person).collect();
    let organizer = event.property("ORGANIZER").filter(|_| !attendees.is_empty());
    let organized = organizer.is_none_or(|organizer| is_own(organizer, own));
    let answered = event.all("ATTENDEE").find(|attendee| is_own(attendee, own)).map(response);
    let response = match answered {
        Some(Response::Pending) if organized => Response::Accepted,
        Some(answer) => answer,
        None => Response::None,
    };
    People { organizer: organizer.map(person), attendees, response, organized }
}

/// Whether a property names the owner.
pub(crate) fn is_own(property: &Property<'_>, own: &[String]) -> bool {
    let address = address(property).to_lowercase();
    !address.is_empty() && own.contains(&address)
}

fn person(property: &Property<'_>) -> Person {
    let name = property.parameter("CN").unwrap_or_default().trim().to_owned();
    Person { name, email: address(property) }
}

/// The mail address; where the value is none, the one of the EMAIL parameter (RFC 7986 section 6.2).
pub(crate) fn address(property: &Property<'_>) -> String {
    let value = property.value();
    let value = value.trim();
    if let Some((scheme, address)) = value.split_once(':')
        && scheme.eq_ignore_ascii_case("mailto")
    {
        return address.trim().to_owned();
    }
    match property.parameter("EMAIL") {
        Some(email) => email.trim().to_owned(),
        None if value.contains('@') && !value.contains([':', '/']) => value.to_owned(),
        None => String::new(),
    }
}

/// PARTSTAT (RFC 5545 section 3.2.12); who delegated does not come.
pub(crate) fn response(attendee: &Property<'_>) -> Response {
    let said = attendee.parameter("PARTSTAT").unwrap_or_default().to_ascii_uppercase();
    match said.as_str() {
        "ACCEPTED" => Response::Accepted,
        "TENTATIVE" => Response::Tentative,
        "DECLINED" | "DELEGATED" => Response::Declined,
        _ => Response::Pending,
    }
}
