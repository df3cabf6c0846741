//! Two calendars that mirror each other, and what has to stand of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kalends_core::graph::{DetailLevel, EdgeOptions};
use kalends_core::plan::Row;
use kalends_core::ports::Clock as _;
use kalends_core::presence::AsideKind;
use kalends_driver::Report;
use kalends_sim_tests::{World, check_journal};
use kalends_testkit::caldav_sim::{Fault, Profile, When};
use kalends_testkit::memory::MemoryStore;

/// No case takes longer, by the clock of this machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a server holds: texts by calendar and name, without the times of their writing.
pub type Held = BTreeMap<(String, String), String>;

/// Alice and Bob, each with a calendar and some events, all of them mirrored into the other's.
#[derive(Debug)]
pub struct Pair {
    /// The world; Alice's calendar is place 0 and Bob's is place 1.
    pub world: World<MemoryStore>,
    stood: Held,
    since: Instant,
}

impl Pair {
    /// Everything is mirrored and at rest.
    ///
    /// # Panics
    /// Where it does not get there.
    #[must_use]
    pub fn at_rest() -> Self {
        let world = World::new(Profile::plain(), 1, &[0, 1]);
        let mut pair = Self { world, stood: Held::new(), since: Instant::now() };
        for (place, many) in [(0, 3), (1, 2)] {
            for n in 0..many {
                pair.put(place, &format!("person-{place}{n}.ics"), &good(place, n));
            }
        }
        for (from, to, level) in [(0, 1, DetailLevel::Full), (1, 0, DetailLevel::Busy)] {
            pair.world.edge_with(from, to, EdgeOptions { level, ..EdgeOptions::default() });
        }
        pair.world.settle();
        pair.world.http.sim().clear_log();
        pair.stood = pair.held();
        assert_eq!(pair.stood.len(), 10, "five events and a mirror of each");
        pair
    }

    /// A person stores a text, whatever it is.
    pub fn put(&self, place: usize, name: &str, text: &str) {
        let path = self.world.path(place).unwrap();
        let now = self.world.clock.now().as_millis();
        self.world.http.sim().person(now).put(&path, name, text).unwrap();
    }

    /// A person deletes what was stored.
    pub fn delete(&self, place: usize, name: &str) {
        let path = self.world.path(place).unwrap();
        let now = self.world.clock.now().as_millis();
        self.world.http.sim().person(now).delete(&path, name).unwrap();
    }

    /// Plans a fault at the request of a number.
    pub fn fault(&self, method: &str, nth: u32, fault: Fault) {
        self.world.http.sim().faults_mut().add(method, "*", When::Nth(nth), fault);
    }

    /// Syncs once, as the server and the connection are.
    pub fn sync(&self) -> Report {
        self.world.sync()
    }

    /// Nothing fails any more, and everything that is left is done: what the server holds then.
    ///
    /// # Panics
    /// Where it does not settle, or another sync finds something to write.
    pub fn end(&self) -> Held {
        self.world.http.sim().faults_mut().clear();
        self.world.settle();
        let report = self.sync();
        assert_eq!([report.created, report.updated, report.deleted], [0; 3], "it rests");
        check_journal(&self.world);
        self.held()
    }

    /// What is not as it was, though nobody wanted that: a deletion that was asked for, an origin
    /// or a mirror that went or says something else; or that this takes too long.
    #[must_use]
    pub fn harm(&self) -> Option<String> {
        let took = self.since.elapsed();
        if took > DEADLINE {
            return Some(format!("it took {took:?}"));
        }
        let sim = self.world.http.sim();
        let delete = sim.log().iter().find(|logged| logged.request.method == "DELETE");
        if let Some(logged) = delete {
            return Some(format!("{} was asked to be deleted", logged.request.url));
        }
        drop(sim);
        let held = self.held();
        let changed = self.stood.iter().find(|(key, text)| held.get(*key) != Some(*text));
        changed.map(|(key, _)| format!("{key:?} is now {:?}", held.get(key)))
    }

    /// Whether something is recorded of an object, a presence or an entry in quarantine.
    #[must_use]
    pub fn knows(&self, place: usize, name: &str) -> bool {
        let object = format!("{}{name}", self.world.path(place).unwrap());
        self.world.store.rows(self.world.keys.graph).into_values().any(|row| {
            let presence = matches!(&row, Row::Presence(_, _, it) if it.object.0 == object);
            presence || matches!(&row, Row::Aside(aside) if aside.object.0 == object)
        })
    }

    /// What an object is that was set aside.
    #[must_use]
    pub fn aside(&self, place: usize, name: &str) -> Option<AsideKind> {
        let object = format!("{}{name}", self.world.path(place).unwrap());
        let mut rows = self.world.store.rows(self.world.keys.graph).into_values();
        rows.find_map(|row| {
            let Row::Aside(aside) = row else { return None };
            (aside.object.0 == object).then_some(aside.what)
        })
    }

    fn held(&self) -> Held {
        let sim = self.world.http.sim();
        let mut held = Held::new();
        for calendar in sim.calendars() {
            for (name, text) in sim.resources(&calendar) {
                held.insert((calendar.clone(), name), timeless(&text));
            }
        }
        held
    }
}

/// A text of ours or theirs, without the time of its writing.
fn timeless(text: &str) -> String {
    text.split_inclusive("\r\n").filter(|line| !line.starts_with("DTSTAMP:")).collect()
}

fn good(place: usize, n: usize) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\n\
         UID:good-{place}{n}@person\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:202606{:02}T090000Z\r\nDTEND:202606{:02}T100000Z\r\nSUMMARY:Good {place}{n}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        10 + n,
        10 + n
    )
}
