//! A script that is lived.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kalends_core::graph::Lifecycle;
use kalends_core::ids::{EdgeId, RunId};
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_driver::NoHooks;
use kalends_oracle::{Edge, Level, Origin, Place};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::clock::VirtualClock;
use kalends_testkit::memory::MemoryStore;

use super::{Deed, Said, print::place_name};
use crate::check::Check;
use crate::crowd::Crowd;
use crate::edge::options_of;
use crate::history::{act, look};
use crate::laws::{check_journal, check_meanwhile, check_rows};
use crate::life::Depth;
use crate::midway::midway;
use crate::mishap::{bear, kill, pause, twice};
use crate::shrink::fewest;
use crate::site::Act;
use crate::world::{USERS, World, options};

/// A history as a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Whose calendars they are; CalDAV or values.
    pub depth: Depth,
    /// The seed of the world.
    pub seed: u64,
    /// Whose each calendar is.
    pub owners: Vec<usize>,
    /// The steps.
    pub steps: Vec<Said>,
}

impl Script {
    /// Its text: the calendars, the world, and a line a step.
    #[must_use]
    pub fn text(&self) -> String {
        let count = self.owners.len();
        let calendars = self.owners.iter().enumerate();
        let calendars: Vec<String> = calendars
            .map(|(place, owner)| format!("{}={}", place_name(place, count), USERS[*owner]))
            .collect();
        let steps: String =
            self.steps.iter().map(|said| format!("{}\n", said.line(count))).collect();
        let provider = self.depth.name();
        format!("calendars {}\nworld {} {provider}\n{steps}", calendars.join(" "), self.seed)
    }

    /// Reads a text. Empty lines, and lines that begin with `#`, are for people.
    ///
    /// # Errors
    /// The line that cannot be read.
    pub fn read(text: &str) -> Result<Self, String> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut head = |what: &str| {
            let (number, line) = lines.next().unwrap_or((1, ""));
            let rest = line.strip_prefix(what).map(str::to_owned);
            rest.ok_or_else(|| format!("line {number}: `{what}…` is missing"))
        };
        let calendars = head("calendars ")?;
        let owners = calendars.split_whitespace().map(|word| {
            let user = word.split_once('=').map_or("", |(_, user)| user);
            let known = USERS.iter().position(|known| *known == user);
            known.ok_or_else(|| format!("`{word}` is no calendar like cal0=alice"))
        });
        let owners: Vec<usize> = owners.collect::<Result<_, _>>()?;
        let world = head("world ")?;
        let is_known = |depth: &Depth, name: &str| depth.name() == name;
        let read = world.split_once(' ').and_then(|(seed, name)| {
            let depths = [Depth::Wire, Depth::Values];
            Some((seed.parse().ok()?, depths.into_iter().find(|depth| is_known(depth, name))?))
        });
        let (seed, depth) = read.ok_or("the world is one like `world 4711 caldav`")?;
        let steps = lines.map(|(number, line)| {
            let said = Said::read(line, owners.len());
            said.ok_or_else(|| format!("line {number}: `{line}` is no step"))
        });
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(Self { depth, seed, steps, owners })
    }
}

impl Script {
    /// The same with as few of its steps as still end in the same breach.
    #[must_use]
    pub fn least(&self) -> Self {
        let with = |numbers: &[u32]| {
            let steps = numbers.iter().filter_map(|at| self.steps.get(*at as usize).cloned());
            Self { steps: steps.collect(), ..self.clone() }
        };
        let breach = |script: &Self| retell(script).and_then(|trouble| Check::of(&trouble));
        let Some(check) = breach(self) else { return self.clone() };
        let all: Vec<u32> = (0..).take(self.steps.len()).collect();
        with(&fewest(&all, |numbers| breach(&with(numbers)) == Some(check)))
    }
}

