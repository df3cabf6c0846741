//! A plan announces what the next sync writes, and changes nothing but what is known.

use std::collections::BTreeSet;

use crate::common::{at_rest, everything, origin, small};
use kalends_core::graph::{DetailLevel, EdgeOptions, OnDelete, OnEdit};
use kalends_core::mirror::PartStatus;
use kalends_core::plan::Row;
use kalends_core::ports::Clock;
use kalends_core::step::{Action, Subject};
use kalends_driver::Preview;
use kalends_sim_tests::{Crowd, Random, World, announced, read, sent};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const SCENARIOS: usize = 200;
/// How often one world is planned for.
const POINTS: usize = 6;

/// A world that lives on between plans.
struct Life {
    world: Memory,
    crowd: Crowd,
    random: Random,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let owners: Vec<usize> = (0..2 + random.below(2)).map(|_| random.below(2)).collect();
        let world: Memory = World::new(Profile::plain(), seed, &owners);
        let crowd = Crowd::new(&world, seed);
        let mut life = Self { world, crowd, random };
        for nth in 0..life.crowd.history.edges.len() {
            if life.random.one_in(2) {
                life.change(nth);
            }
        }
        life
    }

    /// Another level and other answers to what people do to mirrors.
    fn change(&mut self, nth: usize) {
        let level = [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full];
        let options = EdgeOptions {
            level: level[self.random.below(3)],
            on_edit: [OnEdit::Revert, OnEdit::Propagate][self.random.below(2)],
            on_delete: [OnDelete::Restore, OnDelete::Propagate][self.random.below(2)],
            ..EdgeOptions::default()
        };
        self.say(format!("edge {nth} becomes {options:?}"));
        self.world.change_edge(&self.crowd.history.edges[nth], options);
    }

    fn live(&mut self) {
        for _ in 0..=self.random.below(3) {
            self.crowd.history.forget_missing(&self.world);
            self.crowd.step(&self.world);
        }
        let edges = self.crowd.history.edges.len();
        if edges > 0 && self.random.one_in(6) {
            let nth = self.random.below(edges);
            self.change(nth);
        }
        if edges > 1 && self.random.one_in(12) {
            let edge = self.crowd.history.edges.swap_remove(self.random.below(edges));
            self.say(format!("remove edge {} -> {}", edge.from, edge.to));
            self.world.remove_edge(&edge);
        }
        if self.random.one_in(3) {
            self.retitle();
        }
        if self.random.one_in(12) {
            self.clean_up();
        }
        self.crowd.calm(&self.world);
        if self.random.one_in(5) {
            self.fail();
        }
        self.crowd.history.forget_missing(&self.world);
    }

    /// A person gives a mirror another title.
    fn retitle(&mut self) {
        let place = self.random.below(self.world.places());
        let ours = self.crowd.history.ours(&self.world, place);
        let nth = self.random.below(ours.len());
        let Some((name, text)) = ours.into_iter().nth(nth) else { return };
        self.say(format!("retitle the mirror {place}/{name}"));
        let title = format!("SUMMARY:{}", read(&text).title);
        let (path, now) = (self.world.path(place).unwrap(), self.world.clock.now().as_millis());
        let other = text.replace(&title, "SUMMARY:Retitled");
        self.world.http.sim().person(now).put(&path, &name, &other).unwrap();
    }

    /// The server takes no write for a while: what was to be written waits.
    fn fail(&mut self) {
        self.say("no write is taken".to_owned());
        for method in ["PUT", "DELETE"] {
            assert!(self.world.http.sim().plan(method, "*", When::Always, "C40-503"));
        }
        let _fails = self.world.sync();
        self.crowd.calm(&self.world);
        self.world.clock.advance_millis(12 * 3_600_000);
    }

    /// A dozen events come, are read, and go at once: too many deletions to be let through.
    fn clean_up(&mut self) {
        self.say("a dozen come and go".to_owned());
        self.crowd.calm(&self.world);
        let at = self.crowd.history.script.len();
        for n in 0..12 {
            let one = origin(0, &format!("bulk{at}-{n}"), &format!("Bulk {n}"), 10 + n);
            self.crowd.history.put(&self.world, &format!("personbulk{at}-{n}.ics"), one);
        }
        let _read = self.world.sync();
        for n in 0..12 {
            self.crowd.history.delete(&self.world, 0, &format!("personbulk{at}-{n}.ics"));
        }
    }

    fn say(&mut self, what: String) {
        self.crowd.history.script.push(what);
    }

    fn script(&self) -> String {
        self.crowd.history.script.join("\n")
    }

    /// A plan that changed nothing, and that the next sync kept to; `None`: nothing was to be done,
    /// or the server refused a part of it.
    fn planned(&mut self) -> Option<Preview> {
        let (held, queue) = (everything(&self.world), self.world.jobs_due());
        self.world.http.sim().clear_log();
        let preview = self.world.plan();
        assert_eq!(sent(&self.world), [], "{}", self.script());
        assert_eq!(everything(&self.world), held, "{}", self.script());
        assert_eq!(self.world.jobs_due(), queue, "{}", self.script());
        let planned = announced(&self.world, &preview);
        self.world.http.sim().clear_log();
        let report = self.world.sync();
        self.say(format!("planned and written: {} {report:?}", planned.len()));
        let sent = sent(&self.world);
        let more: Vec<_> = sent.iter().filter(|write| !planned.contains(write)).collect();
        let less: Vec<_> = planned.iter().filter(|write| !sent.contains(write)).collect();
        if refused(&self.world) {
            // A mirror that a person took away before any listing showed it is found missing only
            // when it is written: what follows from that no plan knows.
            assert!(less.is_empty(), "sent {more:#?}\ninstead of {less:#?}\n{}", self.script());
            return None;
        }
        assert_eq!(planned, sent, "sent {more:#?}\ninstead of {less:#?}\n{}", self.script());
        assert_eq!(preview.held, report.held, "{}", self.script());
        let left = if report.settled { due(&self.world) } else { Vec::new() };
        assert!(left.is_empty(), "settled with {left:#?}\n{}", self.script());
        (!planned.is_empty()).then_some(preview)
    }
}

