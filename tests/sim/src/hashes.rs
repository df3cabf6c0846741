//! Whether the hashes by which mirrors are compared are those of what they are of: worked out anew
//! from what is recorded and from what calendars hold (L3).

use std::collections::BTreeMap;

use kalends_core::compile::{Compile, Compiled, compile};
use kalends_core::graph::{Calendar, Edge, Policy, PolicyOwner};
use kalends_core::ids::{CalendarId, EventId};
use kalends_core::mirror::{MirrorMode, Part, PartKey, PartStatus, Wanted};
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

/// What is wanted of each mirror is what its edge makes of its event, and what was acknowledged last
/// is what lies there. Judged where one calendar has the event, and the mirror is one object.
pub(crate) fn check_hashes<S: Keep>(world: &World<S>) {
    let now = world.clock.now();
    let paths = (0..world.places()).filter_map(|place| world.path(place).map(|path| (place, path)));
    let places: BTreeMap<CalendarId, (usize, String)> =
        paths.map(|(place, path)| (world.calendar(place), (place, path))).collect();
    let mut judged = 0;
    let wrong = world.store.look(world.keys.graph, |rows| {
        let known = Known::of(rows);
        let mut wrong = Vec::new();
        for mirror in rows.values().filter_map(|row| known.settled(rows, row)) {
            let key = (mirror.event, mirror.edge.id);
            if let Some(wanted) = known.wanted(&mirror, now) {
                judged += 1;
                if mirror.part.want != Some(wanted) {
                    wrong.push(format!("{key:?} wants otherwise than its edge: {:?}", mirror.part));
                }
            }
            let held = places.get(&mirror.target.id).and_then(|(place, path)| {
                let name = mirror.part.object.as_ref()?.id.0.rsplit('/').next()?;
                world.site(*place).body(path, name)
            });
            let held = held.map(|body| normalize::hash(&body, &mirror.target.capabilities));
            let acknowledged = mirror.part.acks.last().map(|ack| ack.content);
            if held.is_some() {
                judged += 1;
                if held != acknowledged {
                    wrong.push(format!("{key:?} holds otherwise than known: {:?}", mirror.part));
                }
            }
        }
        wrong
    });
    world.judged.add(Check::Hashes, judged);
    Check::Hashes.all_right(&wrong);
}

/// A mirror of one object that follows its event, and has nothing open.
struct Settled<'a> {
    event: EventId,
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
        if is_open || name.part != PartKey::Whole {
            return None;
        }
        let Row::Mirror(_, _, mirror) = rows.get(&RowKey::Mirror(name.event, name.edge))? else {
            return None;
        };
        let Row::Edge(edge) = rows.get(&RowKey::Edge(name.edge))? else { return None };
        let Row::Calendar(target) = rows.get(&RowKey::Calendar(*calendar))? else { return None };
        let follows = mirror.wanted == Wanted::Yes && mirror.mode == MirrorMode::Kept;
        follows.then_some(Settled { event: name.event, edge, target, part })
    }

    fn wanted(&self, mirror: &Settled<'_>, now: Timestamp) -> Option<ContentHash> {
        let presences = self.presences.get(&mirror.event)?;
        let [(calendar, presence)] = presences.as_slice() else { return None };
        if *calendar != mirror.edge.from || presence.pending.is_some() {
            return None;
        }
        let disclosure = policy::disclosure(&mirror.edge.options, &self.policies);
        let compiled = compile(&Compile {
            body: &presence.body,
            strictest: presence.body.content.privacy,
            edge: mirror.edge,
            disclosure: &disclosure,
            target: &mirror.target.capabilities,
            now,
        });
        match compiled {
            Compiled::Parts(parts) => Some(parts.get(&PartKey::Whole)?.hash),
            Compiled::No(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use kalends_oracle::{Change, Level};
    use kalends_testkit::caldav_sim::Profile;
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::history::{History, act};
    use crate::leaks::origin;
    use crate::site::Act;

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
