//! What one VEVENT says: RFC 5545 section 3.6.1.

use kalends_core::event::{Busy, Content, Kind, Privacy, Status};

use super::people::people;
use super::{meeting, span};
use crate::DecodeError;
use crate::syntax::{Component, list};
use crate::zones::Zones;

/// Reads the content of a VEVENT for the owner of these addresses.
pub(crate) fn content(
    event: &Component<'_>,
    zones: &mut Zones,
    own: &[String],
) -> Result<Content, DecodeError> {
    let text = |name| event.property(name).map(|line| line.text()).unwrap_or_default();
    let people = people(event, own);
    Ok(Content {
        title: text("SUMMARY"),
        description: text("DESCRIPTION"),
        location: text("LOCATION"),
        meeting: meeting::meeting(event),
        span: span::span(event, zones)?,
        status: status(&word(event, "STATUS")),
        busy: busy_of(&word(event, "TRANSP"), &word(event, "X-MICROSOFT-CDO-BUSYSTATUS")),
        privacy: privacy(&word(event, "CLASS")),
        kind: Kind::Event,
        categories: categories(event),
        organizer: people.organizer,
        attendees: people.attendees,
        response: people.response,
        organized: people.organized,
    })
}

/// A value that is one word, in upper case; empty where there is none.
fn word(event: &Component<'_>, name: &str) -> String {
    event.property(name).map(|line| line.value().trim().to_ascii_uppercase()).unwrap_or_default()
}

fn status(word: &str) -> Status {
    match word {
        "TENTATIVE" => Status::Tentative,
        "CANCELLED" => Status::Cancelled,
        _ => Status::Confirmed,
    }
}

/// TRANSP is what every calendar shows and changes, so it has the last word on free or not; the
/// finer status says how.
pub(crate) fn busy_of(transp: &str, status: &str) -> Busy {
    match (transp, status) {
        ("TRANSPARENT", "WORKINGELSEWHERE") => Busy::Elsewhere,
        ("TRANSPARENT", _) => Busy::Free,
        (_, "TENTATIVE") => Busy::Tentative,
        (_, "OOF") => Busy::OutOfOffice,
        (_, "WORKINGELSEWHERE") => Busy::Elsewhere,
        ("", "FREE") => Busy::Free,
        _ => Busy::Busy,
    }
}

/// RFC 5545 section 3.8.1.3: what is not known is private.
fn privacy(word: &str) -> Privacy {
    match word {
        "" => Privacy::Default,
        "PUBLIC" => Privacy::Public,
        "CONFIDENTIAL" => Privacy::Confidential,
        _ => Privacy::Private,
    }
}

fn categories(event: &Component<'_>) -> Vec<String> {
    let all = event.all("CATEGORIES").flat_map(|line| list(&line.value()));
    all.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
