//! Watches in a driver: what a notice costs, what silence costs, and what a forged one does.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};

use common::watched::{DAY, HOUR, MINUTE, Scene, account, calendar};
use common::{block_on, keys};
use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::notice::{InboundRequest, Notice, Refusal};
use kalends_core::plan::JobKey;
use kalends_core::ports::{Clock, Credential, Exchange, GraphStore, JobQueue, Provider};
use kalends_core::provider::{Failure, ProviderOp};
use kalends_core::slice::ReadSet;
use kalends_core::step::UserEdit;
use kalends_core::watch::{Renewal, Upkeep, WatchSecrets};
use kalends_driver::{
    Claim, First, Flow, Hooks, KnownWatches, Limits, NoHooks, Options, Point, Rhythm, WatchOptions,
};

#[test]
fn a_turn_in_which_nothing_happened_costs_one_request() {
    let scene = Scene::settled(Renewal::Anew);
    assert_eq!(scene.person.channels(), 3);
    scene.clock.advance_millis(5 * MINUTE);
    let report = scene.turn();
    assert_eq!((scene.costs(), report.requests), ([0, 1, 0, 0], 1));
    assert!(report.settled);
}

#[test]
fn an_edit_is_in_both_mirrors_after_one_notice_and_the_echoes_cost_one_listing_each() {
    let scene = Scene::settled(Renewal::Anew);
    scene.put("one", "Moved");
    let report = scene.told();
    assert_eq!((report.created, report.updated), (0, 2));
    // One listing, the changed event, two writes and what each of them was read back by.
    assert_eq!(scene.costs(), [1, 3, 2, 0]);
    let report = scene.told();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
    assert_eq!(scene.costs(), [2, 0, 0, 0]);
    assert_eq!(scene.carry(), 0);
}

#[test]
fn many_notices_of_one_calendar_are_one_reading() {
    let scene = Scene::settled(Renewal::Anew);
    for n in 0..20 {
        scene.put("one", &format!("Draft {n}"));
        assert_eq!(scene.carry(), 1);
    }
    scene.clock.advance_millis(3_000);
    scene.run(First::Queue);
    assert_eq!(scene.costs()[0], 1);
}

/// Changes the first calendar, and tells of it, whenever that was listed.
struct Restless(Scene, AtomicU32);

impl Hooks for Restless {
    fn point(&self, _: Point) -> Flow {
        let listed =
            |op: &ProviderOp| matches!(op, ProviderOp::List { calendar, .. } if calendar.0 == "a");
        if self.0.server.take_log().iter().any(|(_, op)| listed(op)) {
            let number = self.1.fetch_add(1, Ordering::Relaxed);
            self.0.put("one", &format!("Draft {number}"));
            assert!(self.0.carry() > 0 && number < 40, "the sync ends though it is told more");
            self.0.clock.advance_millis(2_000);
        }
        Flow::Go
    }
}

/// Catches a calendar that is told of again and again within one sync, and whose last change then waits
/// for as long as a write that goes round in circles.
#[test]
fn a_calendar_that_is_told_of_all_the_time_is_read_again_with_the_next_sync() {
    let scene = Scene::settled(Renewal::Anew);
    scene.put("one", "Begun");
    scene.carry();
    scene.clock.advance_millis(3_000);
    scene.run_with(Restless(scene.clone(), AtomicU32::new(0)), First::Queue);
    let (due, job) = block_on(scene.store.next_due(keys().graph)).unwrap().unwrap();
    assert_eq!(job, JobKey::Pull(calendar("a").into()));
    let waits_ms = due.millis_since(scene.clock.now());
    assert!(waits_ms <= 2_000, "{waits_ms}");
    scene.clock.advance_millis(waits_ms);
    scene.run(First::Queue);
    assert!(scene.costs()[0] > 0, "it is listed");
}

