//! People, edges, processes and clocks: everything at once, and the end known to the letter.

use std::collections::BTreeSet;

use kalends_core::graph::{DetailLevel, EdgeOptions};
use kalends_core::ids::{EdgeId, RunId};
use kalends_core::step::UserEdit;
use kalends_oracle::{Origin, Place};

use crate::crowd::Crowd;
use crate::edge::oracle_level;
use crate::keep::Keep;
use crate::mishap::Mishaps;
use crate::repeats::{self, Repeats};
use crate::said::Said;
use crate::world::World;

const LEVELS: [DetailLevel; 3] = [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full];

/// A crowd whose edges come and go, over processes that die.
#[derive(Debug)]
pub struct Storm {
    /// Those who work on their events and on mirrors.
    pub crowd: Crowd,
    mishaps: Mishaps,
    /// Which edges have ever been there: one that comes again is another history.
    drawn: BTreeSet<(Place, Place)>,
    /// Whether accounts are taken out of the graph, and come back.
    leaves: bool,
    repeats: Repeats,
}

impl Storm {
    /// A crowd with random edges between the calendars of a world.
    #[must_use]
    pub fn new<S: Keep>(world: &World<S>, seed: u64) -> Self {
        let mut crowd = Crowd::new(world, seed);
        crowd.invites = true;
        let known = ["caldav", "values"];
        crowd.secrets = world.members.iter().all(|(site, _)| known.contains(&site.provider()));
        crowd.history.talk.faults = true;
        let drawn = crowd.history.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        Self { crowd, mishaps: Mishaps::default(), drawn, leaves: false, repeats: Repeats::Daily }
    }

    /// The same, with more kinds of series where all sites keep them as they are written.
    pub(crate) fn making<S: Keep>(self, world: &World<S>, repeats: Repeats) -> Self {
        let known = ["caldav", "values"];
        let is_kept = world.members.iter().all(|(site, _)| known.contains(&site.provider()));
        Self { repeats: if is_kept { repeats } else { Repeats::Daily }, ..self }
    }

    /// The same, with accounts that are taken out of the graph and come back.
    pub(crate) fn leaving<S: Keep>(world: &World<S>, seed: u64) -> Self {
        Self { leaves: true, ..Self::new(world, seed) }
    }

    /// One edit, or something else that happens.
    pub fn step<S: Keep>(&mut self, world: &mut World<S>) {
        match self.crowd.random.below(if self.leaves { 19 } else { 18 }) {
            0 => self.show_otherwise(world),
            1 => self.draw(world),
            2 => self.remove(world),
            3 => self.undo(world),
            4 => self.wipe(world),
            5 => self.split(world),
            6 => self.create_otherwise(world),
            7 => self.meddle(world),
            18 => self.leave_or_return(world),
            8 | 9 => {
                let said = self.mishaps.strike(world, &mut self.crowd.random);
                self.crowd.say(said);
            }
            _ => self.crowd.step(world),
        }
        self.befall(world);
    }

    /// See [`Mishaps::catch_up`].
    pub(crate) fn catch_up<S: Keep>(&mut self, world: &World<S>) {
        self.mishaps.catch_up(world);
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.crowd.random.below(n)
    }

    /// An edge shows more or less from now on.
    fn show_otherwise<S: Keep>(&mut self, world: &World<S>) {
        let edges = self.crowd.history.edges.len();
        if edges == 0 {
            return;
        }
        let (n, level) = (self.below(edges), LEVELS[self.below(3)]);
        let edge = self.crowd.history.edges[n].clone();
        self.crowd.say(format!("show {} -> {} at {level:?}", edge.from, edge.to));
        world.look_for_leaks(&self.crowd.history);
        let options = world.set_up().edges[&EdgeId::from_bytes(edge.rank)].options.clone();
        world.change_edge(&edge, EdgeOptions { level, ..options });
        self.crowd.history.edges[n].level = oracle_level(level);
        world.look_for_leaks(&self.crowd.history);
    }

    /// A new edge.
    fn draw<S: Keep>(&mut self, world: &World<S>) {
        let (from, to) = (self.below(world.calendars.len()), self.below(world.places()));
        if self.may_draw(world, from, to) {
            self.crowd.connect(world, from, to);
        }
    }

