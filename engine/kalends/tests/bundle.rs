//! A graph's bundle: there and back, and into an empty store only.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use kalends::core::graph::{
    Account, Calendar, CalendarRole, Capabilities, DetailLevel, Edge, EdgeOptions, Lifecycle,
    OverlayState, Policy, PolicyOwner, ScopeKind,
};
use kalends::core::ids::{AccountId, CalendarId, EdgeId, GraphId, RunId, StepSeed};
use kalends::core::ports::SendGraphStore as _;
use kalends::core::slice::{Config, ReadSet};
use kalends::core::step::Env;
use kalends::core::time::Timestamp;
use kalends::{BundleError, GraphBundle, GraphKeys};
use kalends_testkit::block_on::block_on;
use kalends_testkit::memory::MemoryStore;

fn keys() -> GraphKeys {
    GraphKeys { graph: GraphId::from_bytes([7; 16]), secret: [0xAB; 32] }
}

fn config() -> Config {
    let (account, from) = (AccountId::from_bytes([1; 16]), CalendarId::from_bytes([2; 16]));
    let (to, edge) = (CalendarId::from_bytes([3; 16]), EdgeId::from_bytes([4; 16]));
    let calendar = |id, role| Calendar {
        id,
        account,
        provider_id: None,
        name: "Wörk".into(),
        kind: ScopeKind::Calendar,
        on: false,
        capabilities: Capabilities::default(),
        role,
    };
    let overlay = CalendarRole::Overlay(OverlayState::Made { remade: 1 });
    let options = EdgeOptions { level: DetailLevel::Title, ..EdgeOptions::default() };
    let account_row = Account {
        id: account,
        provider: "caldav".into(),
        name: "work".into(),
        subject: "host/alice".into(),
        makes_calendars: Some(true),
        state: Lifecycle::Active,
    };
    Config {
        accounts: [(account, account_row)].into(),
        calendars: [(from, calendar(from, CalendarRole::Theirs)), (to, calendar(to, overlay))]
            .into(),
        edges: [(edge, Edge { id: edge, from, to, options, state: Lifecycle::Active, pair: None })]
            .into(),
        policies: [(PolicyOwner::Person, Policy { people: false, ..Policy::default() })].into(),
        ..Config::default()
    }
}

fn env() -> Env {
    let now = Timestamp::from_seconds(1_800_000_000);
    Env { now, seed: StepSeed([5; 32]), run: RunId::from_bytes([6; 16]), keys: keys() }
}

#[test]
fn a_bundle_reads_back_as_it_was_written() {
    let bundle = GraphBundle::of(&keys(), &config());
    let text = bundle.to_json().unwrap();
    assert_eq!(GraphBundle::from_json(&text).unwrap(), bundle);
    assert!(!text.contains("password"));
}

#[test]
fn an_import_gives_the_same_set_up_once_and_is_journalled() {
    let (store, graph) = (MemoryStore::new(), keys().graph);
    store.create(graph);
    let load = || block_on(store.load(graph, &ReadSet::default())).unwrap();
    let bundle = GraphBundle::of(&keys(), &config());
    let slice = load();
    let plan = bundle.import(&slice, &env()).unwrap().unwrap();
    block_on(store.commit(graph, slice.version, &plan)).unwrap();
    let after = load();
    assert_eq!(after.head.seq, 1);
    let Config { accounts, calendars, edges, policies, .. } = (*after.config).clone();
    let wanted = config();
    assert_eq!((accounts, calendars), (wanted.accounts, wanted.calendars));
    assert_eq!((edges, policies), (wanted.edges, wanted.policies));
    assert_eq!(after.config.sweeps.len(), 1, "its events are looked at again");
    let text = bundle.to_json().unwrap();
    let again = GraphBundle::from_json(&text).unwrap();
    assert_eq!(again.import(&after, &env()).unwrap(), None, "it is there");
    for other in [
        GraphBundle { edges: Vec::new(), ..bundle.clone() },
        GraphBundle { keys: GraphKeys { secret: [1; 32], ..keys() }, ..bundle.clone() },
    ] {
        assert!(matches!(other.import(&after, &env()), Err(BundleError::NotEmpty)));
    }
}

#[test]
fn damaged_and_later_bundles_are_refused_with_a_reason() {
    let text = GraphBundle::of(&keys(), &config()).to_json().unwrap();
    let later = text.replacen("\"v\": 1", "\"v\": 2", 1);
    assert!(matches!(GraphBundle::from_json(&later), Err(BundleError::Version(2))));
    let secret = text.replacen("abab", "ab", 1);
    assert!(matches!(GraphBundle::from_json(&secret), Err(BundleError::Damaged("secret"))));
    assert!(matches!(GraphBundle::from_json("{}"), Err(BundleError::Form(_))));
}
