//! What a script came to so far, step by step.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::graph::Lifecycle;
use kalends_core::ids::{EdgeId, RunId};
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_driver::NoHooks;
use kalends_oracle::{Edge, Level, Origin, Place};
use kalends_testkit::block_on::block_on;
use kalends_testkit::clock::VirtualClock;
use kalends_testkit::memory::MemoryStore;

use super::{Deed, Judging, Said, Script};
use crate::check::Check;
use crate::crowd::Crowd;
use crate::edge::options_of;
use crate::hashes::check_hashes;
use crate::history::{act, look};
use crate::laws::{
    check_budgets, check_journal, check_meanwhile, check_recorded, check_rows, check_wire,
};
use crate::mishap::{bear, kill, pause, twice};
use crate::post::Post;
use crate::random::Random;
use crate::site::Act;
use crate::talk::Key;
use crate::tminus::die;
use crate::world::{World, options};

/// What a script came to so far.
pub(super) struct Book {
    pub(super) crowd: Crowd,
    /// Whether edits of mirrors count: somebody looks at what came of them.
    talks: bool,
    post: Post,
    bin: BTreeMap<(Place, String), Origin>,
    /// The last edit of an edge: its run, and the edge as it was; as it is, where it was drawn.
    edit: Option<(RunId, Edge)>,
}

impl Book {
    /// An empty one for a script.
    pub(super) fn new(script: &Script) -> Self {
        Self {
            crowd: Crowd::without_edges(0),
            talks: script.steps.contains(&Said::Judge(Judging::Edits)),
            post: Post::default(),
            bin: BTreeMap::new(),
            edit: None,
        }
    }

    /// Does a step; one that takes a world apart is no business of the book's.
    pub(super) fn carry_out(&mut self, world: &World<MemoryStore>, said: &Said) {
        match said {
            Said::Edge(edge, two_way) => {
                let (from, to, options) = (edge.from, edge.to, options_of(edge));
                if *two_way {
                    let edges = world.pair_with(from, to, options);
                    self.crowd.history.edges.extend(edges);
                } else {
                    let (run, edge) = world.draw(from, to, options);
                    self.crowd.history.edges.push(edge.clone());
                    self.edit = Some((run, edge));
                }
            }
            Said::Change(after) => self.change(world, after),
            Said::UndoEdit => self.undo(world),
            Said::Remove(from, to) => {
                let edge = self.edge((*from, *to)).clone();
                let run = world.remove_edge(&edge);
                self.crowd.history.edges.retain(|one| one.rank != edge.rank);
                self.edit = Some((run, edge));
            }
            Said::Leave(member, abandon) => {
                self.crowd.history.leave(world, *member, *abandon);
            }
            Said::Return(member) => self.crowd.history.come_back(world, *member),
            Said::Deed(place, name, deed) => self.work(world, (*place, name), deed),
            Said::Sync => drop(world.sync()),
            Said::Settle => drop(world.settle()),
            Said::Rest => world.is_at_rest(),
            Said::Killed(point) => kill(world, *point),
            Said::Twice => twice(world),
            Said::Paused(turns) => pause(world, *turns),
            Said::Begins(_) | Said::GoesOn | Said::Wipe | Said::Deaf => {}
            Said::Dies(writes) => bear(world, die(world, *writes)),
            Said::Work => drop(world.work()),
            Said::Notices(numbers) => self.bring(world, *numbers),
            Said::AllNotices => self.post.bring_all(world),
            Said::NoNotices => self.post.lose_all(world),
            Said::Silent(provider, hours) => self.fall_silent(world, provider, *hours),
            Said::Behind(millis) => {
                let clock = VirtualClock::at(world.clock.now().saturating_add_millis(-millis));
                let driver = world.driver_by(clock, Arc::new(NoHooks));
                bear(world, block_on(driver.sync(&world.keys, &options())));
            }
            Said::Wait(millis) => {
                world.judged.befell();
                world.clock.advance_millis(*millis);
            }
            Said::Fault(text) => {
                world.judged.befell();
                let now = world.clock.now().as_millis();
                let known = world.http.sites().any(|site| site.plan(now, text));
                assert!(known, "no server knows `{text}`");
            }
            Said::Expire(place) => {
                world.judged.befell();
                world.site(*place).expire_tokens(&world.path(*place).unwrap());
            }
            Said::Late(place, objects) => {
                let path = world.path(*place).unwrap();
                assert!(world.site(*place).come_late(&path, *objects), "it never comes late");
            }
            Said::Doubt => self.crowd.history.talk.faults = true,
            Said::Calm => {
                self.crowd.calm(world);
                self.crowd.history.talk.faults = false;
            }
            Said::Never(place, title) => never(world, *place, title),
            Said::Judge(judging) => self.judge(world, *judging),
        }
    }