/// Parts that wait to be written, and for nothing else.
fn due(world: &Memory) -> Vec<Row> {
    let rows = world.store.rows(world.keys.graph).into_values();
    let is_due = |row: &Row| matches!(row, Row::Part(_, _, part) if part.status == PartStatus::Due && part.gone.is_none());
    rows.filter(is_due).collect()
}

fn refused(world: &Memory) -> bool {
    let sim = world.http.sim();
    let writes = sim.log().iter().filter(|one| one.request.method == "PUT");
    writes.into_iter().any(|one| one.reply.status == 412)
}

/// Catches a plan that decides otherwise than the sync: from other rows, in fewer passes, without
/// what waits, or with what rests.
#[test]
fn a_plan_announces_exactly_what_the_next_sync_sends() {
    let (mut scenarios, mut held) = (0, 0);
    let mut kinds = BTreeSet::new();
    for seed in 0.. {
        let mut life = Life::new(seed);
        for _ in 0..POINTS {
            life.live();
            let Some(preview) = life.planned() else { continue };
            scenarios += 1;
            held += usize::from(preview.held > 0);
            kinds.extend(preview.operations.iter().map(|operation| {
                let subject = match operation.sent.subject {
                    Subject::Part(_) => "mirror",
                    Subject::Origin(..) => "origin",
                    Subject::Overlay(_) => "overlay",
                };
                (subject, operation.sent.action)
            }));
        }
        if scenarios >= SCENARIOS {
            break;
        }
    }
    let all = [
        ("mirror", Action::Create),
        ("mirror", Action::Replace),
        ("mirror", Action::Delete),
        ("origin", Action::Delete),
        ("origin", Action::Patch),
        ("overlay", Action::Create),
        ("overlay", Action::Delete),
    ];
    assert_eq!(kinds, BTreeSet::from(all));
    assert!(held >= 5, "{held}");
}

/// Catches a plan that throws away what it read.
#[test]
fn a_second_plan_and_the_sync_after_it_read_nothing_anew() {
    let (world, mut history): (Memory, _) = small(Profile::plain());
    at_rest(&world, &history);
    history.put(&world, "person-e.ics", origin(0, "e", "New", 14));
    let first = world.plan();
    assert_eq!(first.operations.len(), 2);
    let second = world.plan();
    assert_eq!((second.operations, second.requests), (first.operations, 2));
    world.http.sim().clear_log();
    let report = world.sync();
    let sim = world.http.sim();
    let methods: Vec<&str> = sim.log().iter().map(|one| one.request.method.as_str()).collect();
    let listings = methods.iter().position(|method| *method == "REPORT");
    let writes = methods.iter().position(|method| *method == "PUT");
    // Reports come only to read back what was written.
    assert!(writes < listings, "{methods:?}");
    assert_eq!((report.created, report.passes), (2, 1));
}
