//! People whose edits of mirrors count: edges of every kind, and edits on both their ends.

use std::collections::BTreeMap;
use std::iter;

use kalends_core::graph::{self, DetailLevel, EdgeOptions, OnConflict};
use kalends_oracle::{Change, Fate, Origin, Place, edited};

use crate::check::Check;
use crate::crowd::Crowd;
use crate::deeds::Seen;
use crate::history::look;
use crate::keep::Keep;
use crate::mishap::Mishaps;
use crate::said::{Judging, Said};
use crate::talk::Key;
use crate::world::World;

/// How often mirrors of one event in one place are changed by hand: one that was put right three
/// times is left alone for a day, which is another test's business.
const HERE_MAX: u32 = 2;
/// What all mirrors of some edges are called.
const TEMPLATE: &str = "Appointment";
pub(crate) const LEVELS: [DetailLevel; 3] =
    [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full];

/// Edits of such a crowd over a world.
#[derive(Debug)]
pub struct Giving {
    /// Those who work on their own events.
    pub crowd: Crowd,
    changed: BTreeMap<(Place, String), u32>,
    /// Whether processes die and clocks jump.
    mishaps: Option<Mishaps>,
}

impl Giving {
    /// A crowd with edges of every kind between the calendars of a world.
    #[must_use]
    pub fn new<S: Keep>(world: &World<S>, seed: u64) -> Self {
        Self::gather(world, seed, None)
    }

    /// The same over processes that die and clocks that jump; some edges give titles of their own,
    /// and old words of ours come back.
    #[must_use]
    pub fn with_mishaps<S: Keep>(world: &World<S>, seed: u64) -> Self {
        Self::gather(world, seed, Some(Mishaps::default()))
    }

    fn gather<S: Keep>(world: &World<S>, seed: u64, mishaps: Option<Mishaps>) -> Self {
        let mut crowd = Crowd::without_edges(seed);
        crowd.invites = true;
        let mut giving = Self { crowd, changed: BTreeMap::new(), mishaps };
        let calendars = world.calendars.len();
        for from in 0..calendars {
            for to in 0..world.places() {
                let chain = to == (from + 1) % calendars;
                if from != to && (chain || giving.below(3) == 0) && !giving.knows(from, to) {
                    giving.connect(world, from, to);
                }
            }
        }
        giving
    }

    fn knows(&self, from: Place, to: Place) -> bool {
        self.crowd.history.edges.iter().any(|edge| (edge.from, edge.to) == (from, to))
    }

    fn connect<S: Keep>(&mut self, world: &World<S>, from: Place, to: Place) {
        let options = EdgeOptions {
            level: LEVELS[self.below(3)],
            on_edit: [
                graph::OnEdit::Propagate,
                graph::OnEdit::Propagate,
                graph::OnEdit::Revert,
                graph::OnEdit::Detach,
            ][self.below(4)],
            on_delete: [
                graph::OnDelete::Propagate,
                graph::OnDelete::Propagate,
                graph::OnDelete::Restore,
                graph::OnDelete::Detach,
            ][self.below(4)],
            on_conflict: [OnConflict::LastSeen, OnConflict::Origin, OnConflict::Mirror]
                [self.below(3)],
            may_notify: self.below(2) == 0,
            ..EdgeOptions::default()
        };
        let may_pair = to < world.calendars.len() && !self.knows(to, from);
        let edges = if may_pair && self.below(4) == 0 {
            world.pair_with(from, to, options).to_vec()
        } else {
            let is_titled = self.mishaps.is_some() && self.below(4) == 0;
            let options = EdgeOptions { title: is_titled.then(|| TEMPLATE.to_owned()), ..options };
            vec![world.edge_with(from, to, options)]
        };
        self.crowd.say(format!("edges {edges:?}"));
        self.crowd.history.edges.extend(edges);
    }

    /// One edit of an event or of a mirror, some hours later.
    pub(crate) fn edit_something<S: Keep>(&mut self, world: &World<S>) {
        world.clock.advance_millis(self.below(4 * 3_600_000) as i64);
        Check::Edits.all_right(&self.crowd.history.forget_ended(world));
        match self.below(if self.mishaps.is_some() { 21 } else { 20 }) {
            0..=3 => self.create(world),
            4 => self.reshape(world),
            5..=7 => self.retouch(world),
            8 => self.carry(world),
            9 => self.delete(world),
            10 => self.undelete(world),
            11 => self.copy(world),
            12..=15 => self.edit_mirror(world),
            16 => self.delete_mirror(world),
            17 => self.take_mirror(world),
            18 => self.show_otherwise(world),
            20 => self.rewind(world),
            _ => self.rest(world),
        }
    }