    fn change(&mut self, world: &World<MemoryStore>, after: &Edge) {
        let edge = self.edge((after.from, after.to));
        let before = edge.clone();
        *edge = Edge { rank: before.rank, ..after.clone() };
        let run = world.change_edge(&before, options_of(after));
        self.change_pair(world, &before, after.level);
        self.edit = Some((run, before));
    }

    fn bring(&mut self, world: &World<MemoryStore>, numbers: u64) {
        let _befell = self.post.bring(world, &mut Random::new(numbers));
    }

    fn fall_silent(&mut self, world: &World<MemoryStore>, provider: &str, hours: i64) {
        let mut sites = world.http.sites();
        let site = sites.position(|site| site.provider() == provider);
        self.post.fall_silent(world, site.expect("the provider is there"), hours);
    }

    fn judge(&mut self, world: &World<MemoryStore>, judging: Judging) {
        let history = &mut self.crowd.history;
        match judging {
            Judging::All => self.crowd.judge(world),
            Judging::Calendars => history.check(world),
            Judging::Edits => history.rest(world),
            Judging::Rows => {
                world.settle();
                check_rows(world);
                check_hashes(world);
                // Whom edits of mirrors lead to is known only where they are followed.
                if self.talks {
                    check_recorded(world, history);
                    check_wire(world, history);
                    check_budgets(world);
                }
                check_journal(world);
                check_meanwhile(world);
                world.is_at_rest();
            }
        }
    }

    /// The other edge of a two-way pair shows as much; all events show other mirrors from now on.
    fn change_pair(&mut self, world: &World<MemoryStore>, edge: &Edge, level: Level) {
        let known = &world.set_up().edges[&EdgeId::from_bytes(edge.rank)];
        let pair = known.pair.map(|pair| *pair.as_bytes());
        let history = &mut self.crowd.history;
        let mut edges = history.edges.iter_mut();
        edges.find(|one| pair == Some(one.rank)).into_iter().for_each(|one| one.level = level);
        if self.talks {
            history.origins.iter().for_each(|(key, known)| history.talk.of(key, known).stir());
        }
    }

    /// An edge that had ended meanwhile does not come back.
    fn undo(&mut self, world: &World<MemoryStore>) {
        let (run, before) = self.edit.take().expect("an edge was edited");
        world.author(UserEdit::Undo { run });
        let edges = &mut self.crowd.history.edges;
        edges.retain(|edge| edge.rank != before.rank);
        let config = world.set_up();
        let known = config.edges.get(&EdgeId::from_bytes(before.rank));
        let is_there = known.is_some_and(|edge| edge.state == Lifecycle::Active);
        edges.extend(is_there.then_some(before));
    }

    fn edge(&mut self, ends: (Place, Place)) -> &mut Edge {
        let mut edges = self.crowd.history.edges.iter_mut();
        edges.find(|edge| (edge.from, edge.to) == ends).expect("the edge is there")
    }

    /// A person works where edits of mirrors count: what may come of it is known. False where
    /// nothing follows but what the deed says.
    fn talk(&mut self, world: &World<MemoryStore>, key: &Key, deed: &Deed) -> bool {
        let history = &mut self.crowd.history;
        Check::Edits.all_right(&history.forget_ended(world));
        match (deed, history.origins.contains_key(key)) {
            (Deed::Put(origin), true) => history.reshape(world, key, (**origin).clone()),
            (Deed::Put(origin), false) => {
                history.put(world, &key.1, (**origin).clone());
                history.is_new(key);
            }
            (Deed::Change(change), true) => history.retouch(world, key, change.clone()),
            (Deed::Delete, true) => history.delete_talked(world, key),
            (Deed::Undelete, _) => history.undelete_talked(world, key),
            (Deed::Move(to), true) => history.carry_talked(world, key, *to),
            (Deed::Share(to, copy), true) => history.copy_talked(world, key, (*to, copy.clone())),
            (Deed::Copy(..) | Deed::Unmark | Deed::Garble | Deed::CallOff, _)
            | (Deed::Rewind, true) => {
                return false;
            }
            (
                Deed::Change(_) | Deed::Delete | Deed::Move(_) | Deed::Share(..) | Deed::Rewind,
                false,
            ) => return self.talk_of_mirror(world, key, deed),
        }
        true
    }

