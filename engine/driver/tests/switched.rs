//! A scope that is switched on while its calendar is being read.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

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

/// An app whose owner makes an edit when a calendar was listed and the listing is not taken in yet.
#[derive(Clone)]
struct Hurried {
    scene: Scene,
    edit: Arc<Mutex<Option<UserEdit>>>,
}

impl Accounts for Hurried {
    async fn open(&self, graph: GraphId, account: &Account) -> Result<Opened, Failure> {
        self.scene.app().open(graph, account).await
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        let lists = matches!(&call.op, ProviderOp::List { calendar, .. } if calendar.0 == "work");
        let answer = self.scene.app().records(account, call).await;
        if lists && let Some(edit) = self.edit.lock().unwrap().take() {
            self.scene.author(edit);
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

    fn driver(&self, edit: Option<UserEdit>) -> Driver<Ports> {
        let accounts = Hurried { scene: self.clone(), edit: Arc::new(Mutex::new(edit)) };
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            accounts,
            timer: NoTimer,
            hooks: NoHooks,
        };
        Driver::new(parts, Limits::default())
    }

    fn author(&self, edit: UserEdit) {
        block_on(self.driver(None).author(&keys(), &[edit])).unwrap();
    }

    fn sync(&self, edit: Option<UserEdit>) -> Report {
        self.clock.advance_millis(60_000);
        block_on(self.driver(edit).sync(&keys(), &Options::default())).unwrap()
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
    scene.sync(Some(switch(true)));
    while !scene.sync(None).settled {}
    assert_eq!(scene.world.titles("home").len(), 7, "all six are mirrored again");
}
