//! One account whose provider tells of changes, under a virtual clock.

use std::sync::Arc;

use kalends_core::graph::{CalendarKind, Capabilities, DetailLevel, EdgeOptions};
use kalends_core::ids::{AccountId, CalendarId, ScopeId};
use kalends_core::notice::Notice;
use kalends_core::ports::{Clock, GraphStore, Provider};
use kalends_core::slice::ReadSet;
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_core::time::Timestamp;
use kalends_core::watch::{Renewal, Upkeep};
use kalends_driver::{Driver, First, Hooks, Limits, NoHooks, NoTimer, Options, Parts, Report};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::values::{Server, User};

use super::values::{Users, costs, hour};
use super::{Wire, block_on, keys};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) type Hooked<K> =
    Parts<MemoryStore, Wire, VirtualClock, SeededEntropy, Users, NoTimer, K>;
pub(crate) type Ports = Hooked<NoHooks>;

/// One account with three calendars; the first is mirrored into the others.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) person: User,
    pub(crate) store: MemoryStore,
    pub(crate) clock: VirtualClock,
    pub(crate) entropy: SeededEntropy,
}

pub(crate) fn account() -> AccountId {
    keys().account("values", "me")
}

pub(crate) fn calendar(name: &str) -> CalendarId {
    keys().calendar(account(), name)
}

impl Scene {
    pub(crate) fn new(renewal: Option<Renewal>) -> Self {
        let server = Server::default();
        server.set_tells(renewal);
        let person = server.user("me", Capabilities::default());
        for name in ["a", "b", "c"] {
            person.make_calendar(name, Capabilities::default());
        }
        let store = MemoryStore::new();
        store.create(keys().graph);
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let (clock, entropy) = (VirtualClock::at(now), SeededEntropy::new(7));
        let scene = Self { server, person, store, clock, entropy };
        let provider = "values".to_owned();
        let (name, subject) = ("me".to_owned(), "me".to_owned());
        scene.author(UserEdit::AddAccount { id: account(), provider, name, subject });
        assert!(scene.turn().settled);
        for to in ["b", "c"] {
            let (level, kind) = (DetailLevel::Title, CalendarKind::TrueMirror);
            let options = Box::new(EdgeOptions { level, kind, ..EdgeOptions::default() });
            let to = EdgeTarget::Calendar(calendar(to));
            scene.author(UserEdit::AddEdge { from: calendar("a"), to, options, two_way: false });
        }
        scene
    }

    pub(crate) fn author(&self, edit: UserEdit) {
        block_on(self.driver().author(&keys(), &[edit])).unwrap();
    }

    pub(crate) fn driver(&self) -> Driver<Ports> {
        self.driver_with(NoHooks)
    }

    pub(crate) fn driver_with<K: Hooks>(&self, hooks: K) -> Driver<Hooked<K>> {
        self.driver_within(hooks, Limits::default())
    }

    pub(crate) fn driver_within<K: Hooks>(&self, hooks: K, limits: Limits) -> Driver<Hooked<K>> {
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            accounts: Users(Arc::new([(account(), self.person.clone())].into())),
            timer: NoTimer,
            hooks,
        };
        Driver::new(parts, limits)
    }

    pub(crate) fn run(&self, first: First) -> Report {
        self.run_with(NoHooks, first)
    }

    pub(crate) fn run_with<K: Hooks>(&self, hooks: K, first: First) -> Report {
        let notices_at = Some("https://a.example/hooks".to_owned());
        let options = Options { first, notices_at, ..Options::default() };
        block_on(self.driver_with(hooks).sync(&keys(), &options)).unwrap()
    }

    /// A sync that reads.
    pub(crate) fn turn(&self) -> Report {
        self.run(First::Reading)
    }

    /// Carries the notices that wait, and does what is queued then.
    pub(crate) fn told(&self) -> Report {
        let carried = self.carry();
        assert!(carried > 0, "there is something to tell");
        self.clock.advance_millis(3_000);
        self.run(First::Queue)
    }

    pub(crate) fn carry(&self) -> usize {
        let notices = self.person.take_notices(self.clock.now());
        for (address, request) in &notices {
            assert_eq!(address, "https://a.example/hooks/values");
            let said = ("values", &self.person as &dyn Provider);
            let notice = block_on(self.driver().notice(&keys(), said, request)).unwrap();
            assert!(matches!(notice, Notice::Heard(_)), "{notice:?}");
        }
        notices.len()
    }

    pub(crate) fn put(&self, id: &str, title: &str) {
        self.person.put("a", id, &hour(title));
    }

    /// The operations since the last call: listings, other reads, writes, and about watches.
    pub(crate) fn costs(&self) -> [usize; 4] {
        costs(&self.server)
    }

    pub(crate) fn upkeep(&self, name: &str) -> Upkeep {
        let scope: ScopeId = calendar(name).into();
        let want = ReadSet { watches: [scope].into(), ..ReadSet::default() };
        let slice = block_on(self.store.load(keys().graph, &want)).unwrap();
        let watch = slice.watches[&scope].as_ref();
        watch.map_or(Upkeep::Polled, |watch| watch.upkeep(self.clock.now()))
    }

    /// All is open, and nothing waits.
    pub(crate) fn settled(renewal: Renewal) -> Self {
        let scene = Self::new(Some(renewal));
        scene.put("one", "One");
        scene.turn();
        while scene.carry() > 0 {
            scene.clock.advance_millis(3_000);
            scene.run(First::Queue);
        }
        scene.costs();
        scene
    }
}
