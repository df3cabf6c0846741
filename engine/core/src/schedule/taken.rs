//! What the events of a person's calendars take of their time.

use core::ops::Range;
use std::collections::BTreeMap;

use crate::event::{Busy, Content, Kind, Response, Status};
use crate::ids::{CalendarId, EventId};
use crate::instances::{self, View};
use crate::read;
use crate::slice::{Bundle, Config};
use crate::time::{Timestamp, Zone};

/// A time that an event takes.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) event: EventId,
    pub(super) range: Range<Timestamp>,
    /// How likely, of a thousand; never 0.
    pub(super) permille: u16,
    /// A meeting at a time of day: it counts towards limits, and has ways to and from it.
    pub(super) is_meeting: bool,
}

impl Taken {
    /// Whether it surely takes place.
    pub(super) const fn is_sure(&self) -> bool {
        self.permille == 1_000
    }
}

/// How likely an event takes its owner's time, of a thousand.
///
/// | the event | |
/// |---|---|
/// | cancelled, declined, shown as free, a birthday, a working location | 0 |
/// | tentative, by its status, its owner's answer or how it is shown | 500 |
/// | an invitation without an answer | 750 |
/// | all others, out of office and focus time among them | 1000 |
#[must_use]
pub const fn taken_permille(content: &Content) -> u16 {
    match content.kind {
        Kind::Birthday | Kind::WorkingLocation => return 0,
        Kind::Event | Kind::Focus | Kind::OutOfOffice => {}
    }
    match (content.status, content.busy, content.response) {
        (Status::Cancelled, _, _) | (_, Busy::Free, _) | (_, _, Response::Declined) => 0,
        (Status::Tentative, _, _) | (_, Busy::Tentative, _) | (_, _, Response::Tentative) => 500,
        (_, _, Response::Pending) => 750,
        (
            Status::Confirmed,
            Busy::Busy | Busy::OutOfOffice | Busy::Elsewhere,
            Response::None | Response::Accepted,
        ) => 1_000,
    }
}

/// The times that events take inside a range, uncut, for somebody who is at home in a zone, in the
/// order of the events' ids. Whether no series was too much to be followed through the range.
pub(super) fn taken(
    config: &Config,
    events: &BTreeMap<EventId, Bundle>,
    home: &Zone,
    range: &Range<Timestamp>,
) -> (Vec<Taken>, bool) {
    let (mut list, mut places, mut is_whole) = (Vec::new(), BTreeMap::new(), true);
    for (event, bundle) in events {
        for (calendar, presence) in &bundle.presences {
            let place = || (zone(config, *calendar, home), read::gap(config, *calendar));
            let (zone, gap) = places.entry(*calendar).or_insert_with(place);
            let view = View { zone, gap: *gap };
            let mut last = None;
            let cut = instances::each_time(&presence.body, range, view, &mut |content, time| {
                let permille = taken_permille(content);
                last = Some((time.start, permille));
                if permille > 0 && !time.is_empty() {
                    let timed = !content.span.start.is_date();
                    let is_meeting = timed && content.kind == Kind::Event;
                    list.push(Taken { event: *event, range: time, permille, is_meeting });
                }
            });
            is_whole &= !cut;
            // What repeats too often to be followed takes all that nobody has looked at.
            list.extend(last.filter(|(_, permille)| cut && *permille > 0).map(
                |(start, permille)| Taken {
                    event: *event,
                    range: start..range.end,
                    permille,
                    is_meeting: false,
                },
            ));
        }
    }
    (list, is_whole)
}

/// Whose days and floating times a calendar's are: many calendars name no zone, which reads as UTC.
fn zone(config: &Config, calendar: CalendarId, home: &Zone) -> Zone {
    let said = read::zone(config, calendar);
    if said == Zone::utc() { home.clone() } else { said }
}