    fn talk_of_mirror(&mut self, world: &World<MemoryStore>, key: &Key, deed: &Deed) -> bool {
        let history = &mut self.crowd.history;
        let Some(seen) = history.seen(world, key.0, &key.1) else { return false };
        match deed {
            Deed::Change(change) => {
                history.edit_mirror(world, key.clone(), (&seen, change.clone()))
            }
            Deed::Delete => history.delete_mirror(world, key.clone(), &seen),
            Deed::Move(to) => history.carry_mirror(world, key.clone(), (&seen, *to)),
            Deed::Share(to, copy) => {
                history.copy_mirror(world, key.clone(), (*to, copy.clone()));
            }
            Deed::Rewind => drop(history.rewind(world, key, &seen)),
            Deed::Put(_)
            | Deed::Undelete
            | Deed::Copy(..)
            | Deed::Unmark
            | Deed::Garble
            | Deed::CallOff => {
                return false;
            }
        }
        true
    }

    /// A person works; what they hold then is known.
    fn work(&mut self, world: &World<MemoryStore>, (place, name): (Place, &str), deed: &Deed) {
        let key = (place, name.to_owned());
        if self.talks && self.talk(world, &key, deed) {
            return;
        }
        let path = |to: &Place| world.path(*to).unwrap();
        let is_theirs = self.crowd.history.origins.contains_key(&key);
        match deed {
            Deed::Put(origin) => act(world, place, name, Act::Put(origin)),
            Deed::Change(change) => act(world, place, name, Act::Change(change)),
            Deed::Delete => act(world, place, name, Act::Delete),
            Deed::Undelete => act(world, place, name, Act::Undelete),
            Deed::Move(to) => act(world, place, name, Act::Carry(&path(to))),
            Deed::Share(to, copy) => act(world, place, name, Act::Copy(&path(to), copy)),
            Deed::Copy(to, copy) => act(world, place, name, Act::Duplicate(&path(to), copy)),
            Deed::Unmark => act(world, place, name, Act::Unmark),
            Deed::Garble => act(world, place, name, Act::Garble),
            Deed::CallOff => act(world, place, name, Act::CallOff),
            Deed::Rewind => act(world, place, name, Act::Rewind),
        }
        let history = &mut self.crowd.history;
        let held = |to: Place, name: &str| {
            look(world, to, name).map(|says| Origin { calendar: to, ..says })
        };
        match deed {
            Deed::Put(origin) => {
                history.strays.remove(&key);
                history.origins.insert(key, (**origin).clone());
            }
            // Nobody can say what it is, or it is no more, until it is put anew.
            Deed::Garble | Deed::CallOff => {
                history.origins.remove(&key);
                history.strays.insert(key);
            }
            Deed::Change(change) => {
                history.origins.get_mut(&key).into_iter().for_each(|known| change.apply(known));
            }
            Deed::Delete => self.bin.extend(history.origins.remove(&key).map(|known| (key, known))),
            Deed::Undelete => {
                history.origins.extend(self.bin.remove(&key).map(|known| (key, known)));
            }
            Deed::Move(to) => match history.origins.remove(&key) {
                Some(known) => {
                    let known = Origin { calendar: *to, ..known };
                    history.origins.insert((*to, name.to_owned()), known);
                }
                None => drop(history.strays.insert((*to, name.to_owned()))),
            },
            Deed::Share(to, copy) if is_theirs || !world.site(*to).copies_keep_marks() => {
                let known = history.origins.get(&key).cloned();
                let known = known.map(|known| Origin { calendar: *to, ..known });
                let known = known.or_else(|| held(*to, copy));
                history.origins.extend(known.map(|known| ((*to, copy.clone()), known)));
            }
            Deed::Share(to, copy) => drop(history.strays.insert((*to, copy.clone()))),
            Deed::Copy(to, copy) => {
                let known = held(*to, copy);
                history.origins.extend(known.map(|known| ((*to, copy.clone()), known)));
            }
            Deed::Unmark | Deed::Rewind => {}
        }
    }
}

/// No object of a place shows a title.
fn never(world: &World<MemoryStore>, place: Place, title: &str) {
    let names = world.path(place).map(|path| world.site(place).names(&path));
    let shows = |name: &String| look(world, place, name);
    let there = names.unwrap_or_default().iter().filter_map(shows).any(|says| says.title == title);
    let wrong = there.then(|| format!("{place} shows {title:?}"));
    Check::Oracle.all_right(wrong.as_slice());
}
