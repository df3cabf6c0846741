//! Why an event is mirrored where it is, and where it is not.

use std::collections::BTreeSet;

use super::lost::lost;
use super::reason::{self, Reason, reason};
use super::unmirrored::unmirrored;
use crate::cursor::{Question, Review, Verdict};
use crate::dispatch::{self, Wait};
use crate::graph::{DetailLevel, Edge, Lifecycle, Sweep};
use crate::ids::{CalendarId, EdgeId, EventId, ProviderId, RunId};
use crate::journal::{CauseKind, Entry};
use crate::mirror::{MirrorMode, Part, PartKey, PartStatus, Wanted};
use crate::policy::{self, Disclosure};
use crate::presence::{Evidence, Presence};
use crate::project::is_unread;
use crate::slice::{Bundle, Config, MirrorBundle};
use crate::time::Timestamp;

/// All that is known of one event, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The event.
    pub event: EventId,
    /// Its UID, where it is recorded.
    pub uid: Option<String>,
    /// Where it is held.
    pub presences: Vec<PresenceLine>,
    /// Each edge that starts where it is held, or has a mirror of it.
    pub mirrors: Vec<MirrorLine>,
    /// Objects that bear our mark for it without a row.
    pub strays: Vec<(CalendarId, ProviderId, Reason)>,
    /// How it came to this, the earliest first.
    pub history: Vec<History>,
}

/// The event in one calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceLine {
    /// The calendar.
    pub calendar: CalendarId,
    /// The provider's object.
    pub object: ProviderId,
    /// The title.
    pub title: String,
    /// What is to be known of it: a deletion seen, held or waiting, a change of ours under way.
    pub reasons: Vec<Reason>,
}

/// The event under one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorLine {
    /// The edge.
    pub edge: EdgeId,
    /// The source calendar.
    pub from: CalendarId,
    /// The target calendar.
    pub to: CalendarId,
    /// Whether there is to be a mirror.
    pub wanted: bool,
    /// How much it shows of this event at most.
    pub level: DetailLevel,
    /// Why it is not wanted, not followed, or not as its edge alone would have it; and what of it
    /// the target cannot show.
    pub reasons: Vec<Reason>,
    /// Its objects.
    pub parts: Vec<PartLine>,
}

/// One object of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLine {
    /// Which.
    pub part: PartKey,
    /// The provider's object, where it is there.
    pub object: Option<ProviderId>,
    /// Where the work on it stands.
    pub state: Reason,
}

/// One entry of the journal about the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// The entry's number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// What happened.
    pub what: CauseKind,
    /// Where.
    pub calendar: Option<CalendarId>,
    /// For which edge.
    pub edge: Option<EdgeId>,
}

/// Explains an event from what is recorded of it. `failing`: the calendars that fail to be read since lately
/// ([`fails_anew`](crate::health::fails_anew)), as far as that is to be told; `journal`: its entries, in order.
#[must_use]
pub fn explain<'a>(
    (config, failing): (&Config, &BTreeSet<CalendarId>),
    event: EventId,
    bundle: &Bundle,
    journal: impl IntoIterator<Item = &'a Entry>,
) -> Explanation {
    let concerned = |edge: &&Edge| {
        bundle.mirrors.contains_key(&edge.id) || bundle.presences.contains_key(&edge.from)
    };
    Explanation {
        event,
        uid: bundle.event.as_ref().map(|event| event.uid.clone()),
        presences: bundle
            .presences
            .iter()
            .map(|(calendar, presence)| presence_line(config, *calendar, presence))
            .collect(),
        mirrors: config
            .edges
            .values()
            .filter(concerned)
            .map(|edge| mirror_line((config, failing), edge, bundle))
            .collect(),
        strays: bundle
            .strays
            .iter()
            .map(|((calendar, object), aside)| {
                (*calendar, object.clone(), reason::aside(&aside.what))
            })
            .collect(),
        history: journal.into_iter().map(history).collect(),
    }
}

