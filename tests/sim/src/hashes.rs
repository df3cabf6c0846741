//! Whether the hashes by which mirrors are compared are those of what they are of: worked out anew
//! from what is recorded and from what calendars hold (L3).

use std::collections::BTreeMap;

use kalends_core::compile::{Compile, Compiled, compile};
use kalends_core::event::Body;
use kalends_core::graph::{Calendar, Edge, Policy, PolicyOwner};
use kalends_core::ids::{CalendarId, EventId};
use kalends_core::mirror::{MirrorMode, Part, PartRef, PartStatus, Wanted};
use kalends_core::normalize;
use kalends_core::plan::{Row, RowKey};
use kalends_core::policy;
use kalends_core::ports::Clock as _;
use kalends_core::presence::{ContentHash, Presence};
use kalends_core::time::Timestamp;

use crate::check::Check;
use crate::keep::Keep;
use crate::world::World;

type Rows = BTreeMap<RowKey, Row>;

/// What is wanted of each part of a mirror is what its edge makes of its event, and what was acknowledged
/// last is what lies there.
pub(crate) fn check_hashes<S: Keep>(world: &World<S>) {
    let now = world.clock.now();
    let paths = (0..world.places()).filter_map(|place| world.path(place).map(|path| (place, path)));
    let places: BTreeMap<CalendarId, (usize, String)> =
        paths.map(|(place, path)| (world.calendar(place), (place, path))).collect();
    let held = |part: &Settled<'_>| {
        let (place, path) = places.get(&part.target.id)?;
        let name = part.part.object.as_ref()?.id.0.rsplit('/').next()?;
        world.site(*place).body(path, name)
    };
    let found = world.store.look(world.keys.graph, |rows| look_at(rows, now, held));
    world.judged.add(Check::Hashes, found.judged);
    Check::Hashes.all_right(&found.wrong);
}

#[derive(Debug, Default)]
struct Found {
    judged: u64,
    wrong: Vec<String>,
}

fn look_at(rows: &Rows, now: Timestamp, held: impl Fn(&Settled<'_>) -> Option<Body>) -> Found {
    let (known, mut found) = (Known::of(rows), Found::default());
    for part in rows.values().filter_map(|row| known.settled(rows, row)) {
        if let Some(wanted) = known.wanted(&part, now) {
            found.judged += 1;
            if part.part.want != Some(wanted) {
                let what =
                    format!("{:?} wants otherwise than its edge: {:?}", part.name, part.part);
                found.wrong.push(what);
            }
        }
        let held = held(&part).map(|body| normalize::hash(&body, &part.target.capabilities));
        let acknowledged = part.part.acks.last().map(|ack| ack.content);
        if held.is_some() {
            found.judged += 1;
            if held != acknowledged {
                let what = format!("{:?} holds otherwise than known: {:?}", part.name, part.part);
                found.wrong.push(what);
            }
        }
    }
    found
}

/// A part of a mirror that follows its event, and has nothing open.
struct Settled<'a> {
    name: PartRef,
    edge: &'a Edge,
    target: &'a Calendar,
    part: &'a Part,
}

/// What mirrors are a function of.
struct Known<'a> {
    presences: BTreeMap<EventId, Vec<(CalendarId, &'a Presence)>>,
    policies: BTreeMap<PolicyOwner, Policy>,
}

impl<'a> Known<'a> {
    fn of(rows: &'a Rows) -> Self {
        let mut presences: BTreeMap<EventId, Vec<_>> = BTreeMap::new();
        let mut policies = BTreeMap::new();
        for row in rows.values() {
            if let Row::Presence(event, calendar, presence) = row {
                presences.entry(*event).or_default().push((*calendar, &**presence));
            } else if let Row::Policy(of, policy) = row {
                policies.insert(*of, policy.clone());
            }
        }
        Self { presences, policies }
    }