    /// One edit, by chance one fault, by chance one sync.
    pub fn step<S: Keep>(&mut self, world: &World<S>) {
        self.edit_something(world);
        if self.below(5) == 0 {
            self.crowd.doubt(world);
            self.crowd.fault(world);
        }
        if let Some(mishaps) = &mut self.mishaps
            && self.crowd.random.one_in(6)
        {
            self.crowd.doubt(world);
            let said = mishaps.strike(world, &mut self.crowd.random);
            self.crowd.say(said);
        }
        if self.below(3) == 0 {
            let report = world.sync();
            let wrote = (report.created, report.updated, report.deleted);
            self.crowd.say(format!("sync: {wrote:?} {:?}", report.failures));
        }
        if self.mishaps.is_some() && self.below(5) == 0 {
            self.crowd.doubt(world);
            self.crowd.come_late(world);
        }
    }

    /// All comes to rest, is looked at, and by chance nothing fails from here on.
    pub fn rest<S: Keep>(&mut self, world: &World<S>) {
        self.crowd.say("rest".to_owned());
        if let Some(mishaps) = &mut self.mishaps {
            mishaps.catch_up(world);
        }
        self.crowd.come_on_time(world);
        self.crowd.compare(world);
        world.settle();
        if world.lags() {
            // A list that lags hides the last change once: the next one shows it.
            world.settle();
        }
        world.tell(|| Said::Judge(Judging::Edits));
        self.crowd.history.rest(world);
        if self.below(2) == 0 {
            self.crowd.calm(world);
            self.crowd.history.talk.faults = false;
        }
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.crowd.random.below(n)
    }

    /// A text that nobody has used yet.
    fn fresh(&mut self, word: &str) -> String {
        self.crowd.made += 1;
        format!("{word} {}", self.crowd.made)
    }

    /// An event, as its calendar holds it now.
    fn pick<S: Keep>(&mut self, world: &World<S>) -> Option<(Key, Origin)> {
        let (key, _) = self.crowd.pick()?;
        let held = self.crowd.history.says(world, &key)?;
        Some((key, held))
    }

    fn create<S: Keep>(&mut self, world: &World<S>) {
        self.crowd.create(world);
        let name = self.crowd.name();
        let history = &mut self.crowd.history;
        let last = history.origins.keys().find(|(_, known)| *known == name).cloned();
        last.into_iter().for_each(|key| history.is_new(&key));
    }