/// Catches notices of which each has all watches read, or is a commit of its own; and one of a watch
/// that was opened since, which is refused.
#[test]
fn notices_that_come_together_are_one_commit_and_read_no_watches_that_are_known() {
    let scene = Scene::settled(Renewal::Anew);
    let mut known = KnownWatches::default();
    let version = || {
        let slice = block_on(scene.store.load(keys().graph, &ReadSet::default())).unwrap();
        slice.version.0
    };
    let changed = |title: &str| {
        scene.put("one", title);
        scene.person.take_notices(scene.clock.now()).remove(0).1
    };
    let mut take = |requests: &[InboundRequest]| {
        let claim =
            |request| Claim { kind: "values", provider: &scene.person as &dyn Provider, request };
        let claims: Vec<Claim<'_>> = requests.iter().map(claim).collect();
        let noticed = block_on(scene.driver().notices(&keys(), &mut known, &claims));
        let answers = noticed.answers.iter().flatten().map(Notice::status);
        (answers.collect::<Vec<_>>(), known.reads())
    };
    let many: Vec<_> = (0..20).map(|n| changed(&format!("Draft {n}"))).collect();
    let before = version();
    assert_eq!(take(&many), (vec![202; 20], 1));
    assert_eq!(version(), before + 1);
    scene.clock.advance_millis(3_000);
    scene.run(First::Queue);
    assert_eq!(take(&[changed("Moved")]), (vec![202], 1), "the graph moved, no watch did");
    let genuine = changed("Moved again");
    let mut forged = genuine.clone();
    forged.headers.retain(|(name, _)| name != "x-values-channel");
    forged.headers.push(("x-values-channel".to_owned(), "mine".to_owned()));
    let together = [forged.clone(), genuine, forged.clone()];
    assert_eq!(take(&together), (vec![404, 202, 404], 2), "they are looked for once");
    assert_eq!(take(&[forged]), (vec![404], 3));
    assert_eq!(
        take(&[changed("And again")]),
        (vec![202], 3),
        "who came before is not held against it"
    );
    // By then each calendar has another channel.
    for _ in 0..14 * 24 {
        scene.clock.advance_millis(HOUR);
        assert!(scene.turn().settled);
    }
    assert_eq!(take(&[changed("Later")]), (vec![202], 4));
}

/// A provider that asks whether anybody listens.
struct Asks;

impl Provider for Asks {
    fn start(&self, _: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        unreachable!("nobody asks it for anything")
    }

    fn notice(&self, _: &InboundRequest, _: &WatchSecrets) -> Notice {
        Notice::Answer("we do".to_owned())
    }
}

/// Catches a store that fails for a moment, and with it the opening of every watch at a provider that
/// waits for an answer.
#[test]
fn what_needs_no_commit_is_answered_though_the_store_fails() {
    let scene = Scene::settled(Renewal::Anew);
    let mut known = KnownWatches::default();
    scene.put("one", "Moved");
    let genuine = scene.person.take_notices(scene.clock.now()).remove(0).1;
    let claims = [
        Claim { kind: "asks", provider: &Asks, request: &genuine },
        Claim { kind: "values", provider: &scene.person, request: &genuine },
    ];
    let mut answered = |graph: GraphKeys| {
        let noticed = block_on(scene.driver().notices(&graph, &mut known, &claims));
        let answers = noticed.answers.into_iter().map(|answer| answer.map(|one| one.status()));
        (answers.collect::<Vec<_>>(), noticed.failed.is_some(), known.reads())
    };
    // Of this graph nothing can be read or written.
    let lost = || GraphKeys { graph: GraphId::from_bytes([9; 16]), ..keys() };
    assert_eq!(answered(lost()), (vec![Some(200), None], true, 0), "no watch can be read");
    assert_eq!(answered(keys()), (vec![Some(200), Some(202)], false, 1));
    assert_eq!(answered(lost()), (vec![Some(200), None], true, 1), "nothing can be committed");
}

#[test]
fn a_forged_notice_costs_no_call_and_changes_nothing() {
    let scene = Scene::settled(Renewal::Anew);
    scene.put("one", "Moved");
    let genuine = scene.person.take_notices(scene.clock.now()).remove(0).1;
    let version = || {
        let slice = block_on(scene.store.load(keys().graph, &ReadSet::default())).unwrap();
        slice.version
    };
    let before = version();
    let forge = |field: &str, value: Option<&str>| {
        let mut forged = genuine.clone();
        forged.headers.retain(|(name, _)| name != field);
        forged.headers.extend(value.map(|value| (field.to_owned(), value.to_owned())));
        let said = ("values", &scene.person as &dyn Provider);
        block_on(scene.driver().notice(&keys(), said, &forged)).unwrap()
    };
    let refused = Notice::Refuse;
    assert_eq!(forge("x-values-token", None), refused(Refusal::WrongToken));
    assert_eq!(forge("x-values-token", Some("guess")), refused(Refusal::WrongToken));
    assert_eq!(forge("x-values-channel", Some("mine")), refused(Refusal::UnknownWatch));
    assert_eq!(forge("x-values-calendar", Some("b")), refused(Refusal::WrongResource));
    assert_eq!(forge("x-values-state", Some("sold")), refused(Refusal::Malformed));
    assert_eq!(version(), before);
    let due = block_on(scene.store.next_due(keys().graph)).unwrap();
    assert!(due.is_none_or(|(_, key)| !matches!(key, JobKey::Pull(_))), "{due:?}");
    assert_eq!(scene.costs(), [0; 4]);
}

