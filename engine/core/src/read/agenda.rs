//! What takes place when: origins only, each event once, however many calendars hold it.

use core::ops::Range;

use crate::event::{Body, Content, Response, Status};
use crate::ids::{CalendarId, EventId};
use crate::instances::{self, View};
use crate::presence::Presence;
use crate::schedule::Rule;
use crate::slice::{Bundle, Config};
use crate::time::{Date, Gap, Timestamp, When, Zone};

/// One time that an event takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurring {
    /// The event.
    pub event: EventId,
    /// Its iCalendar UID.
    pub uid: String,
    /// The calendar whose content this is.
    pub calendar: CalendarId,
    /// The title.
    pub title: String,
    /// The instant it starts.
    pub start: Timestamp,
    /// The instant it ends; never before the start.
    pub end: Timestamp,
    /// Of a whole-day event, its first day and the day after its last.
    pub days: Option<Range<Date>>,
    /// Of an instance of a series, the start it had before it was changed, as an instant and, of
    /// a whole-day series, as a day.
    pub original: Option<(Timestamp, Option<Date>)>,
}

/// When an event takes place inside a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Sorted.
    pub list: Vec<Occurring>,
    /// Its rule gives more instances than one look follows: some are missing.
    pub cut: bool,
}

impl Occurring {
    /// Sorts by start, then by event and original start: total and stable.
    #[must_use]
    pub fn key(&self) -> (Timestamp, EventId, Option<Timestamp>) {
        (self.start, self.event, self.original.map(|(at, _)| at))
    }
}

/// When an event takes place inside a range. Cancelled instances and mirrors do not.
///
/// Where several calendars hold the event, one of them speaks: the one that organises it before
/// one that accepted it, and one that declined it last.
#[must_use]
pub fn agenda(config: &Config, event: EventId, bundle: &Bundle, range: &Range<Timestamp>) -> Shown {
    let Some((calendar, presence)) = speaker(bundle, |_| true) else {
        return Shown::default();
    };
    let zone = zone(config, calendar);
    let view = View { zone: &zone, gap: gap(config, calendar) };
    let uid = bundle.event.as_ref().map(|event| event.uid.clone()).unwrap_or_default();
    let is_part = presence.body.recurrence.is_some() || presence.body.instance_of.is_some();
    let occurrences = instances::occurrences(&presence.body, range.clone(), view);
    let mut list: Vec<Occurring> = occurrences
        .list
        .into_iter()
        .filter(|one| one.content.status != Status::Cancelled)
        .map(|one| Occurring {
            event,
            uid: uid.clone(),
            calendar,
            title: one.content.title.clone(),
            start: one.start,
            end: one.end,
            days: days(&one.span.start, one.end, &zone),
            original: is_part.then(|| original(&one.original, view)),
        })
        .collect();
    list.sort_by_key(Occurring::key);
    Shown { list, cut: occurrences.cut }
}

/// The UID and content of an event as the presence that speaks for it has it; `None` where no
/// calendar holds it.
#[must_use]
pub fn origin(bundle: &Bundle) -> Option<(String, Body)> {
    let uid = bundle.event.as_ref()?.uid.clone();
    speaker(bundle, |_| true).map(|(_, presence)| (uid, presence.body.clone()))
}

/// The presence that speaks for an event, among those in some calendars.
pub(crate) fn speaker(
    bundle: &Bundle,
    among: impl Fn(&CalendarId) -> bool,
) -> Option<(CalendarId, &Presence)> {
    let rank = |(calendar, presence): &(&CalendarId, &Presence)| {
        let Content { organized, response, .. } = presence.body.content;
        (response == Response::Declined, !organized, **calendar)
    };
    let presences = bundle.presences.iter().filter(|(id, _)| among(id));
    presences.min_by_key(rank).map(|(id, presence)| (*id, presence))
}

/// Where a calendar's floating times and days are seen. Many calendars name no zone, which reads as
/// UTC: theirs are seen at the person's home, as far as it is known.
pub(crate) fn zone(config: &Config, calendar: CalendarId) -> Zone {
    let known = config.calendars.get(&calendar).map(|calendar| &calendar.capabilities.zone);
    let home = || config.rules.values().find_map(Rule::home);
    known.filter(|zone| **zone != Zone::utc()).or_else(home).cloned().unwrap_or_else(Zone::utc)
}

/// What becomes of local times that do not exist there.
pub(crate) fn gap(config: &Config, calendar: CalendarId) -> Gap {
    config.calendars.get(&calendar).map_or(Gap::Shift, |calendar| calendar.capabilities.gap)
}

fn days(start: &When, end: Timestamp, zone: &Zone) -> Option<Range<Date>> {
    match start {
        When::Date(first) => Some(*first..zone.civil(end).date()),
        When::Zoned(..) | When::Floating(_) => None,
    }
}

fn original(original: &When, view: View<'_>) -> (Timestamp, Option<Date>) {
    let day = original.is_date().then(|| original.civil().date());
    (original.instant(view.zone, view.gap), day)
}
