//! Instances that a person changed or cancelled in a mirror whose series is an object of ours, and
//! that no part of the mirror stands for: objects that must go, so that the instance is as the
//! series has it again.

use crate::draft::Draft;
use crate::event::Body;
use crate::form;
use crate::graph::{Lifecycle, OnEdit};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::mirror::{MirrorMode, Part, PartKey, PartObject, PartRef, PartStatus};
use crate::plan::{Note, RowKey};
use crate::project::shown_body;
use crate::provider::{EventItem, Payload};
use crate::revert::reverted;
use crate::slice::Missing;
use crate::time::Timestamp;

/// An object without a row that names the series of a mirror part. Counts as a person's edit of
/// the mirror once a read of it alone has shown it (L5); what it says is kept in the journal.
///
/// An edit of this kind is never taken to the origin: no part tells which fields were projected.
pub(super) fn first_seen(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    series: PartRef,
    item: &EventItem,
) -> Result<(), Missing> {
    let Payload::Instance { original, content, .. } = &item.payload else {
        return Ok(());
    };
    let setup = draft.setup();
    let Some(bundle) = draft.event(series.event)? else {
        return Ok(());
    };
    let edge = setup.edges.get(&series.edge).filter(|edge| edge.state == Lifecycle::Active);
    let Some((edge, mirror)) = edge.zip(bundle.mirrors.get(&series.edge)) else {
        return Ok(());
    };
    if mirror.mirror.mode == MirrorMode::Detached {
        return Ok(());
    }
    let origin = shown_body(bundle, edge);
    let at = origin.map_or_else(
        || form::key(original),
        |body| form::key_in(&body.content.span.start, original),
    );
    let key = PartKey::Override(at);
    if mirror.parts.get(&key).is_some_and(|part| part.want.is_some() || part.object.is_some()) {
        return Ok(());
    }
    if !item.fresh {
        draft.fetch(item.id.clone());
        return Ok(());
    }
    let cause = Cause::of(CauseKind::MirrorEdited).in_calendar(calendar).for_edge(series.edge);
    if edge.options.on_edit == OnEdit::Detach {
        super::mirror::detach(draft, series, cause)?;
    } else {
        revert(draft, series, item, at, cause)?;
    }
    if let Some(content) = content {
        let part = PartRef { part: key, ..series };
        draft.keep_lost(series.event, &RowKey::Part(part), &Body::single((**content).clone()));
    }
    Ok(())
}

/// The object is taken in as a part that should not be there.
fn revert(
    draft: &mut Draft<'_>,
    series: PartRef,
    item: &EventItem,
    at: Timestamp,
    cause: Cause,
) -> Result<(), Missing> {
    let note = Note::new("mirror.reverted");
    draft.note(Note { event: Some(series.event), edge: Some(series.edge), ..note });
    let now = draft.env.now;
    draft.edit(series.event, cause, |bundle| {
        if let Some(mirror) = bundle.mirrors.get_mut(&series.edge) {
            let key = PartKey::Override(at);
            let part = mirror.parts.entry(key).or_insert_with(|| nothing_there(at));
            let (id, version) = (item.id.clone(), item.version.clone());
            part.object =
                Some(PartObject { id, version, deleting: true, edited: true, replaced: None });
            part.starts = at;
            reverted(part, now);
        }
    })
}

const fn nothing_there(starts: Timestamp) -> Part {
    Part {
        generation: 0,
        want: None,
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status: PartStatus::Settled,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts,
        gone: None,
    }
}

/// Whether a part's object stands for an instance that should be as its series has it: a stub, or
/// what was taken in by [`first_seen`]. It is due again, at the version it has now.
pub(super) fn is_to_go(part: &Part, item: &EventItem) -> bool {
    match &item.payload {
        Payload::Whole(_) => false,
        Payload::Instance { content, .. } => {
            part.want.is_none() && (content.is_none() || part.acks.is_empty())
        }
    }
}
