//! What people did since all was at rest, beside what each calendar held then.

use std::collections::{BTreeMap, BTreeSet};

use kalends_oracle::{By, Change, Edge, Mirror, Origin, Place, Since, Theirs};

/// A calendar and the name of an object in it.
pub(crate) type Key = (Place, String);

/// What is not settled yet, and what was settled for good.
#[derive(Debug, Clone, Default)]
pub struct Talk {
    /// Events that something happened to.
    pub since: BTreeMap<Key, Since>,
    /// Copies that were mirrors until a person made them theirs, with what they hold.
    pub copies: BTreeMap<Key, String>,
    /// Events that a place shows no more, since what it showed is a person's.
    pub theirs: Theirs,
    /// Names of mirrors that were copied with their marks: one that goes may have been moved.
    pub copied: BTreeSet<String>,
    /// Events that a person deleted, and what had happened to them.
    pub bin: BTreeMap<Key, (Origin, Option<Since>)>,
    /// Mirrors that a person has made theirs since all was at rest.
    pub taken: Vec<Taken>,
    /// Mirrors that are a person's, if their event becomes another series before they are read: each is
    /// one in which an instance was cancelled that had been changed, where edits make mirrors theirs.
    pub doubted: Vec<Taken>,
    /// Mirrors of this kind whose event says of that instance already something else than they showed: nobody
    /// can tell what it said, so that what is there may be more than a cancelled instance.
    pub untold: Vec<Taken>,
    /// What was written into mirrors, and must not vanish.
    pub tokens: BTreeMap<(Key, &'static str), String>,
    /// Objects of people that may be written because of mirrors, and those of them with guests.
    pub written: BTreeSet<Key>,
    /// Objects of people whose guests may be told.
    pub told: BTreeSet<Key>,
    /// Whether the network may fail.
    pub faults: bool,
}

/// A mirror that a person made theirs: with what it holds then, or by deleting it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Where it is.
    pub key: Key,
    /// The origin.
    pub origin: Key,
    /// The event.
    pub uid: String,
    /// What it holds; `None`: nothing any more.
    pub text: Option<String>,
    /// The same as a person sees it.
    pub left: Option<Mirror>,
    /// Whether it may have been seen otherwise.
    pub open: bool,
    /// What was changed in it, where that is all; `None`: it was deleted, or carried away.
    pub change: Option<Change>,
}

impl Talk {
    /// The record of an event.
    pub fn of(&mut self, key: &Key, now: &Origin) -> &mut Since {
        self.since.entry(key.clone()).or_insert_with(|| Since::at_rest(now.clone()))
    }

    /// A person edits a mirror or an origin, and the origin is to say so.
    pub fn edit(&mut self, key: &Key, now: &Origin, (by, change): (By, Change)) {
        if by != By::Origin {
            self.allow(key, now);
        }
        self.of(key, now).edit(by, change);
    }

    /// An event came to a calendar: what was changed in mirrors of one that was deleted there may go to it,
    /// as the engine knows that by its UID.
    pub fn succeed(&mut self, key: &Key, now: &Origin, edges: &[Edge]) {
        let held = self.bin.iter().filter(|((at, _), (of, _))| *at == key.0 && of.uid == now.uid);
        let since = held.filter_map(|(_, (_, since))| since.clone());
        let left: Vec<Since> = since.filter(Since::is_changed_by_mirror).collect();
        for one in left {
            self.follow(key, now, (&one, edges));
            self.of(key, now).inherit(&one);
        }
    }

    /// An origin may be written because of a mirror.
    pub fn allow(&mut self, key: &Key, now: &Origin) {
        self.written.insert(key.clone());
        if now.invited {
            self.told.insert(key.clone());
        }
    }

    /// The same of an event that stands in for another one: what was changed in mirrors of that may go to
    /// it, but where it has guests only by an edge that may tell them.
    pub fn follow(&mut self, key: &Key, now: &Origin, (since, edges): (&Since, &[Edge])) {
        self.written.insert(key.clone());
        let mut edges = edges.iter().enumerate().filter(|(_, edge)| edge.may_notify);
        if now.invited && edges.any(|(of, _)| since.is_changed_by(of)) {
            self.told.insert(key.clone());
        }
    }

    /// Whether what a person did to a mirror of this event may be missed.
    #[must_use]
    pub fn is_open(&self, key: &Key) -> bool {
        self.since.get(key).is_none_or(|since| since.is_open(self.faults))
    }
}

/// Which text of an object a change replaces.
pub(crate) const fn kind(change: &Change) -> &'static str {
    match change {
        Change::Title(_) => "title",
        Change::Description(_) => "description",
        Change::Start(_) | Change::Move(..) | Change::Cancel(_) => "time",
        Change::Retitle(..) => "instance",
    }
}