#[test]
fn a_week_later_the_same_calendars_are_watched_without_a_gap() {
    for renewal in [Renewal::Anew, Renewal::InPlace] {
        let scene = Scene::settled(renewal);
        let mut about = 0;
        for _ in 0..14 * 24 {
            scene.clock.advance_millis(HOUR);
            scene.turn();
            about += scene.costs()[3];
            assert_eq!(scene.person.channels(), 3);
            assert_eq!(scene.upkeep("a"), Upkeep::Active);
        }
        let each = if renewal == Renewal::Anew { 2 } else { 1 };
        assert_eq!(about, 3 * 3 * each, "each of three calendars went on three times");
    }
}

/// Catches watches that are tended only where all is read, and lapse between two readings.
#[test]
fn watches_go_on_though_nothing_is_read_for_a_month() {
    for renewal in [Renewal::Anew, Renewal::InPlace] {
        let scene = Scene::settled(renewal);
        let pace = WatchOptions { every_ms: 30 * DAY, ..WatchOptions::default() };
        let begun = scene.clock.now();
        let mut rhythm = Rhythm::new(begun.saturating_add_millis(pace.every_ms));
        let (mut about, mut syncs) = (0, 0);
        loop {
            let options = rhythm.next(&pace, scene.clock.now(), Some("https://a.example/hooks"));
            if options.first == First::Reading {
                break;
            }
            block_on(scene.driver().sync(&keys(), &options)).unwrap();
            let [listed, _, _, watched] = scene.costs();
            assert_eq!(listed, 0);
            (about, syncs) = (about + watched, syncs + 1);
            assert_eq!((scene.person.channels(), scene.upkeep("a")), (3, Upkeep::Active));
            let ended = (&pace, &options);
            block_on(rhythm.ended(&scene.store, &keys(), ended, scene.clock.now()));
            scene.clock.advance_millis(rhythm.latest().millis_since(scene.clock.now()));
        }
        let each = if renewal == Renewal::Anew { 2 } else { 1 };
        let expected = 3 * 6 * each..=3 * 7 * each;
        assert!(expected.contains(&about), "each of three calendars went on six times: {about}");
        assert!(syncs <= 3 * 7 + 1, "nobody looks where nothing is due");
    }
}

/// Catches a host that looks again and again after watches that nobody can tend.
#[test]
fn watches_of_an_account_that_rests_wake_nobody() {
    let scene = Scene::settled(Renewal::InPlace);
    scene.author(UserEdit::RemoveAccount { account: account(), abandon: true });
    let pace = WatchOptions { every_ms: 30 * DAY, ..WatchOptions::default() };
    scene.clock.advance_millis(6 * DAY);
    let now = scene.clock.now();
    let mut rhythm = Rhythm::new(now.saturating_add_millis(pace.every_ms));
    let options = rhythm.next(&pace, now, Some("https://a.example/hooks"));
    block_on(rhythm.ended(&scene.store, &keys(), (&pace, &options), now));
    assert_eq!(rhythm.latest(), now.saturating_add_millis(pace.every_ms));
}

#[test]
fn what_is_never_told_is_found_by_polling_and_the_watch_is_degraded() {
    let scene = Scene::settled(Renewal::Anew);
    scene.person.lose_channels();
    for n in 0..3 {
        assert_eq!(scene.upkeep("a"), Upkeep::Active);
        scene.put("one", &format!("Draft {n}"));
        scene.clock.advance_millis(HOUR);
        let report = scene.turn();
        assert_eq!(report.updated, 2, "an hour of silence is not believed");
    }
    assert_eq!(scene.upkeep("a"), Upkeep::Degraded);
    scene.put("one", "Polled");
    scene.clock.advance_millis(5 * MINUTE);
    assert_eq!(scene.turn().updated, 2, "it is read at each turn now");
    scene.clock.advance_millis(DAY);
    scene.turn();
    scene.put("one", "Told");
    assert!(scene.carry() > 0);
    assert_eq!(scene.upkeep("a"), Upkeep::Active);
}

