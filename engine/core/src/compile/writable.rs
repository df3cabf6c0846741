//! Which fields of a mirror may flow back to its origin: those the projection copied unchanged.

use super::project::{Compile, Projected};
use super::propagate::content_at;
use crate::event::{Content, Status};
use crate::fields::Field;
use crate::form;
use crate::graph::DetailLevel;
use crate::normalize::{same_line, same_text, time_use};
use crate::policy;

/// The fields that may flow back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields {
    whole: Sets,
    /// Of the changed instances of a series, which stand within [`Field::When`] of the whole.
    instances: Sets,
    /// The times of the origin changed too, since the mirror was written.
    both_moved: bool,
    /// The edit left the start and the rule as they were.
    same_pattern: bool,
}

/// Of ordinary contents and of private ones: a changed instance may be private in a series that
/// is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sets {
    open: u8,
    private: u8,
}

impl Fields {
    /// Whether the field of this single or master may flow back.
    #[must_use]
    pub const fn contains(self, field: Field, content: &Content) -> bool {
        let private = content.privacy.is_private();
        let set = if private { self.whole.private } else { self.whole.open };
        set & bit(field) != 0
    }

    /// Those of them that are named. What changed of instances belongs to [`Field::When`].
    #[must_use]
    pub fn only(self, fields: &[Field]) -> Self {
        let named = fields.iter().fold(0, |set, field| set | bit(*field));
        let instances =
            if fields.contains(&Field::When) { self.instances } else { Sets::default() };
        Self { whole: self.whole.and(named), instances, ..self }
    }

    /// The same where the origin's times have changed too, since the mirror was written. Of changed
    /// instances, which the mirror may still show as they were before, times alone flow back, and
    /// only of those that it changes: what it says as the series has it stays.
    #[must_use]
    pub fn where_both_moved(self) -> Self {
        let times = bit(Field::When) | bit(Field::Busy);
        Self { instances: self.instances.and(times), both_moved: true, ..self }
    }

    /// The same where these fields of the origin's side changed, since the mirror was written: an instance
    /// that the edit moved may say of them what its series said before, but for its times.
    #[must_use]
    pub fn without_older(self, changed: &[Field]) -> Self {
        let older = changed.iter().filter(|field| **field != Field::When);
        let older = older.fold(0, |set, field| set | bit(*field));
        Self { instances: self.instances.and(!older), ..self }
    }

    /// The same where the edit left the start and the rule as they were: what else it says of times
    /// is about instances.
    #[must_use]
    pub const fn with_same_pattern(self, same_pattern: bool) -> Self {
        Self { same_pattern, ..self }
    }

    /// Those for which this does not hold.
    pub(super) fn without(self, is_left: impl Fn(Field) -> bool) -> Self {
        let kept = Field::ALL.into_iter().filter(|field| !is_left(*field));
        Self { whole: self.whole.and(kept.fold(0, |set, field| set | bit(field))), ..self }
    }

    /// Whether no field may.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.whole == Sets::default() && self.instances == Sets::default()
    }

    /// The fields of changed instances.
    pub(super) const fn of_instances(self) -> Self {
        Self { whole: self.instances, ..self }
    }

    pub(super) const fn both_moved(self) -> bool {
        self.both_moved
    }

    pub(super) const fn same_pattern(self) -> bool {
        self.same_pattern
    }

    /// The fields of a single or a master: its times only where the edit moved them.
    pub(super) fn of_master(self) -> Self {
        let kept = if self.same_pattern { !bit(Field::When) } else { u8::MAX };
        Self { whole: self.whole.and(kept), ..self }
    }
}

impl Sets {
    const fn and(self, set: u8) -> Self {
        Self { open: self.open & set, private: self.private & set }
    }
}

/// The fields of a part that may flow back. Title, description and place only where the level
/// shows them as they are; no field whose value the projection made itself: by a template, a cut,
/// an addition or a conversion.
#[must_use]
pub fn writable_fields(c: &Compile<'_>, projected: &Projected) -> Fields {
    let instances = Sets {
        open: at_level(c, policy::shown(c.disclosure, c.strictest)),
        private: at_level(c, c.disclosure.level.min(c.disclosure.private_level)),
    };
    let origin = projected.of.as_ref().map(|original| content_at(c.body, original));
    let origin = origin.as_ref().unwrap_or(&c.body.content);
    let copied = Field::ALL
        .into_iter()
        .filter(|field| same(*field, origin, &projected.body.content))
        .fold(0, |set, field| set | bit(field));
    Fields { whole: instances.and(copied), instances, both_moved: false, same_pattern: false }
}

/// Whether a field says the same in both.
pub(super) fn same(field: Field, a: &Content, b: &Content) -> bool {
    match field {
        Field::Title => same_line(&a.title, &b.title),
        Field::Description => same_text(&a.description, &b.description),
        Field::Location => same_line(&a.location, &b.location),
        Field::When => form::same_span(&a.span, &b.span),
        Field::Busy => time_use(a) == time_use(b) && is_off(a) == is_off(b),
    }
}

fn at_level(c: &Compile<'_>, level: DetailLevel) -> u8 {
    let title = if c.edge.options.title.is_none() { bit(Field::Title) } else { 0 };
    let always = bit(Field::When) | bit(Field::Busy);
    match level {
        DetailLevel::Busy => always,
        DetailLevel::Title => always | title,
        DetailLevel::Full => always | title | bit(Field::Description) | bit(Field::Location),
    }
}

const fn bit(field: Field) -> u8 {
    1 << field as u8
}

fn is_off(content: &Content) -> bool {
    content.status == Status::Cancelled
}