    fn reshape<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, mut origin)) = self.pick(world) else { return };
        let talk = &mut self.crowd.history.talk;
        if talk.since.get(&key).is_some_and(|since| since.is_changed_by_mirror()) {
            return;
        }
        self.crowd.shape(&mut origin);
        self.crowd.say(format!("reshape {key:?} {origin:?}"));
        self.crowd.history.reshape(world, &key, origin);
    }

    fn retouch<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, origin)) = self.pick(world) else { return };
        let Some(change) = self.change(&origin, "Ours") else { return };
        self.crowd.say(format!("change {key:?}: {change:?}"));
        self.crowd.history.retouch(world, &key, change);
    }

    /// A change that fits an event.
    fn change(&mut self, origin: &Origin, word: &str) -> Option<Change> {
        let instance = self.below(5);
        let day: usize = origin.start.get(6..8)?.parse().ok()?;
        let original = format!("202606{:02}{}", day + instance, origin.start.get(8..)?);
        let series = !origin.rule.is_empty();
        let minute = 1 + self.below(58);
        let later = format!("{}{minute:02}00Z", &original[..11]);
        Some(match (self.below(if series { 4 } else { 3 }), series) {
            (0, _) => Change::Title(self.fresh(word)),
            (1, false) => Change::Description(self.fresh(word)),
            (_, false) => Change::Start(format!("202606{}{}", 10 + instance, &later[8..])),
            _ if origin.excluded.contains(&original) => return None,
            (1, true) => Change::Move(original, later),
            (2, true) => Change::Retitle(original, self.fresh(word)),
            (_, true) => Change::Cancel(original),
        })
    }

    fn carry<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, origin)) = self.pick(world) else { return };
        let Some(to) = self.crowd.elsewhere(world, (key.0, &origin.uid)) else { return };
        self.crowd.say(format!("move {}/{} to {to}", key.0, key.1));
        self.crowd.history.carry_talked(world, &key, to);
    }

    fn copy<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, origin)) = self.pick(world) else { return };
        let Some(to) = self.crowd.beside(world, (key.0, &origin.uid)) else { return };
        let copy = format!("person{}.ics", self.crowd.made + 1);
        self.crowd.made += 1;
        self.crowd.say(format!("copy {}/{} to {to}/{copy}", key.0, key.1));
        self.crowd.history.copy_talked(world, &key, (to, copy));
    }

    fn delete<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, _)) = self.pick(world) else { return };
        self.crowd.say(format!("delete {key:?}"));
        self.crowd.history.delete_talked(world, &key);
    }

    fn undelete<S: Keep>(&mut self, world: &World<S>) {
        let bin = &mut self.crowd.history.talk.bin;
        let Some(key) = bin.keys().next().cloned() else { return };
        let uid = bin[&key].0.uid.clone();
        let held = self.crowd.history.origins.values();
        if held.into_iter().any(|o| world.bars_uid(o.calendar, key.0) && o.uid == uid) {
            self.crowd.history.talk.bin.remove(&key);
            return;
        }
        self.crowd.say(format!("undelete {key:?}"));
        self.crowd.history.undelete_talked(world, &key);
    }

    /// A mirror of something that is there, and how much of it is shown.
    pub(crate) fn mirror<S: Keep>(&mut self, world: &World<S>) -> Option<(Key, Seen)> {
        let place = self.below(world.places());
        let ours = self.crowd.history.names_of_ours(world, place);
        let at = self.below(ours.len());
        let name = ours.into_iter().nth(at)?;
        let seen = self.crowd.history.seen(world, place, &name)?;
        let here = self.changed.entry((place, seen.origin.uid.clone())).or_default();
        *here += 1;
        (*here <= HERE_MAX).then_some(((place, name), seen))
    }

    fn edit_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, seen)) = self.mirror(world) else { return };
        let Seen { shown, origin, level } = &seen;
        let stirred = self.crowd.history.talk.since.get(&shown.key).is_some_and(|s| s.is_stirred());
        let Some(change) = self.change(origin, "Theirs") else { return };
        let edge = &self.crowd.history.edges[shown.edge];
        let several = || self.crowd.history.shown(world, key.0, &origin.uid).len() > 1;
        let lets_be = edited(edge, origin, *level, &change) == Fate::Theirs;
        if lets_be && (!shown.original.is_empty() || several()) {
            return;
        }
        if !is_seen(world, &key, &change) {
            return;
        }
        let there = match (change, shown.original.is_empty()) {
            (change @ (Change::Title(_) | Change::Description(_)), true) => change,
            _ if stirred => return,
            (change, true) => change,
            (Change::Title(title) | Change::Retitle(_, title), false) => Change::Title(title),
            (Change::Start(_) | Change::Move(..), false) if self.stays(world, shown.key.0) => {
                return;
            }
            (Change::Start(to) | Change::Move(_, to), false) => Change::Start(to),
            (Change::Description(_) | Change::Cancel(_), false) => return,
        };
        self.crowd.say(format!("edit the mirror {key:?} of {shown:?} at {level:?}: {there:?}"));
        self.crowd.history.edit_mirror(world, key, (&seen, there));
    }

    /// Whether an instance stays between its neighbours where it is, or in some place that shows its
    /// calendar: there, one that passed them is shown beside its series, of which the oracle knows
    /// nothing.
    fn stays<S: Keep>(&self, world: &World<S>, place: Place) -> bool {
        let edges = self.crowd.history.edges.iter();
        let shows = edges.filter(|edge| edge.from == place).map(|edge| edge.to);
        iter::once(place).chain(shows).any(|place| world.stays(place))
    }
}

/// Whether a mirror shows the instance that a change is about.
fn is_seen<S: Keep>(world: &World<S>, key: &Key, change: &Change) -> bool {
    let shown = look(world, key.0, &key.1).unwrap();
    match change {
        Change::Title(_) | Change::Description(_) | Change::Start(_) => true,
        Change::Move(original, _) | Change::Retitle(original, _) | Change::Cancel(original) => {
            !shown.excluded.contains(original)
        }
    }
}
