//! Every reference and every state machine.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{CalendarId, ProviderId, ScopeId};
use kalends_core::mirror::{MirrorMode, Part, PartKey, PartRef, PartStatus, Wanted};
use kalends_core::plan::{Row, RowKey};
use kalends_core::schedule::{Hold, Session, SessionState};
use kalends_core::slice::Owner;

use super::states;

/// How many reverts of a part are remembered.
const REVERTS_MAX: usize = 3;

/// What is wrong with the rows of a graph after a commit, in words; empty where all is well.
#[must_use]
pub fn always(rows: &BTreeMap<RowKey, Row>) -> Vec<String> {
    let mut lint = Lint { rows, wrong: Vec::new(), holders: BTreeSet::new() };
    for (key, row) in rows {
        if row.key() != *key {
            lint.say(format!("{key:?} holds the row of {:?}", row.key()));
        }
        states::wrong(row).iter().for_each(|what| lint.say(format!("{key:?} {what}: {row:?}")));
        lint.row(key, row);
    }
    lint.wrong
}

struct Lint<'a> {
    rows: &'a BTreeMap<RowKey, Row>,
    wrong: Vec<String>,
    /// Which objects parts hold.
    holders: BTreeSet<(CalendarId, ProviderId)>,
}

impl Lint<'_> {
    fn say(&mut self, what: String) {
        self.wrong.push(what);
    }

    fn needs(&mut self, what: &dyn std::fmt::Debug, key: &RowKey) {
        if !self.rows.contains_key(key) {
            self.say(format!("{what:?} names {key:?}, which is not there"));
        }
    }

    fn row(&mut self, key: &RowKey, row: &Row) {
        match row {
            Row::Calendar(calendar) => self.needs(key, &RowKey::Account(calendar.account)),
            Row::Edge(edge) => {
                self.needs(key, &RowKey::Calendar(edge.from));
                self.needs(key, &RowKey::Calendar(edge.to));
                if edge.from == edge.to {
                    self.say(format!("{key:?} ends where it begins"));
                }
            }
            Row::Review(review) => self.needs(key, &RowKey::Calendar(review.calendar)),
            Row::Presence(event, calendar, presence) => {
                self.needs(key, &RowKey::Event(*event));
                self.needs(key, &RowKey::Calendar(*calendar));
                self.owned(key, *calendar, &presence.object, &Owner::Presence(*event));
                for one in &presence.instances {
                    let owner = Owner::Instance(*event, one.original.clone());
                    self.owned(key, *calendar, &one.object, &owner);
                }
            }
            Row::Mirror(event, edge, mirror) => {
                self.needs(key, &RowKey::Event(*event));
                self.needs(key, &RowKey::Edge(*edge));
                if let Some(Row::Edge(edge)) = self.rows.get(&RowKey::Edge(*edge))
                    && edge.to != mirror.calendar
                {
                    self.say(format!("{key:?} lies elsewhere than its edge leads to"));
                }
                if mirror.wanted == Wanted::CoveredBy(*edge) {
                    self.say(format!("{key:?} is covered by itself"));
                }
            }
            Row::Part(name, calendar, part) => self.part(*name, *calendar, part),
            Row::Aside(aside) => self.needs(key, &RowKey::Calendar(aside.calendar)),
            Row::Object(calendar, id, object) => {
                self.needs(key, &RowKey::Calendar(*calendar));
                self.owner(key, (*calendar, id), &object.owner);
            }
            Row::Sweep(edge, _) => self.needs(key, &RowKey::Edge(*edge)),
            Row::Hold(hold) => self.hold(key, hold),
            Row::Session(session) => self.session(key, session),
            Row::Health(account, _) => self.needs(key, &RowKey::Account(*account)),
            Row::Cursor(scope, _) | Row::Watch(scope, _) => self.scope(key, *scope),
            Row::Account(_)
            | Row::Policy(..)
            | Row::Rule(..)
            | Row::Event(_)
            // What a run read may be gone since, and a message was of another graph's meeting.
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..) => {}
        }
    }

    fn hold(&mut self, key: &RowKey, hold: &Hold) {
        self.needs(key, &RowKey::Event(hold.event));
        hold.meeting.into_iter().for_each(|of| self.needs(key, &RowKey::Meeting(of)));
        let other =
            |row: &Row| matches!(row, Row::Hold(it) if it.event == hold.event && it.id != hold.id);
        if self.rows.values().any(other) {
            self.say(format!("{key:?} is not alone in holding {:?}", hold.event));
        }
    }

    fn session(&mut self, key: &RowKey, session: &Session) {
        session.meeting.into_iter().for_each(|of| self.needs(key, &RowKey::Meeting(of)));
        if session.state == SessionState::Held {
            session.hold.into_iter().for_each(|of| self.needs(key, &RowKey::Hold(of)));
        }
    }

    /// A scope is that of a calendar.
    fn scope(&mut self, key: &RowKey, scope: ScopeId) {
        let is_its =
            |other: &RowKey| matches!(other, RowKey::Calendar(id) if ScopeId::from(*id) == scope);
        if !self.rows.keys().any(is_its) {
            self.say(format!("{key:?} is of no calendar that is there"));
        }
    }

    fn part(&mut self, name: PartRef, calendar: CalendarId, part: &Part) {
        let key = RowKey::Part(name);
        let mirror = RowKey::Mirror(name.event, name.edge);
        self.needs(&key, &mirror);
        if let Some(Row::Mirror(_, _, mirror)) = self.rows.get(&mirror) {
            if mirror.calendar != calendar {
                self.say(format!("{key:?} lies elsewhere than its mirror"));
            }
            let settled = part.status == PartStatus::Settled;
            let waits = || is_cancelled_there(name, part) || self.lacks_an_instance(name);
            let is_open = settled && !part.is_as_wanted() && !waits();
            if mirror.mode == MirrorMode::Kept && is_open {
                self.say(format!("{key:?} is settled and not as wanted: {part:?}"));
            }
        }
        if part.acks.len() > Part::ACKS_MAX || part.reverts.len() > REVERTS_MAX {
            self.say(format!("{key:?} remembers too much"));
        }
        let Some(object) = &part.object else { return };
        if !self.holders.insert((calendar, object.id.clone())) {
            self.say(format!("two parts hold {:?} in {calendar:?}", object.id));
        }
        self.owned(&key, calendar, &object.id, &Owner::Part(name));
    }

    /// Whether somebody cancelled an instance in the mirror, which waits for the release: until then
    /// the series is left as it was found.
    fn lacks_an_instance(&self, name: PartRef) -> bool {
        self.rows.iter().any(|(key, row)| match (key, row) {
            (RowKey::Part(other), Row::Part(_, _, part)) => {
                let beside = (other.event, other.edge) == (name.event, name.edge);
                beside && other.part != name.part && part.gone.is_some()
            }
            (_, _) => false,
        })
    }

    /// The index knows whose an object is.
    fn owned(&mut self, key: &RowKey, calendar: CalendarId, id: &ProviderId, owner: &Owner) {
        match self.rows.get(&RowKey::Object(calendar, id.clone())) {
            Some(Row::Object(_, _, row)) if row.owner == *owner => {}
            other => self.say(format!("{key:?} holds {id:?}, and the index says {other:?}")),
        }
    }

    /// Whoever the index names holds the object.
    fn owner(&mut self, key: &RowKey, (calendar, id): (CalendarId, &ProviderId), owner: &Owner) {
        let presence = |event| match self.rows.get(&RowKey::Presence(event, calendar)) {
            Some(Row::Presence(_, _, presence)) => Some(presence),
            Some(_) | None => None,
        };
        let holds = match owner {
            Owner::Presence(event) => presence(*event).is_some_and(|held| held.object == *id),
            Owner::Instance(event, original) => presence(*event).is_some_and(|held| {
                let mut held = held.instances.iter();
                held.any(|one| one.object == *id && one.original == *original)
            }),
            Owner::Part(part) => match self.rows.get(&RowKey::Part(*part)) {
                Some(Row::Part(_, _, part)) => {
                    part.object.as_ref().is_some_and(|object| object.id == *id)
                }
                Some(_) | None => false,
            },
            Owner::Aside(_) => self.rows.contains_key(&RowKey::Aside(calendar, id.clone())),
        };
        if !holds {
            self.say(format!("{key:?} names {owner:?}, which does not hold it"));
        }
    }
}

/// Whether somebody cancelled an instance in the mirror that nothing of ours stood for: what is
/// recorded of it waits for the release.
fn is_cancelled_there(name: PartRef, part: &Part) -> bool {
    let is_instance = matches!(name.part, PartKey::Override(_));
    let edited = part.object.as_ref().is_some_and(|object| object.edited);
    is_instance && part.want.is_none() && edited && part.gone.is_some()
}
