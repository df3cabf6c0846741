//! People whose edits of mirrors count: edges of every kind, and edits on both their ends.

use std::collections::BTreeMap;

use kalends_core::graph::{self, DetailLevel, EdgeOptions, OnConflict};
use kalends_oracle::{By, Change, Fate, Level, Origin, Place, Since, edited};

use crate::check::Check;
use crate::crowd::Crowd;
use crate::history::{act, all, look};
use crate::keep::Keep;
use crate::mishap::Mishaps;
use crate::site::Act;
use crate::talk::{Key, Taken, kind};
use crate::whose::{Shown, whose};
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
    bin: BTreeMap<Key, (Origin, Option<Since>)>,
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
        let mut giving = Self { crowd, changed: BTreeMap::new(), bin: BTreeMap::new(), mishaps };
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
            self.crowd.history.talk.faults = true;
            self.crowd.fault(world);
        }
        if let Some(mishaps) = &mut self.mishaps
            && self.crowd.random.one_in(6)
        {
            self.crowd.history.talk.faults = true;
            let said = mishaps.strike(world, &mut self.crowd.random);
            self.crowd.say(said);
        }
        if self.below(3) == 0 {
            let report = world.sync();
            let wrote = (report.created, report.updated, report.deleted);
            self.crowd.say(format!("sync: {wrote:?} {:?}", report.failures));
        }
        if self.mishaps.is_some() && self.below(5) == 0 {
            self.crowd.history.talk.faults = true;
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
        world.settle();
        if world.lags() {
            // A list that lags hides the last change once: the next one shows it.
            world.settle();
        }
        self.crowd.history.rest(world);
        self.bin.values_mut().for_each(|(_, since)| *since = None);
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

    /// All events of one UID show other mirrors from now on.
    fn stir(&mut self, uid: &str) {
        let history = &mut self.crowd.history;
        for (key, origin) in history.origins.iter().filter(|(_, origin)| origin.uid == uid) {
            history.talk.of(key, origin).stir();
        }
    }

    /// An event, as its calendar holds it now.
    fn pick<S: Keep>(&mut self, world: &World<S>) -> Option<(Key, Origin)> {
        let (key, _) = self.crowd.pick()?;
        let held = self.crowd.history.says(world, &key)?;
        Some((key, held))
    }

    /// The mirrors of a new event are on their way.
    fn create<S: Keep>(&mut self, world: &World<S>) {
        self.crowd.create(world);
        let history = &mut self.crowd.history;
        let last = history
            .origins
            .iter()
            .find(|((_, name), _)| *name == format!("person{}.ics", self.crowd.made));
        if let Some((key, origin)) = last {
            history.talk.of(key, origin).touch();
        }
    }

    fn reshape<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, mut origin)) = self.pick(world) else { return };
        let talk = &mut self.crowd.history.talk;
        if talk.since.get(&key).is_some_and(|since| since.is_changed_by_mirror()) {
            return;
        }
        self.crowd.shape(&mut origin);
        self.crowd.say(format!("reshape {key:?} {origin:?}"));
        self.crowd.history.put(world, &key.1, origin.clone());
        self.crowd.history.talk.of(&key, &origin).reshape(origin.clone());
        self.stir(&origin.uid);
    }

    fn retouch<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, origin)) = self.pick(world) else { return };
        let Some(change) = self.change(&origin, "Ours") else { return };
        self.crowd.say(format!("change {key:?}: {change:?}"));
        let history = &mut self.crowd.history;
        let before = history.wanted_of(world, &origin.uid);
        store(world, &key, &change);
        let known = history.origins[&key].clone();
        history.talk.edit(&key, &known, (By::Origin, change));
        let after = history.wanted_of(world, &origin.uid);
        let since = history.talk.of(&key, &known);
        let differ = (0..world.places()).filter(|place| before[*place] != after[*place]);
        differ.for_each(|place| since.outlive(place));
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
        let Some(((place, name), origin)) = self.pick(world) else { return };
        let Some(to) = self.crowd.elsewhere(world, (place, &origin.uid)) else { return };
        self.crowd.say(format!("move {place}/{name} to {to}"));
        self.stir(&origin.uid);
        let history = &mut self.crowd.history;
        history.carry(world, place, &name, to);
        if let Some(mut since) = history.talk.since.remove(&(place, name.clone())) {
            since.carry(to);
            if since.is_changed_by_mirror() {
                history.talk.allow(&(to, name.clone()), &origin);
            }
            history.talk.since.insert((to, name), since);
        }
    }

    fn copy<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), mut origin)) = self.pick(world) else { return };
        let Some(to) = self.crowd.elsewhere(world, (place, &origin.uid)) else { return };
        let copy = format!("person{}.ics", self.crowd.made + 1);
        self.crowd.made += 1;
        self.crowd.say(format!("copy {place}/{name} to {to}/{copy}"));
        let target = world.path(to).unwrap();
        act(world, place, &name, Act::Copy(&target, &copy));
        origin.calendar = to;
        let (uid, key) = (origin.uid.clone(), (to, copy));
        let talk = &mut self.crowd.history.talk;
        let since = talk.since.get(&(place, name)).filter(|since| since.is_changed_by_mirror());
        if let Some(mut since) = since.cloned() {
            // Where the event was in that calendar before, what its mirrors say may go to the copy.
            since.carry(to);
            talk.allow(&key, &origin);
            talk.since.insert(key.clone(), since);
        }
        self.crowd.history.origins.insert(key, origin);
        self.stir(&uid);
    }

    fn delete<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, origin)) = self.pick(world) else { return };
        self.crowd.say(format!("delete {key:?}"));
        self.stir(&origin.uid);
        self.crowd.history.delete(world, key.0, &key.1);
        let since = self.crowd.history.talk.since.remove(&key);
        self.bin.insert(key, (origin, since));
    }

    fn undelete<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, (origin, since))) = self.bin.pop_first() else { return };
        let held = self.crowd.history.origins.values();
        if held.into_iter().any(|o| o.calendar == key.0 && o.uid == origin.uid) {
            return;
        }
        self.crowd.say(format!("undelete {key:?}"));
        act(world, key.0, &key.1, Act::Undelete);
        let uid = origin.uid.clone();
        self.crowd.history.talk.since.extend(since.map(|since| (key.clone(), since)));
        self.crowd.history.origins.insert(key, origin);
        self.stir(&uid);
    }

    /// A mirror of something that is there, and how much of it is shown.
    pub(crate) fn mirror<S: Keep>(
        &mut self,
        world: &World<S>,
    ) -> Option<(Key, Shown, Origin, Level)> {
        let place = self.below(world.places());
        let ours = self.crowd.history.names_of_ours(world, place);
        let at = self.below(ours.len());
        let name = ours.into_iter().nth(at)?;
        let history = &self.crowd.history;
        let shown = whose(world, history, place, &name)?;
        let origin = history.says(world, &shown.key)?;
        let private = history.origins.values().any(|o| o.uid == origin.uid && o.private);
        let level = if private { Level::Busy } else { history.edges[shown.edge].level };
        let here = self.changed.entry((place, origin.uid.clone())).or_default();
        *here += 1;
        (*here <= HERE_MAX).then_some(((place, name), shown, origin, level))
    }

    fn edit_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, shown, origin, level)) = self.mirror(world) else { return };
        let stirred = self.crowd.history.talk.since.get(&shown.key).is_some_and(|s| s.is_stirred());
        let Some(seen) = self.change(&origin, "Theirs") else { return };
        let edge = &self.crowd.history.edges[shown.edge];
        let several = || self.crowd.history.shown(world, key.0, &origin.uid).len() > 1;
        let lets_be = edited(edge, &origin, level, &seen) == Fate::Theirs;
        if lets_be && (!shown.original.is_empty() || several()) {
            return;
        }
        if !is_seen(world, &key, &seen) {
            return;
        }
        let (there, change) = match (seen, shown.original.is_empty()) {
            (seen @ (Change::Title(_) | Change::Description(_)), true) => (seen.clone(), seen),
            _ if stirred => return,
            (seen, true) => (seen.clone(), seen),
            (Change::Title(title) | Change::Retitle(_, title), false) => {
                (Change::Title(title.clone()), Change::Retitle(shown.original.clone(), title))
            }
            (Change::Start(_) | Change::Move(..), false) if world.stays(shown.key.0) => return,
            (Change::Start(to) | Change::Move(_, to), false) => {
                (Change::Start(to.clone()), Change::Move(shown.original.clone(), to))
            }
            (Change::Description(_) | Change::Cancel(_), false) => return,
        };
        self.crowd.say(format!("edit the mirror {key:?} of {shown:?} at {level:?}: {change:?}"));
        store(world, &key, &there);
        let history = &mut self.crowd.history;
        if let Some(token) = there.token() {
            history.talk.tokens.insert((key.clone(), kind(&there)), token.to_owned());
        } else if matches!(there, Change::Cancel(_)) {
            history.talk.tokens.remove(&(key.clone(), "instance"));
        }
        let (edge, known) = (&history.edges[shown.edge], history.origins[&shown.key].clone());
        match edited(edge, &origin, level, &change) {
            Fate::Undone => history.talk.of(&shown.key, &known).touch(),
            Fate::Hidden => {
                let by = By::Mirror(shown.edge, edge.on_conflict);
                history.talk.allow(&shown.key, &known);
                history.talk.of(&shown.key, &known).edit_hidden(by, change);
            }
            Fate::Followed => {
                let by = By::Mirror(shown.edge, edge.on_conflict);
                history.talk.edit(&shown.key, &known, (by, change));
            }
            Fate::Theirs => {
                self.take(world, key, (&shown, &origin, false));
                if let (Change::Cancel(when), Some(taken)) =
                    (change, self.crowd.history.talk.taken.last_mut())
                {
                    taken.cancelled = Some(when);
                }
            }
        }
    }

    pub(crate) fn take<S: Keep>(
        &mut self,
        world: &World<S>,
        key: Key,
        (shown, origin, open): (&Shown, &Origin, bool),
    ) {
        let text = all(world, key.0, &key.1);
        let talk = &mut self.crowd.history.talk;
        if let Some(text) = &text {
            talk.copies.insert(key.clone(), text.clone());
        }
        let known = self.crowd.history.origins[&shown.key].clone();
        talk.of(&shown.key, &known).touch();
        let uid = origin.uid.clone();
        let (origin, cancelled) = (shown.key.clone(), None);
        talk.taken.push(Taken { key, origin, uid, text, open, cancelled });
    }
}

fn store<S: Keep>(world: &World<S>, key: &Key, change: &Change) {
    act(world, key.0, &key.1, Act::Change(change));
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
