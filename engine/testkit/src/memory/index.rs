//! The other orders in which rows are looked for.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{CalendarId, EdgeId, EventId, ProviderId};
use kalends_core::plan::Row;
use kalends_core::presence::{AsideKind, Presence};

#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub(super) presences: BTreeSet<(CalendarId, EventId)>,
    /// Presences with evidence against the whole of them.
    pub(super) presences_gone: BTreeSet<(CalendarId, EventId)>,
    pub(super) mirrors: BTreeSet<(EdgeId, EventId)>,
    /// How many rows of an event bear evidence in a calendar: presences with their instances, and
    /// parts.
    pub(super) gone: BTreeMap<(CalendarId, EventId), Evidence>,
    pub(super) strays: BTreeSet<(EventId, CalendarId, ProviderId)>,
}

/// How many rows bear evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Evidence {
    pub(super) presences: usize,
    pub(super) parts: usize,
}

impl Index {
    pub(super) fn add(&mut self, row: &Row) {
        match row {
            Row::Presence(event, calendar, presence) => {
                self.presences.insert((*calendar, *event));
                if presence.gone.is_some() {
                    self.presences_gone.insert((*calendar, *event));
                }
                if has_evidence(presence) {
                    self.gone.entry((*calendar, *event)).or_default().presences += 1;
                }
            }
            Row::Mirror(event, edge, _) => {
                self.mirrors.insert((*edge, *event));
            }
            Row::Part(part, calendar, row) if row.gone.is_some() => {
                self.gone.entry((*calendar, part.event)).or_default().parts += 1;
            }
            Row::Aside(aside) => {
                if let AsideKind::Stray { event, .. } = &aside.what {
                    self.strays.insert((*event, aside.calendar, aside.object.clone()));
                }
            }
            Row::Part(..)
            | Row::Account(_)
            | Row::Calendar(_)
            | Row::Edge(_)
            | Row::Policy(..)
            | Row::Sweep(..)
            | Row::Review(_)
            | Row::Rule(..)
            | Row::Hold(_)
            | Row::Session(_)
            | Row::Event(_)
            | Row::Object(..)
            | Row::Cursor(..)
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..)
            | Row::Health(..)
            | Row::Watch(..) => {}
        }
    }

    pub(super) fn remove(&mut self, row: &Row) {
        match row {
            Row::Presence(event, calendar, presence) => {
                self.presences.remove(&(*calendar, *event));
                self.presences_gone.remove(&(*calendar, *event));
                if has_evidence(presence) {
                    self.forget_gone((*calendar, *event), |rows| rows.presences -= 1);
                }
            }
            Row::Mirror(event, edge, _) => {
                self.mirrors.remove(&(*edge, *event));
            }
            Row::Part(part, calendar, row) if row.gone.is_some() => {
                self.forget_gone((*calendar, part.event), |rows| rows.parts -= 1);
            }
            Row::Aside(aside) => {
                if let AsideKind::Stray { event, .. } = &aside.what {
                    self.strays.remove(&(*event, aside.calendar, aside.object.clone()));
                }
            }
            Row::Part(..)
            | Row::Account(_)
            | Row::Calendar(_)
            | Row::Edge(_)
            | Row::Policy(..)
            | Row::Sweep(..)
            | Row::Review(_)
            | Row::Rule(..)
            | Row::Hold(_)
            | Row::Session(_)
            | Row::Event(_)
            | Row::Object(..)
            | Row::Cursor(..)
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..)
            | Row::Health(..)
            | Row::Watch(..) => {}
        }
    }

    fn forget_gone(&mut self, key: (CalendarId, EventId), one: impl FnOnce(&mut Evidence)) {
        if let Some(rows) = self.gone.get_mut(&key) {
            one(rows);
            if *rows == Evidence::default() {
                self.gone.remove(&key);
            }
        }
    }
}

fn has_evidence(presence: &Presence) -> bool {
    presence.gone.is_some() || presence.instances.iter().any(|instance| instance.gone.is_some())
}