    fn settled(&self, rows: &'a Rows, row: &'a Row) -> Option<Settled<'a>> {
        let Row::Part(name, calendar, part) = row else { return None };
        let is_open = part.status != PartStatus::Settled
            || part.gone.is_some()
            || part.object.as_ref().is_none_or(|object| object.edited);
        if is_open {
            return None;
        }
        let Row::Mirror(_, _, mirror) = rows.get(&RowKey::Mirror(name.event, name.edge))? else {
            return None;
        };
        let Row::Edge(edge) = rows.get(&RowKey::Edge(name.edge))? else { return None };
        let Row::Calendar(target) = rows.get(&RowKey::Calendar(*calendar))? else { return None };
        let follows = mirror.wanted == Wanted::Yes && mirror.mode == MirrorMode::Kept;
        follows.then_some(Settled { name: *name, edge, target, part })
    }

    /// What a part is to say. Not told where a change waits to be written, nor where another calendar has an
    /// instance private that the edge's own may show: that takes as much as the engine itself.
    fn wanted(&self, part: &Settled<'_>, now: Timestamp) -> Option<ContentHash> {
        let presences = self.presences.get(&part.name.event)?;
        let (_, shown) = presences.iter().find(|(calendar, _)| *calendar == part.edge.from)?;
        let hides = |(calendar, presence): &(CalendarId, &Presence)| {
            let mut instances = presence.body.exceptions.iter();
            let elsewhere = *calendar != part.edge.from;
            elsewhere && instances.any(|one| one.content.privacy.is_private())
        };
        let waits = presences.iter().any(|(_, presence)| presence.pending.is_some());
        if waits || presences.iter().any(hides) {
            return None;
        }
        let privacies = presences.iter().map(|(_, presence)| presence.body.content.privacy);
        let disclosure = policy::disclosure(&part.edge.options, &self.policies);
        let compiled = compile(&Compile {
            body: &shown.body,
            strictest: privacies.max()?,
            edge: part.edge,
            disclosure: &disclosure,
            target: &part.target.capabilities,
            now,
        });
        match compiled {
            Compiled::Parts(parts) => Some(parts.get(&part.name.part)?.hash),
            Compiled::No(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use kalends_core::mirror::PartKey;
    use kalends_oracle::{Change, Exception, Level, Origin};
    use kalends_testkit::caldav_sim::Profile;
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::history::{History, act};
    use crate::leaks::origin;
    use crate::site::Act;
    use crate::worlds::Mixed;

    /// How many parts of this kind there are, each of which is noticed where it wants something else.
    fn noticed(world: &World<MemoryStore>, is_meant: fn(PartKey) -> bool) -> usize {
        let (rows, now) = (world.store.rows(world.keys.graph), world.clock.now());
        check_hashes(world);
        let mut noticed = 0;
        for key in rows.keys() {
            let mut rows = rows.clone();
            match rows.get_mut(key) {
                Some(Row::Part(name, _, part)) if is_meant(name.part) => {
                    part.want = Some(ContentHash([7; 32]));
                }
                Some(_) | None => continue,
            }
            let found = look_at(&rows, now, |_| None);
            assert_eq!(found.wrong.len(), 1, "{key:?}: {:?}", found.wrong);
            noticed += 1;
        }
        noticed
    }

    fn series() -> Origin {
        let exception = |day: u32, private| Exception {
            original: format!("202606{day}T090000Z"),
            start: format!("202606{day}T100000Z"),
            title: "Other".to_owned(),
            private,
        };
        let exceptions = vec![exception(11, false), exception(12, false)];
        Origin { rule: "FREQ=DAILY;COUNT=5".to_owned(), exceptions, ..origin(false) }
    }

    /// Catches changed instances that lie as objects of their own, and events of two calendars, of which
    /// nobody works out what they are to say.
    #[test]
    fn a_part_of_any_kind_that_wants_otherwise_than_its_edge_is_noticed() {
        let worlds: [fn() -> World<MemoryStore>; 2] = [
            || World::of_google(1, &[0, 1], Mixed::Alone),
            || World::of_graph(2, &[0, 1], Mixed::Alone),
        ];
        for world in worlds {
            let world = world();
            let mut history = History::default();
            history.edges.push(world.edge(0, 1, Level::Full));
            history.put(&world, "person1.ics", series());
            world.settle();
            let changed = noticed(&world, |part| matches!(part, PartKey::Override(_)));
            assert_eq!((changed, noticed(&world, |part| part == PartKey::Whole)), (2, 1));
        }
        let world: World<MemoryStore> = World::of_values(1, &[0, 1, 0]);
        let mut history = History::default();
        history.edges.push(world.edge(0, 1, Level::Full));
        history.put(&world, "person1.ics", origin(false));
        history.put(&world, "person2.ics", Origin { calendar: 2, ..origin(true) });
        world.settle();
        let rows = world.store.rows(world.keys.graph);
        let held = rows.keys().filter(|key| matches!(key, RowKey::Presence(..))).count();
        assert_eq!((held, noticed(&world, |part| part == PartKey::Whole)), (2, 1));
    }

    /// Catches hashes that are compared with one another alone.
    #[test]
    fn a_mirror_that_holds_something_else_than_was_acknowledged_is_noticed() {
        let worlds: [fn() -> World<MemoryStore>; 2] =
            [|| World::new(Profile::plain(), 1, &[0, 1]), || World::of_values(1, &[0, 1])];
        for world in worlds {
            let world = world();
            let mut history = History::default();
            history.edges.push(world.edge(0, 1, Level::Full));
            history.put(&world, "person1.ics", origin(false));
            world.settle();
            check_hashes(&world);
            assert_eq!(world.judged.times().get(&Check::Hashes), Some(&2), "want and content");
            let name = history.names_of_ours(&world, 1).remove(0);
            act(&world, 1, &name, Act::Change(&Change::Title("Tampered".to_owned())));
            let ended = catch_unwind(AssertUnwindSafe(|| check_hashes(&world)));
            assert!(ended.is_err(), "nothing has read it since");
        }
    }
}