    /// Whether there was no such edge yet and both its ends are there; from now on there was one.
    fn may_draw<S: Keep>(&mut self, world: &World<S>, from: Place, to: Place) -> bool {
        let away = &self.crowd.history.away;
        let there = [from, to].iter().all(|place| !away.contains(&world.owner(*place)));
        from != to && there && self.drawn.insert((from, to))
    }

    fn remove<S: Keep>(&mut self, world: &World<S>) {
        let edges = self.crowd.history.edges.len();
        if edges < 2 {
            return;
        }
        let n = self.below(edges);
        let edge = self.crowd.history.edges.remove(n);
        self.crowd.say(format!("remove {} -> {}", edge.from, edge.to));
        world.remove_edge(&edge);
    }

    /// Something is done to an edge, by chance a sync sees it, and that is taken back.
    fn undo<S: Keep>(&mut self, world: &World<S>) {
        match self.below(4) {
            0 => self.undo_removed(world),
            1 => self.undo_drawn(world),
            _ => self.undo_shown(world),
        }
    }

    fn undo_removed<S: Keep>(&mut self, world: &World<S>) {
        let edges = self.crowd.history.edges.len();
        if edges == 0 {
            return;
        }
        let n = self.below(edges);
        let edge = self.crowd.history.edges[n].clone();
        let run = world.remove_edge(&edge);
        self.crowd.history.edges.remove(n);
        self.take_back(world, run, &format!("removal of {} -> {}", edge.from, edge.to));
        // One that had ended meanwhile does not come back.
        if world.set_up().edges.contains_key(&EdgeId::from_bytes(edge.rank)) {
            self.crowd.history.edges.insert(n, edge);
        }
    }

    fn undo_drawn<S: Keep>(&mut self, world: &World<S>) {
        let (from, to) = (self.below(world.calendars.len()), self.below(world.places()));
        if self.may_draw(world, from, to) {
            let options = EdgeOptions { level: LEVELS[self.below(3)], ..EdgeOptions::default() };
            let (run, edge) = world.draw(from, to, options);
            self.crowd.history.edges.push(edge);
            self.take_back(world, run, &format!("new edge {from} -> {to}"));
            self.crowd.history.edges.pop();
        }
    }

    fn take_back<S: Keep>(&mut self, world: &World<S>, run: RunId, what: &str) {
        let synced = self.below(2) == 0;
        // What was sent before may have shown more, and what is sent after it is taken back, too.
        world.look_for_leaks(&self.crowd.history);
        if synced {
            world.sync();
            world.look_for_leaks(&self.crowd.history);
        }
        self.crowd.say(format!("undo {what}, {synced}"));
        world.tell(|| Said::UndoEdit);
        world.author(UserEdit::Undo { run });
    }

    /// Someone's account is taken out of the graph, with its mirrors or without, or comes back.
    fn leave_or_return<S: Keep>(&mut self, world: &World<S>) {
        let member = self.below(world.members.len());
        if self.crowd.history.away.contains(&member) {
            self.crowd.say(format!("account returns {member}"));
            self.crowd.calm(world);
            self.crowd.history.come_back(world, member);
        } else if self.crowd.history.away.is_empty() {
            self.leave(world, member);
        }
    }

    fn leave<S: Keep>(&mut self, world: &World<S>, member: usize) {
        let abandon = self.below(3) == 0;
        let word = if abandon { "abandoned" } else { "leaves" };
        self.crowd.say(format!("account {word} {member}"));
        self.catch_up(world);
        self.crowd.calm(world);
        world.settle();
        self.crowd.history.check(world);
        self.crowd.history.leave(world, member, abandon);
        world.settle();
        assert!(!world.set_up().accounts.contains_key(&world.accounts[member]), "it is gone");
        self.crowd.history.check(world);
    }

    fn undo_shown<S: Keep>(&mut self, world: &World<S>) {
        let edges = self.crowd.history.edges.len();
        if edges == 0 {
            return;
        }
        let (n, level) = (self.below(edges), LEVELS[self.below(3)]);
        let edge = self.crowd.history.edges[n].clone();
        let options = world.set_up().edges[&EdgeId::from_bytes(edge.rank)].options.clone();
        let run = world.change_edge(&edge, EdgeOptions { level, ..options });
        self.crowd.history.edges[n].level = oracle_level(level);
        self.take_back(world, run, &format!("{level:?} of {} -> {}", edge.from, edge.to));
        self.crowd.history.edges[n] = edge;
    }

