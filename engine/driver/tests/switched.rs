//! A scope that is switched on while its calendar is being read.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use common::records::App;
use common::{Wire, block_on, keys};
use kalends_core::graph::{Account, CalendarKind, EdgeOptions};
use kalends_core::ids::{AccountId, CalendarId, GraphId};
use kalends_core::ports::RecordsCall;
use kalends_core::provider::{Done, Failure, Output, ProviderOp};
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_driver::{Accounts, Driver, Limits, NoHooks, NoTimer, Opened, Options, Parts, Report};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::records::{World, event};

type Ports = Parts<MemoryStore, Wire, VirtualClock, SeededEntropy, Hurried, NoTimer, NoHooks>;

/// Edits, each with behind how many answers about a calendar it is made, counted from the one before.
type Hurry = VecDeque<(usize, UserEdit)>;

/// An app whose owner makes edits when a calendar was asked about and the answer is not taken in yet.
#[derive(Clone)]
struct Hurried {
    scene: Scene,
    edits: Arc<Mutex<Hurry>>,
}

impl Accounts for Hurried {
    async fn open(&self, graph: GraphId, account: &Account) -> Result<Opened, Failure> {
        self.scene.app().open(graph, account).await
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        let reads = matches!(
            &call.op,
            ProviderOp::List { calendar, .. } | ProviderOp::Fetch { calendar, .. }
                if calendar.0 == "work"
        );
        let answer = self.scene.app().records(account, call).await;
        if reads {
            let mut edits = self.edits.lock().unwrap();
            match edits.front_mut() {
                Some((0, _)) => {
                    edits.pop_front().into_iter().for_each(|(_, edit)| self.scene.author(edit))
                }
                Some((answers, _)) => *answers -= 1,
                None => {}
            }
        }
        answer
    }
}

#[derive(Clone)]
struct Scene {
    world: World,
    store: MemoryStore,
    clock: VirtualClock,
    entropy: SeededEntropy,
}

impl Scene {
    /// Two calendars that are mirrored into each other, five events in the first.
    fn new() -> Self {
        let world = World::default();
        (1..=5).for_each(|n| world.put("work", &format!("e{n}"), event(&format!("E{n}"), 6, n)));
        world.put("home", "at home", event("At home", 6, 9));
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let (store, entropy) = (MemoryStore::new(), SeededEntropy::new(7));
        store.create(keys().graph);
        let scene = Self { world, store, clock: VirtualClock::at(now), entropy };
        scene.author(UserEdit::AddAccount {
            id: account(),
            provider: "records".to_owned(),
            name: "me".to_owned(),
            subject: "me".to_owned(),
        });
        scene.sync(None);
        let options =
            Box::new(EdgeOptions { kind: CalendarKind::TrueMirror, ..EdgeOptions::default() });
        let to = EdgeTarget::Calendar(calendar("home"));
        scene.author(UserEdit::AddEdge { from: calendar("work"), to, options, two_way: true });
        scene.sync(None);
        assert_eq!(scene.world.titles("home").len(), 6);
        scene
    }

    fn app(&self) -> App {
        App { world: self.world.clone(), post: None }
    }

    fn driver(&self, edits: Hurry) -> Driver<Ports> {
        let accounts = Hurried { scene: self.clone(), edits: Arc::new(Mutex::new(edits)) };
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            accounts,
            timer: NoTimer,
            hooks: NoHooks,
        };
        Driver::new(parts, Limits { fetch_ids: 1, ..Limits::default() })
    }

    fn author(&self, edit: UserEdit) {
        block_on(self.driver(Hurry::new()).author(&keys(), &[edit])).unwrap();
    }

    fn sync(&self, edits: impl IntoIterator<Item = (usize, UserEdit)>) -> Report {
        self.clock.advance_millis(60_000);
        let driver = self.driver(edits.into_iter().collect());
        let report = block_on(driver.sync(&keys(), &Options::default())).unwrap();
        assert_eq!(*driver.ports().accounts.edits.lock().unwrap(), Hurry::new(), "all were made");
        report
    }
}

fn account() -> AccountId {
    keys().account("records", "me")
}

fn calendar(name: &str) -> CalendarId {
    keys().calendar(account(), name)
}

fn switch(on: bool) -> UserEdit {
    UserEdit::SetScope { calendar: calendar("work"), on }
}

/// Catches a listing that passed over what people hold there, and counts as the first reading since
/// that is wanted: its events would be mirrored by nobody until all is compared.
#[test]
fn a_listing_that_began_before_a_scope_was_switched_on_is_not_its_first() {
    let scene = Scene::new();
    scene.author(switch(false));
    while !scene.sync(None).settled {}
    assert_eq!(scene.world.titles("home").len(), 1, "the mirrors are taken back");
    scene.world.put("work", "e6", event("E6", 6, 10));
    scene.sync(Some((0, switch(true))));
    while !scene.sync(None).settled {}
    assert_eq!(scene.world.titles("home").len(), 7, "all six are mirrored again");
}

/// Catches the same of the very first listing, which no earlier reading tells apart: one event was
/// passed over when the edit is made.
#[test]
fn nor_is_its_first_one_where_it_was_read_for_its_mirrors_alone() {
    let scene = Scene::new();
    scene.author(switch(false));
    (6..=8).for_each(|n| scene.world.put("work", &format!("e{n}"), event(&format!("E{n}"), 6, n)));
    scene.sync(Some((2, switch(true))));
    while !scene.sync(None).settled {}
    assert_eq!(scene.world.titles("home").len(), 9, "all eight are mirrored");
}

/// Catches the end of a first listing that counts though what came in between was passed over: the
/// calendar was on when it began and when it ended, and was switched off for a moment.
#[test]
fn nor_is_one_in_which_it_was_switched_off_and_on_again() {
    let scene = Scene::new();
    [false, true].into_iter().for_each(|on| scene.author(switch(on)));
    (6..=8).for_each(|n| scene.world.put("work", &format!("e{n}"), event(&format!("E{n}"), 6, n)));
    scene.sync([(1, switch(false)), (0, switch(true))]);
    while !scene.sync(None).settled {}
    assert_eq!(scene.world.titles("home").len(), 9, "all eight are mirrored");
}
