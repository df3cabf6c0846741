//! Why things are as they are, in words: a stable code, and a text that says what to do.

use core::fmt;

use crate::graph::PauseReason;
use crate::ids::EdgeId;
use crate::mirror::{Filtered, MirrorMode, ParkReason, Unwanted};
use crate::presence::{AsideKind, Pending};

/// A reason: a stable code and a text for people. Neither holds text of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// Stable, for programs: `filtered.declined`, `parked.refused`, ...
    pub code: String,
    /// For people; says what to do where something can be done.
    pub text: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(super) fn reason(code: &str, text: &str) -> Reason {
    Reason { code: code.to_owned(), text: text.to_owned() }
}

/// Another edge shows the event in the same calendar.
pub(super) fn covered(by: EdgeId) -> Reason {
    let text = format!("edge {by} shows it in the same calendar");
    Reason { code: "covered".to_owned(), text }
}

/// Why an edge wants no mirror.
#[must_use]
pub fn unwanted(why: Unwanted) -> Reason {
    match why {
        Unwanted::SourceGone => reason("source-gone", "the source calendar does not hold it"),
        Unwanted::HeldByTarget => {
            reason("held-by-target", "the target calendar holds the event itself")
        }
        Unwanted::Filtered(filter) => filtered(filter),
        Unwanted::OutOfWindow => {
            reason("out-of-window", "it lies outside the edge's window: widen the window")
        }
        Unwanted::EdgeRetiring => reason("edge-retiring", "the edge is being removed"),
    }
}

fn filtered(filter: Filtered) -> Reason {
    let (code, text) = match filter {
        Filtered::AllDay => ("filtered.all-day", "the edge leaves out all-day events"),
        Filtered::Free => ("filtered.free", "it leaves the time free: --with-free mirrors it"),
        Filtered::Declined => ("filtered.declined", "it was declined: --with-declined mirrors it"),
        Filtered::Tentative => ("filtered.tentative", "the edge leaves out tentative events"),
        Filtered::Cancelled => ("filtered.cancelled", "it was cancelled"),
        Filtered::Kind => ("filtered.kind", "the edge leaves out its kind: --with-kind mirrors it"),
        Filtered::Category => ("filtered.category", "the edge's categories leave it out"),
        Filtered::Keyword => ("filtered.keyword", "the edge's keywords leave it out"),
        Filtered::NoSync => ("filtered.nosync", "it says #nosync: take the word out of it"),
    };
    reason(code, text)
}

/// Why a mirror is not kept as its origin is; `None`: it is.
#[must_use]
pub fn mode(mode: MirrorMode) -> Option<Reason> {
    match mode {
        MirrorMode::Kept => None,
        MirrorMode::Frozen => Some(reason(
            "frozen",
            "it has left the window into the past: it is kept and no longer compared",
        )),
        MirrorMode::Paused => Some(reason(
            "paused",
            "an undo rests it: it follows its origin's next change, or `resume` it",
        )),
        MirrorMode::Detached => Some(reason(
            "detached",
            "a person made it theirs: it is never written again, unless you `resume` it",
        )),
    }
}

/// Why a part is tried no more.
#[must_use]
pub fn parked(why: ParkReason) -> Reason {
    let (code, text) = match why {
        ParkReason::Refused => (
            "parked.refused",
            "the server refuses the object for good: change the event or the edge, then retry",
        ),
        ParkReason::Forbidden => (
            "parked.forbidden",
            "writing there is not allowed: have the calendar shared for writing, then retry",
        ),
        ParkReason::ReadOnly => (
            "parked.read-only",
            "its calendar may not be written: have it shared for writing, and it is tried again",
        ),
        ParkReason::TooLarge | ParkReason::OverLimit(_) => (
            "parked.too-large",
            "it is larger than the server takes: shorten the event, lower the edge's detail, or retry \
             once the server takes more",
        ),
        ParkReason::Contended => (
            "parked.contended",
            "someone else keeps changing it: find the other program or person, then retry",
        ),
        ParkReason::Taken => (
            "parked.taken",
            "its place is taken by something that is not ours: move that away, then retry",
        ),
        ParkReason::Exhausted => (
            "parked.exhausted",
            "too many attempts without a usable answer: check the server, then retry",
        ),
    };
    reason(code, text)
}

/// Why an edge rests.
#[must_use]
pub fn pause(why: PauseReason) -> Reason {
    match why {
        PauseReason::OverlayDeleted => reason(
            "overlay-deleted",
            "its overlay was deleted a second time: change the edge to have it made anew, or remove it",
        ),
        PauseReason::NoCalendar => reason(
            "no-calendar",
            "the server makes no calendars: remove the edge, and name one of the account's calendars",
        ),
    }
}

/// What is with a change of an origin that waits to be written.
#[must_use]
pub fn pending(pending: &Pending) -> Reason {
    match &pending.parked {
        Some(code) if code.ends_with(".ErrorOccurrenceCrossingBoundary") => Reason {
            code: format!("origin-parked.{code}"),
            text: "an instance was moved in a mirror to the day of another one or past it, which the \
                   calendar of its series does not take: there, move the other one first, or cancel \
                   it and make an event of its own; or retry"
                .to_owned(),
        },
        Some(code) if code == Pending::WOULD_NOTIFY => Reason {
            code: format!("origin-parked.{code}"),
            text: "people were invited to it before it was changed, who would be mailed: change it \
                   again and say that its guests are told, or leave it"
                .to_owned(),
        },
        Some(code) => Reason {
            code: format!("origin-parked.{code}"),
            text: format!(
                "a change from a mirror could not be written to it ({code}): change it by hand, \
                 or retry"
            ),
        },
        None => reason("origin-pending", "a change from a mirror waits to be written to it"),
    }
}

/// What of an event was read otherwise than it is written, by the code of the doubt.
#[must_use]
pub fn doubt(code: &str) -> Reason {
    let text = match code {
        "ical.end-before-start" => {
            "it ends before it starts: read as if it took no time; mend its end"
        }
        _ => "it was read otherwise than it is written: mend it where it was made",
    };
    reason(code, text)
}

/// What an object set aside is.
#[must_use]
pub fn aside(what: &AsideKind) -> Reason {
    match what {
        AsideKind::Stray { theirs: true, .. } => {
            reason("theirs", "a person made it theirs: it is never written again")
        }
        AsideKind::Stray { .. } => reason(
            "stray",
            "it bears our mark and nothing is recorded of it: left alone; delete it by hand if \
             nobody needs it",
        ),
        AsideKind::ForeignManaged { product } => Reason {
            code: "foreign-managed".to_owned(),
            text: format!("another product manages it ({product}): never mirrored nor written"),
        },
        AsideKind::Quarantined(quarantine) => Reason {
            code: format!("quarantined.{}", quarantine.code),
            text: quarantine.reason.clone(),
        },
        AsideKind::Message { .. } => reason("message", "a message: kept, not mirrored"),
        AsideKind::NotEvent => reason("not-event", "a task or journal: no event, passed over"),
    }
}