    /// All comes to rest, then the store is lost, and all is read again. What is deleted before it
    /// was read again would leave mirrors that nobody can tell from a person's: they are reported,
    /// and never deleted unasked.
    fn wipe<S: Keep>(&mut self, world: &mut World<S>) {
        if self.below(2) == 0 {
            return;
        }
        self.crowd.say("wipe".to_owned());
        self.catch_up(world);
        self.crowd.calm(world);
        world.settle();
        self.crowd.history.check(world);
        world.wipe();
        self.crowd.history.away.clear();
        for edge in self.crowd.history.edges.clone() {
            assert_eq!(world.edge(edge.from, edge.to, edge.level), edge, "it has its id again");
        }
        assert_eq!(world.settle(), 0, "all is as it was");
    }

    /// A series ends before one of its instances, and another one goes on from there: what programs
    /// make of `this and the following`.
    fn split<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.crowd.pick() else { return };
        let kept = 1 + self.below(4);
        let is_plain = origin.rule == "FREQ=DAILY;COUNT=5" && origin.start.ends_with('Z');
        let Some(day) = origin.start.get(6..8).and_then(|day| day.parse::<usize>().ok()) else {
            return;
        };
        if !is_plain {
            return;
        }
        let from = format!("{}{:02}{}", &origin.start[..6], day + kept, &origin.start[8..]);
        self.crowd.say(format!("split {place}/{name} at {from}"));
        let (before, after): (Vec<_>, Vec<_>) =
            origin.exceptions.iter().cloned().partition(|one| one.original < from);
        let ended = Origin {
            rule: format!("FREQ=DAILY;COUNT={kept}"),
            exceptions: before,
            ..origin.clone()
        };
        let follows = Origin {
            uid: self.crowd.fresh_uid(),
            title: format!("{} later", origin.title),
            rule: format!("FREQ=DAILY;COUNT={}", 5 - kept),
            start: from,
            exceptions: after,
            ..origin
        };
        self.crowd.history.put(world, &name, ended);
        let next = self.crowd.name();
        self.crowd.history.put(world, &next, follows);
    }

    /// A day, a series that began before the window, hours in a zone whose clocks change while a
    /// series goes on, or what [`repeats::shape`] makes of it.
    fn create_otherwise<S: Keep>(&mut self, world: &World<S>) {
        let calendar = self.below(world.calendars.len());
        let mut origin = self.crowd.blank(calendar);
        self.crowd.shape(&mut origin);
        let how = self.below(self.repeats.ways());
        if how == 0 {
            origin.start.truncate("20260610".len());
            origin.exceptions.clear();
        } else if how == 1 {
            origin.start = format!("20260420{}", &origin.start[8..]);
            origin.rule = "FREQ=DAILY;COUNT=70".to_owned();
            origin.exceptions.clear();
        } else if how > 2 {
            repeats::shape(&mut origin, how);
        } else {
            // What says nothing more of its own is an instance as all others.
            origin.exceptions.iter_mut().for_each(|one| one.private = false);
            let title = origin.title.clone();
            origin.exceptions.retain(|one| one.start != one.original || one.title != title);
            for time in std::iter::once(&mut origin.start).chain(
                origin.exceptions.iter_mut().flat_map(|one| [&mut one.original, &mut one.start]),
            ) {
                *time = in_autumn(time);
            }
        }
        let name = self.crowd.name();
        self.crowd.say(format!("create-otherwise {calendar}/{name} {origin:?}"));
        self.crowd.history.put(world, &name, origin);
    }
}

/// Some June day of UTC as a day of autumn in Berlin, around the 25th of October.
fn in_autumn(time: &str) -> String {
    let day: usize = time[6..8].parse().unwrap();
    let (month, day) = if day + 10 > 31 { (11, day - 21) } else { (10, day + 10) };
    format!("Europe/Berlin:2026{month}{day:02}{}", time[8..].trim_end_matches('Z'))
}
