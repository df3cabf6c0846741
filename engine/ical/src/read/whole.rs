//! The VEVENTs of one UID as one body.

use std::cmp::Reverse;

use kalends_core::event::{Body, Exception, Recurrence, Status};
use kalends_recurrence::{Extra, Gap, Timestamp, Zone};

use super::instances::Instances;
use super::piece::Piece;
use crate::DecodeError;

/// Puts master and instances together. Of two masters the one with the higher revision holds.
pub(super) fn body(pieces: Vec<Piece>) -> Result<Body, DecodeError> {
    let (mut masters, instances): (Vec<Piece>, Vec<Piece>) =
        pieces.into_iter().partition(|piece| piece.original.is_none());
    masters.sort_by_key(|piece| Reverse(piece.revision.clone()));
    match masters.into_iter().next() {
        Some(master) => Ok(series(master, instances)),
        None => orphans(instances),
    }
}

fn series(master: Piece, instances: Vec<Piece>) -> Body {
    let zone = master.content.span.start.zone().cloned().unwrap_or_else(Zone::utc);
    let recurring = !master.recurring.is_empty() || !instances.is_empty();
    let mut recurrence = Recurrence {
        rules: master.recurring.rules,
        extras: master.recurring.extras,
        excluded: master.recurring.excluded,
    };
    let said = Instances::of(&recurrence.excluded, &zone);
    let mut exceptions = Vec::with_capacity(instances.len());
    for exception in newest(instances, &zone) {
        if said.have(&exception.original) {
            continue;
        }
        match is_cancelled(&exception) {
            true => recurrence.excluded.push(exception.original),
            false => exceptions.push(exception),
        }
    }
    recurrence.extras.sort();
    recurrence.extras.dedup();
    recurrence.excluded.sort();
    recurrence.excluded.dedup();
    Body {
        content: master.content,
        recurrence: recurring.then_some(recurrence),
        exceptions,
        instance_of: None,
    }
}

/// Instances without their master: the owner was invited to them alone. The first stands for the
/// event; others are added to it one by one, so that none is lost.
fn orphans(instances: Vec<Piece>) -> Result<Body, DecodeError> {
    let mut all = newest(instances, &Zone::utc());
    if all.is_empty() {
        return Err(DecodeError::new("ical.no-event", "put a VEVENT into the object"));
    }
    let first = all.iter().position(|one| one.content.status != Status::Cancelled).unwrap_or(0);
    let first = all.remove(first);
    let (gone, exceptions): (Vec<_>, Vec<_>) = all.into_iter().partition(is_cancelled);
    let mut recurrence = Recurrence {
        rules: Vec::new(),
        extras: exceptions.iter().map(|one| Extra::At(one.original.clone())).collect(),
        excluded: gone.into_iter().map(|one| one.original).collect(),
    };
    recurrence.extras.sort();
    recurrence.excluded.sort();
    let alone = recurrence.extras.is_empty() && recurrence.excluded.is_empty();
    Ok(Body {
        content: first.content,
        recurrence: (!alone).then_some(recurrence),
        exceptions,
        instance_of: Some(first.original),
    })
}

fn is_cancelled(exception: &Exception) -> bool {
    exception.content.status == Status::Cancelled && !exception.this_and_future
}

/// The instances sorted by the instant they replace, of each only the one with the highest revision.
fn newest(instances: Vec<Piece>, zone: &Zone) -> Vec<Exception> {
    let mut keyed: Vec<(Timestamp, bool, Piece)> = instances
        .into_iter()
        .filter_map(|piece| {
            let at = piece.original.as_ref()?.instant(zone, Gap::Shift);
            Some((at, piece.this_and_future, piece))
        })
        .collect();
    keyed.sort_by(|(at, range, piece), (other_at, other_range, other)| {
        let revisions = other.revision.cmp(&piece.revision);
        at.cmp(other_at).then(range.cmp(other_range)).then(revisions)
    });
    keyed.dedup_by_key(|(at, range, _)| (*at, *range));
    let exceptions = keyed.into_iter().filter_map(|(_, this_and_future, piece)| {
        Some(Exception { original: piece.original?, this_and_future, content: piece.content })
    });
    exceptions.collect()
}