/// Lives a script; what is otherwise than it should be, if anything.
#[must_use]
pub fn retell(script: &Script) -> Option<String> {
    let mut world: World<MemoryStore> = match script.depth {
        Depth::Values => World::of_values(script.seed, &script.owners),
        Depth::Wire | Depth::Google | Depth::Graph | Depth::All => {
            World::new(Profile::plain(), script.seed, &script.owners)
        }
    };
    let mut book = Book::default();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut steps = script.steps.as_slice();
        while let Some((said, rest)) = steps.split_first() {
            steps = rest;
            if *said == Said::Wipe {
                world.wipe();
                book.crowd.history.away.clear();
                book.crowd.history.edges.clear();
            } else if let Said::Begins(turns) = said {
                let end = rest.iter().position(|said| *said == Said::GoesOn);
                let (inner, after) = rest.split_at(end.unwrap_or(rest.len()));
                steps = after;
                midway(&world, *turns, || {
                    inner.iter().for_each(|said| book.carry_out(&world, said));
                });
            } else {
                book.carry_out(&world, said);
            }
            world.look_for_leaks(&book.crowd.history);
        }
    }));
    ended.err().map(|payload| said(payload.as_ref()))
}

/// What a panic said.
pub(crate) fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "it ended without a word".to_owned())
}

/// What a script came to so far.
struct Book {
    crowd: Crowd,
    bin: BTreeMap<(Place, String), Origin>,
    /// The last edit of an edge: its run, and the edge as it was; as it is, where it was drawn.
    edit: Option<(RunId, Edge)>,
}

impl Default for Book {
    fn default() -> Self {
        Self { crowd: Crowd::without_edges(0), bin: BTreeMap::new(), edit: None }
    }
}

impl Book {
    fn carry_out(&mut self, world: &World<MemoryStore>, said: &Said) {
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
            Said::Change(after) => {
                let edge = self.edge((after.from, after.to));
                let before = edge.clone();
                *edge = Edge { rank: before.rank, ..(**after).clone() };
                let run = world.change_edge(&before, options_of(after));
                self.change_pair(world, &before, after.level);
                self.edit = Some((run, before));
            }
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
            Said::Begins(_) | Said::GoesOn | Said::Wipe => {}
            Said::Behind(millis) => {
                let clock = VirtualClock::at(world.clock.now().saturating_add_millis(-millis));
                let driver = world.driver_by(clock, Arc::new(NoHooks));
                bear(world, block_on(driver.sync(&world.keys, &options())));
            }
            Said::Wait(millis) => world.clock.advance_millis(*millis),
            Said::Fault(text) => {
                let known = world.http.sites().any(|site| site.plan(text));
                assert!(known, "no server knows `{text}`");
            }
            Said::Expire(place) => {
                world.site(*place).expire_tokens(&world.path(*place).unwrap());
            }
            Said::Late(place, objects) => {
                let path = world.path(*place).unwrap();
                assert!(world.site(*place).come_late(&path, *objects), "it never comes late");
            }
            Said::Calm => self.crowd.calm(world),
            Said::Never(place, title) => never(world, *place, title),
            Said::Judge(true) => self.crowd.judge(world),
            Said::Judge(false) => {
                world.settle();
                check_rows(world);
                check_journal(world);
                check_meanwhile(world);
                world.is_at_rest();
            }
        }
    }

    /// The other edge of a two-way pair shows as much.
    fn change_pair(&mut self, world: &World<MemoryStore>, edge: &Edge, level: Level) {
        let known = &world.config().edges[&EdgeId::from_bytes(edge.rank)];
        let pair = known.pair.map(|pair| *pair.as_bytes());
        let mut edges = self.crowd.history.edges.iter_mut();
        edges.find(|one| pair == Some(one.rank)).into_iter().for_each(|one| one.level = level);
    }

    /// An edge that had ended meanwhile does not come back.
    fn undo(&mut self, world: &World<MemoryStore>) {
        let (run, before) = self.edit.take().expect("an edge was edited");
        world.author(UserEdit::Undo { run });
        let edges = &mut self.crowd.history.edges;
        edges.retain(|edge| edge.rank != before.rank);
        let config = world.config();
        let known = config.edges.get(&EdgeId::from_bytes(before.rank));
        let is_there = known.is_some_and(|edge| edge.state == Lifecycle::Active);
        edges.extend(is_there.then_some(before));
    }

    fn edge(&mut self, ends: (Place, Place)) -> &mut Edge {
        let mut edges = self.crowd.history.edges.iter_mut();
        edges.find(|edge| (edge.from, edge.to) == ends).expect("the edge is there")
    }

    /// A person works; what they hold then is known.
    fn work(&mut self, world: &World<MemoryStore>, (place, name): (Place, &str), deed: &Deed) {
        let key = (place, name.to_owned());
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
            // Nobody can say what it is, until it is put anew.
            Deed::Garble => {
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
