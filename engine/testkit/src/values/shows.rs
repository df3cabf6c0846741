//! What a person sees when they open a calendar, by stepping through the days one by one.
//!
//! It shares no code with the engine's expansion. It knows daily and weekly rules with an interval
//! and a COUNT, which is what the tests of shapes are written with.

use std::collections::BTreeMap;

use kalends_core::event::{Body, Content, Status};
use kalends_core::time::{Civil, Frequency, Gap, Length, Timestamp, When, Zone};

use super::server::User;
use super::shelf::{Held, Shelf};

/// One thing that a calendar shows. Floating times and days are seen in UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Its title.
    pub title: String,
    /// Whole days.
    pub all_day: bool,
}

impl User {
    /// All that a calendar shows, sorted.
    #[must_use]
    pub fn shows(&self, calendar: &str) -> Vec<Shown> {
        let mut shown = self.shelf(calendar, |shelf| all(shelf));
        shown.sort();
        shown
    }
}

fn all(shelf: &Shelf) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (id, object) in &shelf.objects {
        let Held::Whole(body) = &object.held else { continue };
        let mut slots = slots(body);
        for instance in shelf.instances_of(id) {
            let held = shelf.objects.get(&instance).map(|object| &object.held);
            if let Some(Held::Instance { original, content, .. }) = held {
                slots.insert(original.civil(), content.clone());
            }
        }
        shown.extend(slots.into_values().flatten().filter_map(|content| show(&content)));
    }
    shown
}

/// What stands at each start that the rule gives; `None`: nothing.
pub(super) fn slots(body: &Body) -> BTreeMap<Civil, Option<Content>> {
    let master = &body.content;
    let Some(recurrence) = &body.recurrence else {
        return BTreeMap::from([(master.span.start.civil(), Some(master.clone()))]);
    };
    let mut slots = BTreeMap::new();
    for rule in &recurrence.rules {
        let days = match rule.freq() {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Secondly
            | Frequency::Minutely
            | Frequency::Hourly
            | Frequency::Monthly
            | Frequency::Yearly => unreachable!("the tests of shapes step by days and weeks"),
        };
        let Some(count) = rule.count() else { unreachable!("the tests of shapes count") };
        for n in 0..i64::from(count) {
            let seconds = n * days * i64::from(rule.interval()) * 86_400;
            let at = master.span.start.civil().add_seconds(seconds);
            slots.insert(at, Some(moved(master, at)));
        }
    }
    for extra in &recurrence.extras {
        let kalends_core::time::Extra::At(at) = extra else {
            unreachable!("the tests of shapes write no periods")
        };
        slots.insert(at.civil(), Some(moved(master, at.civil())));
    }
    for excluded in &recurrence.excluded {
        slots.insert(excluded.civil(), None);
    }
    for exception in &body.exceptions {
        let original = exception.original.civil();
        if exception.this_and_future {
            let shift = exception.content.span.start.civil().seconds() - original.seconds();
            for (at, slot) in slots.range_mut(original..).filter(|(_, slot)| slot.is_some()) {
                *slot = Some(moved(&exception.content, at.add_seconds(shift)));
            }
        }
    }
    let alone = body.exceptions.iter().filter(|exception| !exception.this_and_future);
    for exception in alone {
        slots.insert(exception.original.civil(), Some(exception.content.clone()));
    }
    slots
}

fn moved(content: &Content, to: Civil) -> Content {
    let mut content = content.clone();
    content.span.start = match &content.span.start {
        When::Zoned(_, zone) => When::Zoned(to, zone.clone()),
        When::Floating(_) => When::Floating(to),
        When::Date(_) => When::Date(to.date()),
    };
    content
}

fn show(content: &Content) -> Option<Shown> {
    let utc = Zone::utc();
    let start = content.span.start.instant(&utc, Gap::Shift);
    let end = match content.span.length {
        Length::Exact(seconds) => start.saturating_add_millis(seconds * 1_000),
        Length::Nominal { days, seconds } => {
            let zone = content.span.start.zone().unwrap_or(&utc);
            let days = content.span.start.civil().add_seconds(i64::from(days) * 86_400);
            zone.instant(days, Gap::Shift).saturating_add_millis(seconds * 1_000)
        }
    };
    (content.status != Status::Cancelled).then(|| Shown {
        start,
        end,
        title: content.title.clone(),
        all_day: content.span.start.is_date(),
    })
}
