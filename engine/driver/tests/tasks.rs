//! Messages into tasks: a mailbox is read beside calendars, and an app makes records of it.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use common::records::App;
use common::{Wire, block_on, keys};
use kalends_core::graph::{CalendarKind, EdgeOptions};
use kalends_core::ids::{AccountId, CalendarId};
use kalends_core::ports::GraphStore;
use kalends_core::presence::AsideKind;
use kalends_core::slice::{ObjectRange, ReadSet};
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_core::time::Timestamp;
use kalends_driver::{Driver, Limits, NoHooks, NoTimer, Options, Parts, Report};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::mailbox::Post;
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::records::{World, event};

struct Scene {
    world: World,
    post: Post,
    store: MemoryStore,
    clock: VirtualClock,
}

fn account(name: &str) -> AccountId {
    keys().account("records", name)
}

fn calendar(name: &str) -> CalendarId {
    keys().calendar(account("me"), name)
}

fn inbox() -> CalendarId {
    keys().calendar(account("post"), "inbox")
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

impl Scene {
    /// A mailbox that is read, and tasks that show as busy time at home.
    fn new() -> Self {
        let (world, post, store) = (World::default(), Post::default(), MemoryStore::new());
        for calendar in ["tasks", "home"] {
            world.state().calendars.entry(calendar.to_owned()).or_default();
        }
        post.deliver("inbox", "m1", "Pay the rent", now());
        store.create(keys().graph);
        let scene = Self { world, post, store, clock: VirtualClock::at(now()) };
        let add = |name: &str| UserEdit::AddAccount {
            id: account(name),
            provider: "records".to_owned(),
            name: name.to_owned(),
            subject: name.to_owned(),
        };
        scene.author(&[add("me"), add("post")]);
        scene.sync();
        let kind = CalendarKind::TrueMirror;
        let options = Box::new(EdgeOptions { kind, ..EdgeOptions::default() });
        let to = EdgeTarget::Calendar(calendar("home"));
        scene.author(&[
            UserEdit::SetScope { calendar: inbox(), on: true },
            UserEdit::AddEdge { from: calendar("tasks"), to, options, two_way: false },
        ]);
        scene
    }

    fn author(&self, edits: &[UserEdit]) {
        block_on(self.driver().author(&keys(), edits)).unwrap();
    }

    fn driver(
        &self,
    ) -> Driver<Parts<MemoryStore, Wire, VirtualClock, SeededEntropy, App, NoTimer, NoHooks>> {
        let post = Some((account("post"), self.post.clone()));
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: SeededEntropy::new(7),
            accounts: App { world: self.world.clone(), post },
            timer: NoTimer,
            hooks: NoHooks,
        };
        Driver::new(parts, Limits::default())
    }

    fn sync(&self) -> Report {
        self.clock.advance_millis(60_000);
        let report = block_on(self.driver().sync(&keys(), &Options::default())).unwrap();
        assert!(report.settled, "{report:?}");
        report
    }

    /// The app's own work: a task for each message that has none. Gives how many were made.
    fn make_tasks(&self) -> usize {
        let range = ObjectRange { calendar: inbox(), after: None, until: None, limit: 99 };
        let want = ReadSet { ranges: [range.clone()].into(), ..ReadSet::default() };
        let ids = block_on(self.store.load(keys().graph, &want)).unwrap();
        let objects = ids.ranges[&range].iter().map(|(id, _)| (inbox(), id.clone())).collect();
        let want = ReadSet { objects, ..ReadSet::default() };
        let asides = block_on(self.store.load(keys().graph, &want)).unwrap().asides;
        let mut made = 0;
        for aside in asides.into_iter().filter_map(|(_, aside)| aside) {
            let AsideKind::Message { title, .. } = aside.what else { continue };
            let is_there = self.world.state().calendars["tasks"].contains_key(&aside.object);
            if !is_there {
                self.world.put("tasks", &aside.object.0, event(&title, 6, 9));
                made += 1;
            }
        }
        made
    }
}

#[test]
fn messages_become_tasks_once_each_and_no_message_is_mirrored() {
    let scene = Scene::new();
    scene.post.deliver("inbox", "m2", "Call the bank", now());
    let report = scene.sync();
    assert_eq!(report.created, 0, "a message is never projected: {report:?}");
    assert_eq!(scene.make_tasks(), 2);
    assert_eq!(scene.world.titles("tasks"), ["Pay the rent", "Call the bank"]);
    assert_eq!(scene.sync().created, 2, "a task is an origin like any other");
    assert_eq!(scene.world.titles("home"), ["Busy", "Busy"]);
    assert_eq!(scene.make_tasks(), 0);
}

#[test]
fn a_message_delivered_again_and_a_lost_cursor_make_no_second_task() {
    let scene = Scene::new();
    scene.sync();
    assert_eq!(scene.make_tasks(), 1);
    scene.sync();
    let journal = scene.store.journal(keys().graph).len();
    scene.post.deliver("inbox", "m1", "Pay the rent", now());
    scene.sync();
    scene.post.forget_cursors();
    let report = scene.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
    assert_eq!(scene.store.journal(keys().graph).len(), journal, "nothing was new");
    scene.post.deliver("inbox", "m3", "Mow the lawn", now());
    scene.sync();
    assert_eq!(scene.make_tasks(), 1);
}
