//! A mirror that is a person's once the release has seen what they cancelled of it. Until then nothing is
//! written over what they made of it, but for other texts: they may be fewer.

use crate::compile::{Projected, propagate_removal};
use crate::event::{Body, Content};
use crate::fields::Field;
use crate::form;
use crate::graph::{Calendar, Edge, Lifecycle, OnDelete};
use crate::mirror::{FieldHashes, Part, PartKey, PartStatus};
use crate::normalize;
use crate::project::{document_at, shown_body};
use crate::slice::{Bundle, Config, MirrorBundle};
use crate::time::Timestamp;

/// One part of a mirror, and where it is written.
pub(super) struct Asked<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) edge: Option<&'a Edge>,
    pub(super) mirror: &'a MirrorBundle,
    pub(super) key: PartKey,
    pub(super) target: &'a Calendar,
}

impl Asked<'_> {
    /// Whether its mirror is about to be the person's. What goes with its edge does not wait for that.
    pub(super) fn is_about_to_be_theirs(&self) -> bool {
        let edge = self.edge.filter(|edge| edge.state == Lifecycle::Active);
        let is_wanted = |key| self.part(key).is_some_and(|part| part.want.is_some());
        let stays = is_wanted(self.key)
            || (matches!(self.key, PartKey::Override(_)) && is_wanted(PartKey::Whole));
        stays
            && edge.is_some_and(|edge| edge.options.on_delete == OnDelete::Detach)
            && self.mirror.parts.iter().any(|(key, part)| is_lacking(*key, part))
    }

    /// Whether other texts are to be written than were last. An instance that is to be as its series has
    /// it goes along where that gets others.
    pub(super) fn says_otherwise(
        &self,
        projected: Option<&Projected>,
        as_of: (&Config, Timestamp),
    ) -> bool {
        if self.part(self.key).is_some_and(|part| part.want.is_some()) {
            return self.is_otherwise(self.key, projected);
        }
        let series = Self { key: PartKey::Whole, ..*self };
        self.is_otherwise(series.key, series.document(as_of).as_ref())
    }

    fn is_otherwise(&self, key: PartKey, projected: Option<&Projected>) -> bool {
        let last = self.part(key).and_then(|part| part.acks.last()?.fields);
        let Some((last, projected)) = last.zip(projected) else { return true };
        let texts = [Field::Title, Field::Description, Field::Location];
        let now = FieldHashes::of(&projected.body, &self.target.capabilities);
        now.differing(&last.want).iter().any(|field| texts.contains(field))
    }

    /// Whether it is to tell less than it does: a text that was written goes, or something stands for what
    /// its origin says there.
    pub(super) fn shows_less(&self, projected: Option<&Projected>) -> bool {
        let last = self.part(self.key).and_then(|part| part.acks.last()?.fields);
        let Some((last, projected)) = last.zip(projected) else { return true };
        let origin = self.edge.and_then(|edge| shown_body(self.bundle, edge));
        let (says, origin) = (&projected.body.content, origin.map(|body| &body.content));
        let now = FieldHashes::of(&projected.body, &self.target.capabilities);
        let is_less = |text: fn(&Content) -> &String| {
            let text_of_origin = origin.map(text);
            text(says).is_empty() || text_of_origin != Some(text(says))
        };
        now.differing(&last.want).into_iter().any(|field| match field {
            Field::Title => is_less(|content| &content.title),
            Field::Description => is_less(|content| &content.description),
            Field::Location => is_less(|content| &content.location),
            Field::When | Field::Busy => false,
        })
    }

    /// What it should say, without the instances that the person cancelled of a series.
    pub(super) fn without_cancelled(&self, projected: Projected) -> Projected {
        let origin = self.edge.and_then(|edge| shown_body(self.bundle, edge));
        let Some(origin) = origin.filter(|_| self.key == PartKey::Whole) else { return projected };
        let start = &origin.content.span.start;
        let alone = |(key, part): (&PartKey, &Part)| match key {
            PartKey::Override(at) if is_lacking(*key, part) && part.object.is_none() => {
                Some(form::at_key(start, *at))
            }
            PartKey::Override(_) | PartKey::Whole | PartKey::Single(_) => None,
        };
        let cancelled = self.mirror.parts.iter().filter_map(alone);
        let body = cancelled.fold(projected.body, |body, when| propagate_removal(&body, &when));
        let hash = normalize::hash(&body, &self.target.capabilities);
        Projected { body, hash, ..projected }
    }

    /// Whether its origin cancelled the instance, which the series is yet to say.
    pub(super) fn goes_with_its_series(&self) -> bool {
        let series = self.part(PartKey::Whole).filter(|it| it.want.is_some() && !it.is_as_wanted());
        let is_due = series.is_some_and(|it| it.object.is_some() && it.status == PartStatus::Due);
        let origin = self.edge.and_then(|edge| shown_body(self.bundle, edge));
        is_due && origin.is_some_and(|body| self.is_left_out_of(body))
    }

    /// Whether it is an instance of ours that its origin has, and that its mirror is to show no more: a
    /// person who cancelled another one has nothing to do with that.
    pub(super) fn is_hidden(&self, as_of: (&Config, Timestamp)) -> bool {
        let is_untouched = |part: &&Part| part.gone.is_none() && !part.is_theirs(self.key);
        let part = self.part(self.key).filter(|part| part.want.is_none()).filter(is_untouched);
        let object = part.and_then(|part| part.object.as_ref()).filter(|object| !object.edited);
        let origin = self.edge.and_then(|edge| shown_body(self.bundle, edge));
        let series = Self { key: PartKey::Whole, ..*self };
        let lacks = |body: &Body| self.is_left_out_of(body);
        object.is_some()
            && origin.is_some_and(|body| !lacks(body))
            && series.document(as_of).is_some_and(|it| lacks(&it.body))
    }

    /// Whether a series lacks the instance.
    fn is_left_out_of(&self, series: &Body) -> bool {
        let key = |when| PartKey::Override(form::key_in(&series.content.span.start, when));
        let mut excluded = series.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
        excluded.any(|when| key(when) == self.key)
    }

    /// What it should say.
    pub(super) fn document(&self, as_of: (&Config, Timestamp)) -> Option<Projected> {
        document_at(self.bundle, self.edge?, self.key, as_of)
    }

    fn part(&self, key: PartKey) -> Option<&Part> {
        self.mirror.parts.get(&key)
    }
}

/// Whether a person cancelled the instance, or deleted the object that stood for it.
fn is_lacking(key: PartKey, part: &Part) -> bool {
    let is_ours = part.object.as_ref().is_some_and(|object| object.deleting);
    matches!(key, PartKey::Override(_)) && part.gone.is_some() && !is_ours
}
