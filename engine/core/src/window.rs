//! Whether an event lies in an edge's window. The window selects; it does not cut.

use core::ops::Range;

use crate::event::Body;
use crate::graph::{Capabilities, Window};
use crate::instances::{self, View};
use crate::time::{Extra, Timestamp, When};

const DAY_MILLIS: i64 = 86_400_000;

/// Where an event lies, seen from a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In it; of a series, some instance is.
    Inside,
    /// It has left by the back edge; of a series, some instance lies before the window.
    Behind,
    /// All of it is still to come.
    Ahead,
}

/// The window's part of time.
#[must_use]
pub fn range(window: &Window, now: Timestamp) -> Range<Timestamp> {
    let end = now.saturating_add_millis(i64::from(window.future_days) * DAY_MILLIS);
    back_edge(window, now)..end
}

/// Where the window begins.
#[must_use]
pub fn back_edge(window: &Window, now: Timestamp) -> Timestamp {
    now.saturating_add_millis(-i64::from(window.past_days) * DAY_MILLIS)
}

/// How many days back a window must reach, so that what takes place at `at` lies in it.
#[must_use]
pub fn days_back(at: Timestamp, now: Timestamp) -> u16 {
    let days = now.millis_since(at).div_euclid(DAY_MILLIS) + 1;
    u16::try_from(days.max(0)).unwrap_or(u16::MAX)
}

/// Where an event lies: a single by its time, a series by its instances. A rule too dear to
/// expand counts as inside, so that nothing is taken away because of it.
#[must_use]
pub fn place(body: &Body, window: &Window, now: Timestamp, caps: &Capabilities) -> Place {
    let view = View { zone: &caps.zone, gap: caps.gap };
    let range = range(window, now);
    let is_ahead = earliest(body, view) >= range.end;
    if is_ahead {
        Place::Ahead
    } else if instances::any_in(body, range, view) {
        Place::Inside
    } else {
        Place::Behind
    }
}

/// No instance starts before this.
fn earliest(body: &Body, view: View<'_>) -> Timestamp {
    let at = |when: &When| when.instant(view.zone, view.gap);
    let extras = body.recurrence.iter().flat_map(|r| &r.extras).map(|extra| match extra {
        Extra::At(start) | Extra::Period { start, .. } => at(start),
    });
    let moved = body.exceptions.iter().map(|exception| at(&exception.content.span.start));
    extras.chain(moved).fold(at(&body.content.span.start), Timestamp::min)
}
