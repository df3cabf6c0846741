//! The clock by which a time is written, and what it shows where it is put forward.

use kalends::core::time::{Civil, Gap, When, Zone};

/// The clock by which a time is written that names neither offset nor zone.
pub(super) enum Clock {
    In(Zone),
    /// Whichever clock hangs there: floating events stay so.
    Floating,
}

impl Clock {
    /// The one of a start; `None`: a day has none.
    pub(super) fn of(start: &When) -> Option<Self> {
        match start {
            When::Zoned(_, zone) => Some(Self::In(zone.clone())),
            When::Floating(_) => Some(Self::Floating),
            When::Date(_) => None,
        }
    }
}

/// Where clocks are put forward over a time, the one that they show then.
pub(super) fn skipped(when: &When) -> Option<Civil> {
    let When::Zoned(civil, zone) = when else { return None };
    let shown = zone.civil(zone.instant(*civil, Gap::Shift));
    (shown > *civil).then_some(shown)
}

/// A time as clocks show it: of one that they skip, that is the one behind.
pub(super) fn as_shown(when: When) -> When {
    match (skipped(&when), when) {
        (Some(civil), When::Zoned(_, zone)) => When::Zoned(civil, zone),
        (_, when) => when,
    }
}

/// What the clock of a start shows at an end, which may be written by another.
pub(super) fn shown_by(start: &When, end: &When) -> Civil {
    match start.zone() {
        Some(zone) if end.zone() != Some(zone) => zone.civil(end.instant(zone, Gap::Shift)),
        Some(_) | None => end.civil(),
    }
}