/// Catches a watch that tells of nothing, and puts off the comparison which finds that.
#[test]
fn what_is_watched_is_compared_as_often_as_anything() {
    let scene = Scene::settled(Renewal::Anew);
    let limits = Limits { compare_ms: 10 * MINUTE, ..Limits::default() };
    let driver = scene.driver_within(NoHooks, limits);
    let listed = |after: i64| {
        scene.clock.advance_millis(after);
        let notices_at = Some("https://a.example/hooks".to_owned());
        block_on(driver.sync(&keys(), &Options { notices_at, ..Options::default() })).unwrap();
        scene.costs()[0]
    };
    listed(HOUR);
    // Nothing was told, and then it is time.
    assert_eq!([(); 4].map(|()| listed(4 * MINUTE)), [0, 0, 3, 0]);
}

/// Of so many turns, in how many a calendar was listed whose listings stay in doubt; each begins so long
/// after the one before.
fn listed_in_doubt(scene: &Scene, turns: u32, apart: i64) -> u32 {
    let listed = |_| {
        scene.clock.advance_millis(apart);
        scene.turn();
        let [listed, ..] = scene.costs();
        assert!(listed <= 1, "it is listed once in a turn");
        u32::from(listed == 1)
    };
    (0..turns).map(listed).sum()
}

/// Catches a calendar whose listings stay in doubt, and that is listed whole at each look since it was to
/// be compared: for ever, and though its provider tells of each change. Or never, under a clock that stands.
#[test]
fn what_stays_in_doubt_is_listed_whole_at_few_looks() {
    let scene = Scene::settled(Renewal::Anew);
    scene.person.leave_in_doubt("a", true);
    scene.person.expire_tokens("a");
    for _ in 0..9 * 24 {
        scene.clock.advance_millis(HOUR);
        scene.turn();
    }
    scene.costs();
    let few = 20..=70;
    let going = listed_in_doubt(&scene, 20 * 12, 5 * MINUTE);
    assert!(few.contains(&going), "{going}");
    let standing = listed_in_doubt(&scene, 20 * 12, 0);
    assert!((8..=50).contains(&standing), "{standing}");
    scene.clock.advance_millis(-6 * HOUR);
    let set_back = listed_in_doubt(&scene, 20 * 12, 5 * MINUTE);
    assert!(few.contains(&set_back), "{set_back}");
    // What is told of is read at once.
    scene.put("one", "Told");
    assert_eq!((scene.told().updated, scene.costs()[0]), (2, 1));
    while scene.carry() > 0 {
        scene.clock.advance_millis(3_000);
        scene.run(First::Queue);
    }
    scene.costs();
    scene.person.leave_in_doubt("a", false);
    assert_eq!(listed_in_doubt(&scene, 24, 5 * MINUTE), 1, "then it has been compared");
}

#[test]
fn a_provider_that_tells_nothing_is_polled() {
    let scene = Scene::new(None);
    scene.put("one", "One");
    assert!(scene.turn().settled);
    assert_eq!(scene.upkeep("a"), Upkeep::Polled);
    scene.turn();
    scene.costs();
    scene.turn();
    let [listed, _, _, about] = scene.costs();
    assert_eq!((listed, about), (0, 0), "no token moved, and nothing is asked about watches");
}

#[test]
fn an_account_on_its_way_out_closes_its_watches_though_nobody_listens_any_more() {
    let scene = Scene::settled(Renewal::Anew);
    scene.author(UserEdit::RemoveAccount { account: account(), abandon: false });
    let config = || block_on(scene.store.load(keys().graph, &ReadSet::default())).unwrap().config;
    for _ in 0..10 {
        // What is queued may run before anything is read: the account does not end meanwhile.
        for first in [First::Queue, First::Reading] {
            scene.clock.advance_millis(MINUTE);
            let options = Options { first, ..Options::default() };
            block_on(scene.driver().sync(&keys(), &options)).unwrap();
            let ended = !config().accounts.contains_key(&account());
            assert!(!ended || scene.person.channels() == 0, "it ended and left channels open");
        }
    }
    assert!(!config().accounts.contains_key(&account()));
    assert_eq!(scene.person.channels(), 0);
}

#[test]
fn an_account_on_its_way_out_closes_its_watches() {
    let scene = Scene::settled(Renewal::Anew);
    scene.author(UserEdit::RemoveAccount { account: account(), abandon: false });
    while scene.person.channels() > 0 {
        scene.clock.advance_millis(MINUTE);
        let report = scene.turn();
        assert!(report.requests > 0, "{report:?}");
    }
    assert_eq!(scene.upkeep("a"), Upkeep::Polled);
}