fn presence_line(config: &Config, calendar: CalendarId, presence: &Presence) -> PresenceLine {
    let mut reasons = Vec::new();
    if let Some(gone) = &presence.gone {
        let review = config.reviews.get(&calendar);
        let asked = review.and_then(|review| review.asked(Question::Deleted));
        reasons.push(match (asked.map(|asked| asked.verdict), gone.evidence) {
            (Some(Verdict::Waiting), _) => reason(
                "deletion-held",
                "it was deleted with many others: approve or reject what is held",
            ),
            (Some(Verdict::Rejected), _) => {
                reason("deletion-rejected", "its deletion was rejected: kept as last seen")
            }
            (_, Evidence::Absent) => reason(
                "deletion-absent",
                "it was missing from a listing: the deletion takes effect when nothing speaks \
                 against it",
            ),
            (_, Evidence::Tombstone | Evidence::ReadAlone) => reason(
                "deletion-seen",
                "it was deleted: that takes effect once its account is read whole",
            ),
        });
    }
    reasons.extend(presence.pending.as_ref().map(reason::pending));
    reasons.extend(presence.doubts.iter().map(|code| reason::doubt(code)));
    if config.calendars.get(&calendar).is_some_and(|calendar| !calendar.on) {
        reasons.push(reason("scope-off", "its calendar is not read: switch the scope on"));
    }
    PresenceLine {
        calendar,
        object: presence.object.clone(),
        title: presence.body.content.title.clone(),
        reasons,
    }
}

fn mirror_line(
    (config, failing): (&Config, &BTreeSet<CalendarId>),
    edge: &Edge,
    bundle: &Bundle,
) -> MirrorLine {
    let mirror = bundle.mirrors.get(&edge.id);
    let waits = |part| waiting((config, failing.contains(&edge.to)), edge, bundle, part);
    let disclosure = policy::disclosure(&edge.options, &config.policies);
    let privacy = bundle.presences.get(&edge.from).map(|p| p.body.content.privacy);
    let level = privacy.map_or(disclosure.level, |privacy| policy::shown(&disclosure, privacy));
    let mut reasons: Vec<Reason> = edge_reasons(edge).into_iter().collect();
    match mirror {
        Some(mirror) => {
            reasons.extend(mirror_reasons(mirror));
            reasons.extend(unseen(config, edge, bundle));
            if mirror.mirror.wanted == Wanted::Yes {
                reasons.extend(lost(config, edge, &disclosure, bundle));
            }
        }
        None => reasons.push(unmirrored(config, edge, &disclosure, bundle)),
    }
    reasons.extend(level_reason(edge, &disclosure, level));
    let mirror_parts = mirror.map(|mirror| mirror.parts.iter()).into_iter().flatten();
    MirrorLine {
        edge: edge.id,
        from: edge.from,
        to: edge.to,
        wanted: mirror.is_some_and(|mirror| mirror.mirror.wanted == Wanted::Yes),
        level,
        reasons,
        parts: mirror_parts.map(|(key, part)| part_line(*key, part, waits(*key))).collect(),
    }
}

fn edge_reasons(edge: &Edge) -> Option<Reason> {
    match edge.state {
        Lifecycle::Active => None,
        Lifecycle::Paused(why) => Some(reason::pause(why)),
        Lifecycle::Retiring => Some(reason("edge-retiring", "the edge is being removed")),
        Lifecycle::Abandoned => {
            Some(reason("edge-abandoned", "the edge ended; what it wrote stays there"))
        }
    }
}

fn mirror_reasons(mirror: &MirrorBundle) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match mirror.mirror.wanted {
        Wanted::Yes => {}
        Wanted::CoveredBy(by) => reasons.push(reason::covered(by)),
        Wanted::No(why) => reasons.push(reason::unwanted(why)),
    }
    if mirror.mirror.mode != MirrorMode::Kept {
        reasons.extend(reason::mode(mirror.mirror.mode));
    }
    reasons
}

