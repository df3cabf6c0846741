//! What an event says, read from Google's form.

use kalends_core::event::{Busy, Content, Kind, Person, Privacy, Response, Status};
use kalends_core::time::Zone;

use crate::item::Unreadable;
use crate::marks;
use crate::text;
use crate::times;
use crate::wire::{self, Event};

/// The content, and codes of what was read otherwise than it is written. Words that are not known
/// are read as the safe side has it: busy, private, to be answered, an ordinary event.
pub(crate) fn content(
    event: &Event,
    zone: &Zone,
) -> Result<(Content, Vec<&'static str>), Unreadable> {
    let (span, doubts) = times::span(event, zone)?;
    let kind = kind(event.event_type.as_deref().unwrap_or_default());
    let people = people(event);
    let content = Content {
        title: line(event.summary.as_deref()),
        description: text::plain(event.description.as_deref().unwrap_or_default()),
        location: line(event.location.as_deref()),
        meeting: meeting(event),
        span,
        status: status(event.status.as_deref().unwrap_or_default()),
        busy: busy(event, kind),
        privacy: privacy(event.visibility.as_deref().unwrap_or_default()),
        kind,
        categories: Vec::new(),
        organizer: people.organizer,
        attendees: people.attendees,
        response: people.response,
        organized: people.organized,
    };
    Ok((content, doubts))
}

fn line(text: Option<&str>) -> String {
    let letters = text.unwrap_or_default().chars();
    letters.filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn status(word: &str) -> Status {
    match word {
        "tentative" => Status::Tentative,
        "cancelled" => Status::Cancelled,
        _ => Status::Confirmed,
    }
}

fn privacy(word: &str) -> Privacy {
    match word {
        "" | "default" => Privacy::Default,
        "public" => Privacy::Public,
        "confidential" => Privacy::Confidential,
        _ => Privacy::Private,
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "outOfOffice" => Kind::OutOfOffice,
        "focusTime" => Kind::Focus,
        "workingLocation" => Kind::WorkingLocation,
        "birthday" => Kind::Birthday,
        _ => Kind::Event,
    }
}

/// Transparency is what people change, so it has the last word on free or not.
fn busy(event: &Event, kind: Kind) -> Busy {
    if event.transparency.as_deref() == Some("transparent") {
        return Busy::Free;
    }
    match (kind, event.private(marks::BUSY).and_then(marks::busy)) {
        (Kind::OutOfOffice, _) => Busy::OutOfOffice,
        (_, Some(busy)) => busy,
        (Kind::Event | Kind::WorkingLocation | Kind::Birthday | Kind::Focus, None) => Busy::Busy,
    }
}

fn meeting(event: &Event) -> String {
    let points = event.conference_data.iter().filter_map(|data| data.entry_points.as_ref());
    let is_video = |point: &&wire::EntryPoint| point.entry_point_type.as_deref() == Some("video");
    let video = points.flatten().find(is_video).and_then(|point| point.uri.as_deref());
    line(video.or(event.hangout_link.as_deref()))
}

struct People {
    organizer: Option<Person>,
    attendees: Vec<Person>,
    response: Response,
    organized: bool,
}

/// An organizer alone, which Google always writes, says nothing where nobody was invited.
fn people(event: &Event) -> People {
    let attendees = event.attendees.as_deref().unwrap_or_default();
    let is_self = |person: &wire::Person| person.is_self == Some(true);
    let organizer = event.organizer.as_ref();
    let organized = organizer.is_none_or(is_self);
    let answer = attendees.iter().find(|one| is_self(one)).map(response);
    People {
        organizer: organizer.filter(|_| !attendees.is_empty() || !organized).map(person),
        attendees: attendees.iter().map(person).collect(),
        response: match answer {
            Some(Response::Pending) if organized => Response::Accepted,
            Some(answer) => answer,
            None => Response::None,
        },
        organized,
    }
}

fn person(person: &wire::Person) -> Person {
    Person { name: line(person.display_name.as_deref()), email: line(person.email.as_deref()) }
}

fn response(person: &wire::Person) -> Response {
    match person.response_status.as_deref().unwrap_or_default() {
        "accepted" => Response::Accepted,
        "tentative" => Response::Tentative,
        "declined" => Response::Declined,
        _ => Response::Pending,
    }
}
