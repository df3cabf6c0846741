//! What a person's edit of a mirror comes to: written back, taken to the origin, or let be.

use crate::compile::{past, propagate_since};
use crate::draft::Draft;
use crate::event::Body;
use crate::fields::Field;
use crate::graph::{Edge, Lifecycle, OnConflict, OnEdit};
use crate::journal::{Cause, CauseKind};
use crate::merge::put_change;
use crate::mirror::{Ack, AckFields, FieldHashes, Part, PartRef};
use crate::plan::{Note, RowKey};
use crate::presence::ContentHash;
use crate::project::project;
use crate::revert::{Shown, reverted, shown_part};
use crate::slice::{Bundle, Config, Missing};
use crate::step::Env;

/// An edit of a mirror part, as it was seen.
pub(super) struct Edit<'a> {
    pub(super) part: PartRef,
    pub(super) body: &'a Body,
    pub(super) fields: FieldHashes,
    /// Fields that the person need not have edited, whatever they say.
    pub(super) taken_over: Vec<Field>,
    pub(super) cause: Cause,
}

/// An edit that a read of the object alone has confirmed. What it says is kept in the journal
/// whatever becomes of it (L14).
pub(super) fn edited(draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Missing> {
    let (part_ref, cause) = (edit.part, edit.cause.clone());
    draft.keep_lost(part_ref.event, &RowKey::Part(part_ref), edit.body);
    let setup = draft.setup();
    let edge = setup.edges.get(&part_ref.edge).filter(|edge| edge.state == Lifecycle::Active);
    match edge.map(|edge| edge.options.on_edit) {
        Some(OnEdit::Detach) => super::mirror::detach(draft, part_ref, cause),
        Some(OnEdit::Propagate) => {
            if take_back(draft, edit)? {
                return Ok(());
            }
            revert(draft, part_ref, cause)
        }
        Some(OnEdit::Revert) | None => revert(draft, part_ref, cause),
    }
}

fn revert(draft: &mut Draft<'_>, part_ref: PartRef, cause: Cause) -> Result<(), Missing> {
    let now = draft.env.now;
    draft.note(Note {
        event: Some(part_ref.event),
        edge: Some(part_ref.edge),
        ..Note::new("mirror.reverted")
    });
    draft.edit(part_ref.event, cause, |bundle| {
        let mirror = bundle.mirrors.get_mut(&part_ref.edge);
        if let Some(part) = mirror.and_then(|mirror| mirror.parts.get_mut(&part_ref.part)) {
            if part.want.is_some() {
                reverted(part, now);
            } else {
                part.settle();
            }
        }
    })
}

/// Takes the edit to the origin as far as it may go; false where nothing of it may.
fn take_back(draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<bool, Missing> {
    let Edit { part: part_ref, body, fields, ref taken_over, ref cause } = *edit;
    let (setup, env) = (draft.setup(), draft.env);
    let Some(bundle) = draft.event(part_ref.event)? else {
        return Ok(false);
    };
    let Some(taken) = decide(bundle, &setup, env, part_ref, (body, fields, taken_over)) else {
        return Ok(false);
    };
    if let (Some(loser), Some(edge)) = (&taken.origin_lost, setup.edges.get(&part_ref.edge)) {
        draft.keep_lost(part_ref.event, &RowKey::Presence(part_ref.event, edge.from), loser);
    }
    let conflict = if taken.origin_lost.is_some() { CauseKind::Conflict } else { cause.what };
    draft.note(Note {
        event: Some(part_ref.event),
        edge: Some(part_ref.edge),
        ..Note::new("mirror.propagated")
    });
    draft.edit(part_ref.event, Cause { what: conflict, ..cause.clone() }, |bundle| {
        let Some(edge) = setup.edges.get(&part_ref.edge) else {
            return;
        };
        if let Some(presence) = bundle.presences.get_mut(&edge.from) {
            put_change(presence, Some(taken.origin.clone()), Some(edge.id));
        }
        project(bundle, &setup, env, true);
        let mirror = bundle.mirrors.get_mut(&part_ref.edge);
        if let Some(part) = mirror.and_then(|mirror| mirror.parts.get_mut(&part_ref.part)) {
            follow(part, &taken, fields, env);
        }
    })?;
    Ok(true)
}

/// The part after its edit was taken to the origin: it may say already what is wanted now.
fn follow(part: &mut Part, taken: &Taken, fields: FieldHashes, env: &Env) {
    if part.want == Some(taken.content) {
        let (want, content) = (taken.content, taken.content);
        let fields = Some(AckFields { want: fields, content: fields });
        part.acknowledge(Ack { want, content, fields });
        if let Some(object) = &mut part.object {
            object.edited = false;
        }
        part.settle();
    } else {
        reverted(part, env.now);
    }
}

struct Taken {
    origin: Body,
    content: ContentHash,
    origin_lost: Option<Body>,
}

fn decide(
    bundle: &Bundle,
    config: &Config,
    env: &Env,
    part_ref: PartRef,
    (edited, seen, taken_over): (&Body, FieldHashes, &[Field]),
) -> Option<Taken> {
    let edge = config.edges.get(&part_ref.edge)?;
    let target = config.calendars.get(&edge.to)?;
    let Shown { origin, projected, fields } = shown_part(bundle, config, env, part_ref)?;
    let now = FieldHashes::of(&projected.body, &target.capabilities);
    let part = bundle.mirrors.get(&part_ref.edge)?.parts.get(&part_ref.part)?;
    let mut sides = Sides::of(part, seen, (now, projected.hash))?;
    sides.person.retain(|field| !taken_over.contains(field));
    let fields = fields.only(&sides.taken(edge));
    let both_moved = sides.both().any(|field| field == Field::When);
    // An instance that the person moved says yet what its series said before that got other words.
    let is_behind = sides.person.contains(&Field::When) && !sides.origin.is_empty();
    let before = if is_behind { said(part) } else { None }
        .and_then(|said| past(&projected.body, edited, &target.capabilities, &said));
    // Where nobody can tell what it said before, titles of instances may be what we wrote there.
    let fields = match before {
        None if both_moved => fields.where_both_moved().without_older(&sides.origin),
        None => fields.without_older(&sides.origin),
        Some(_) => fields,
    };
    let fields = fields.with_same_pattern(sides.same_pattern);
    let origin_lost = (sides.both().next().is_some() && edge_wins(edge)).then(|| origin.clone());
    let wanted = propagate_since(origin, &projected, edited, (fields, before.as_ref()))?;
    Some(Taken {
        origin: wanted,
        content: crate::normalize::hash(edited, &target.capabilities),
        origin_lost,
    })
}

/// What a part surely said before a person changed it: nothing else may have been written since it was
/// acknowledged.
fn said(part: &Part) -> Option<FieldHashes> {
    let last = part.acks.last().filter(|_| part.before.is_empty())?;
    last.fields.map(|fields| fields.content)
}

/// Which fields each side changed since the last acknowledgement.
struct Sides {
    person: Vec<Field>,
    origin: Vec<Field>,
    /// Whether the person surely left the start and the rule alone.
    same_pattern: bool,
}

impl Sides {
    /// `None` where nobody can tell: the object was taken in again with an unknown content, so that
    /// what differs from the present want may be our own older text.
    fn of(part: &Part, seen: FieldHashes, now: (FieldHashes, ContentHash)) -> Option<Self> {
        let last = part.acks.last()?;
        match last.fields {
            Some(ack) => Some(Self {
                person: seen.differing(&ack.content),
                origin: now.0.differing(&ack.want),
                same_pattern: seen.has_pattern_of(&ack.content),
            }),
            None if last.want == now.1 => {
                let same_pattern = seen.has_pattern_of(&now.0);
                Some(Self { person: seen.differing(&now.0), origin: Vec::new(), same_pattern })
            }
            None => None,
        }
    }

    fn both(&self) -> impl Iterator<Item = Field> {
        self.person.iter().copied().filter(|field| self.origin.contains(field))
    }

    /// The fields in which the person's value is to be taken.
    fn taken(&self, edge: &Edge) -> Vec<Field> {
        let wins = edge_wins(edge);
        self.person.iter().copied().filter(|field| wins || !self.origin.contains(field)).collect()
    }
}

/// Whether the mirror's value wins where both sides changed a field. Its edit is seen now, so it
/// is the one seen last.
pub(super) const fn edge_wins(edge: &Edge) -> bool {
    match edge.options.on_conflict {
        OnConflict::LastSeen | OnConflict::Mirror => true,
        OnConflict::Origin => false,
    }
}
