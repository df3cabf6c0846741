//! What holds when edits and faults have stopped and everything was carried out.

use std::collections::BTreeMap;

use kalends_core::cursor::Verdict;
use kalends_core::graph::Lifecycle;
use kalends_core::ids::{CalendarId, EdgeId, EventId};
use kalends_core::mirror::{MirrorMode, PartStatus, Wanted};
use kalends_core::plan::{Row, RowKey};

/// What is not at rest, in words; what is parked, paused, frozen or a person's own rests with its
/// reason.
#[must_use]
pub fn at_rest(rows: &BTreeMap<RowKey, Row>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut shown: BTreeMap<(EventId, CalendarId), EdgeId> = BTreeMap::new();
    for row in rows.values() {
        let key = row.key();
        match row {
            Row::Part(name, _, part) => {
                let mirror = rows.get(&RowKey::Mirror(name.event, name.edge));
                let kept =
                    matches!(mirror, Some(Row::Mirror(_, _, m)) if m.mode == MirrorMode::Kept);
                match part.status {
                    PartStatus::Settled | PartStatus::Parked(_) => {}
                    PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure if !kept => {}
                    PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure => {
                        wrong.push(format!("{key:?} waits: {part:?}"));
                    }
                }
                if kept && part.gone.is_some() {
                    wrong.push(format!("{key:?} is gone, and nothing came of it"));
                }
            }
            Row::Presence(_, _, presence) => {
                if presence.gone.is_some() {
                    wrong.push(format!("{key:?} is gone, and nothing came of it"));
                }
                if presence.pending.as_ref().is_some_and(|pending| pending.parked.is_none()) {
                    wrong.push(format!("{key:?} waits to be written"));
                }
            }
            Row::Mirror(event, edge, mirror) if mirror.wanted == Wanted::Yes => {
                if let Some(other) = shown.insert((*event, mirror.calendar), *edge) {
                    wrong.push(format!("{key:?} and the edge {other:?} both show it there"));
                }
            }
            Row::Review(review)
                if review.questions().any(|(_, asked)| asked.verdict == Verdict::Waiting) =>
            {
                wrong.push(format!("{key:?} waits for a word"));
            }
            Row::Edge(edge) if edge.state == Lifecycle::Retiring && !is_held(rows, edge.id) => {
                wrong.push(format!("{key:?} is to end, and does not"));
            }
            Row::Mirror(..)
            | Row::Review(_)
            | Row::Rule(..)
            | Row::Hold(_)
            | Row::Session(_)
            | Row::Account(_)
            | Row::Calendar(_)
            | Row::Edge(_)
            | Row::Policy(..)
            | Row::Event(_)
            | Row::Aside(_)
            | Row::Object(..)
            | Row::Sweep(..)
            | Row::Cursor(..)
            | Row::Watch(..)
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..)
            | Row::Health(..) => {}
        }
    }
    wrong
}

/// Whether an edge that is to end waits for a part that was given up.
fn is_held(rows: &BTreeMap<RowKey, Row>, edge: EdgeId) -> bool {
    rows.values().any(|row| match row {
        Row::Part(name, _, part) => {
            name.edge == edge && matches!(part.status, PartStatus::Parked(_))
        }
        Row::Mirror(..)
        | Row::Review(_)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_)
        | Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Event(_)
        | Row::Presence(..)
        | Row::Aside(_)
        | Row::Object(..)
        | Row::Sweep(..)
        | Row::Cursor(..)
        | Row::Watch(..)
        | Row::Run(_)
        | Row::Meeting(_)
        | Row::Received(..)
        | Row::Health(..) => false,
    })
}