/// Why a mirror stays whose event its source calendar does not show.
fn unseen(config: &Config, edge: &Edge, bundle: &Bundle) -> Option<Reason> {
    if edge.state != Lifecycle::Active || !is_unread(bundle, config, edge) {
        return None;
    }
    Some(if config.sweeps.get(&edge.id) == Some(&Sweep::Held) {
        reason(
            "source-held",
            "its source calendar lacks this and many other events since it is read again: approve \
             or reject what is held",
        )
    } else {
        reason("source-unread", "its source calendar is read again: it stays as it is until then")
    })
}

/// Why less is shown than the edge asks for.
fn level_reason(edge: &Edge, disclosure: &Disclosure, level: DetailLevel) -> Option<Reason> {
    if disclosure.level < edge.options.level {
        return Some(reason("policy", "a policy allows less detail than the edge asks for"));
    }
    (level < disclosure.level).then(|| {
        reason("private", "it is private: it shows as busy unless the edge has --private-grant")
    })
}

/// Why a part is not written though it is not as wanted, as of its edge's last look.
fn waiting(
    (config, fails): (&Config, bool),
    edge: &Edge,
    bundle: &Bundle,
    part: PartKey,
) -> Option<Reason> {
    let mirror = bundle.mirrors.get(&edge.id)?;
    let row = mirror.parts.get(&part)?;
    if is_for_release(mirror, (part, row)) {
        return Some(for_release(config.reviews.get(&edge.to)));
    }
    let now = match config.sweeps.get(&edge.id) {
        Some(Sweep::Done(looked)) => *looked,
        Some(_) | None => row.starts,
    };
    dispatch::wait(bundle, edge, part, (config, now, fails)).map(|wait| match wait {
        Wait::Origin => reason(
            "waits-for-origin",
            "a person changed or cancelled it in the mirror: it is written once its origin has said \
             whether it follows",
        ),
        Wait::Release => for_release(config.reviews.get(&edge.to)),
        Wait::Series => reason(
            "waits-for-series",
            "its series is yet to be written there: it is written after that",
        ),
        Wait::Reading => reason(
            "waits-for-reading",
            "a write is due, but its calendar fails to be read, where a person may have changed an \
             instance: it is written once that is read, or after a few tries",
        ),
    })
}

/// Whether a series rests, and no write of it is due, until an instance that a person cancelled is released.
fn is_for_release(mirror: &MirrorBundle, (part, row): (PartKey, &Part)) -> bool {
    part == PartKey::Whole
        && row.object.is_some()
        && row.status == PartStatus::Settled
        && !row.is_as_wanted()
        && mirror.parts.iter().any(|(key, part)| part.is_cancelled(*key))
}

fn for_release(review: Option<&Review>) -> Reason {
    let asked = review.and_then(|review| review.asked(Question::Deleted));
    match asked.map(|asked| asked.verdict) {
        Some(Verdict::Waiting) => reason(
            "waits-for-held",
            "an instance of it was deleted with many others: approve or reject what is held",
        ),
        Some(Verdict::Approved | Verdict::Rejected) | None => reason(
            "waits-for-release",
            "an instance of it was deleted: it is written once that has taken effect",
        ),
    }
}

fn part_line(part: PartKey, row: &Part, waits: Option<Reason>) -> PartLine {
    let mut state = match &row.status {
        PartStatus::Settled if row.object.is_some() => reason("live", "as wanted"),
        PartStatus::Settled => reason("absent", "not there, as wanted"),
        PartStatus::Due => reason("due", "a write is due: sync"),
        PartStatus::ReadBack => reason("read-back", "written; the stored form is to be read"),
        PartStatus::Unsure => reason("unsure", "it is to be read before anything is done"),
        PartStatus::Parked(why) => reason::parked(*why),
    };
    if let Some(waits) = waits {
        state = waits;
    }
    if row.gone.is_some() {
        state = reason("deletion-seen", "someone deleted it: the edge's on-delete says what then");
    }
    PartLine { part, object: row.object.as_ref().map(|object| object.id.clone()), state }
}

fn history(entry: &Entry) -> History {
    History {
        seq: entry.seq,
        at: entry.at,
        run: entry.run,
        what: entry.cause.what,
        calendar: entry.cause.calendar,
        edge: entry.cause.edge,
    }
}
