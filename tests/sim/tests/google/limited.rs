//! Accounts that may not be written to for some hours, and calendars that are out of reach.

use kalends_core::graph::DetailLevel;
use kalends_core::ports::{Clock as _, GraphStore as _};
use kalends_core::slice::ReadSet;
use kalends_core::watch::Upkeep;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::When;
use serde_json::json;

use super::rig::{ANN, BOB, CY, Rig, meeting};

const MINUTE_MS: i64 = 60_000;

/// How somebody's own calendar is kept up to date, as people are told.
fn upkeep(rig: &Rig, user: &str) -> Upkeep {
    let calendar = rig.config().calendars[&rig.main(user)].clone();
    let mut want = ReadSet::default();
    want.health.insert(calendar.account);
    want.cursors.insert(calendar.scope());
    want.watches.insert(calendar.scope());
    let slice = block_on(rig.store.load(rig.keys.graph, &want)).unwrap();
    slice.upkeep(&calendar, rig.clock.now()).unwrap()
}

/// What was written to a calendar since the last look: when, and how it was answered.
fn writes(rig: &Rig, calendar: &str) -> Vec<(i64, u16)> {
    let place = calendar.replace('@', "%40");
    let mut google = rig.google();
    let told = google.log().iter().filter(|logged| {
        let request = &logged.request;
        request.method != "GET" && [calendar, &place].iter().any(|it| request.url.contains(it))
    });
    let told = told.map(|logged| (logged.at_ms, logged.reply.status)).collect();
    google.clear_log();
    told
}

/// F6. Catches a refused write that is tried at each turn, and calendars that stand still, their own
/// among them, since an account may not be written to.
#[test]
fn a_quota_that_is_used_up_holds_writes_for_hours_while_reading_goes_on() {
    let rig = Rig::of(&[ANN, BOB, CY]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.edge(BOB, CY, DetailLevel::Title);
    rig.settle();
    let (bobs, cys) = (rig.overlay(BOB), rig.overlay(CY));
    let path = format!("*/{bobs}/events");
    assert!(rig.google().plan("POST", &path, When::Nth(1), "F6"));
    let _ = rig.asked();
    let id = rig.add(ANN, ANN, &meeting("Turn 0", 0));
    rig.ring();
    rig.sync();
    let mut tried = writes(&rig, &bobs);
    assert!(matches!(tried[..], [(_, 403)]), "{tried:?}");
    let titles = |user: &str, calendar: &str| -> Vec<String> {
        rig.shows(user, calendar).into_iter().map(|(title, _)| title).collect()
    };
    for turn in 1..=20 {
        rig.clock.advance_millis(10 * MINUTE_MS);
        rig.edit(ANN, (ANN, &id), &json!({ "summary": format!("Turn {turn}") }));
        rig.add(BOB, BOB, &meeting(&format!("Bob's {turn}"), turn));
        rig.ring();
        rig.sync();
        tried.extend(writes(&rig, &bobs));
        assert_eq!(titles(CY, &cys).len(), turn as usize, "Bob's calendar is read, Cy's written");
        assert_ne!(upkeep(&rig, BOB), Upkeep::Disconnected, "{turn}");
    }
    // Google holds for three hours, and it is asked again after less than two at most.
    let statuses: Vec<u16> = tried.iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [403, 403, 200], "{tried:?}");
    for pair in tried.windows(2) {
        let minutes = (pair[1].0 - pair[0].0) / MINUTE_MS;
        assert!((90..=131).contains(&minutes), "{minutes} minutes: {tried:?}");
    }
    rig.settle();
    assert_eq!(titles(BOB, &bobs), ["Turn 20"], "as it is in the end");
}

/// Catches an account that is said to be kept up to date while nobody is signed in.
#[test]
fn a_calendar_is_disconnected_while_its_account_is_signed_out() {
    let mut rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Busy);
    rig.settle();
    assert_eq!([ANN, BOB].map(|user| upkeep(&rig, user)), [Upkeep::Active; 2]);
    let now_ms = rig.clock.now().as_millis();
    rig.google().person(ANN, now_ms).revoke("kalends");
    rig.sync();
    let told = [ANN, BOB].map(|user| upkeep(&rig, user));
    assert_eq!(told, [Upkeep::Disconnected, Upkeep::Active]);
    rig.sign_in(ANN);
    rig.settle();
    assert_eq!(upkeep(&rig, ANN), Upkeep::Active);
}

/// Catches a calendar that is said to be kept up to date though it could not be read for a day, or to
/// be disconnected because it failed once.
#[test]
fn a_calendar_is_disconnected_once_it_could_not_be_read_again_and_again() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Busy);
    rig.settle();
    let path = format!("*/{ANN}/events");
    assert!(rig.google().plan("GET", &path, When::Always, "F12-503"));
    let mut told = Vec::new();
    for _ in 0..8 {
        rig.clock.advance_millis(180 * MINUTE_MS);
        rig.sync();
        told.push(upkeep(&rig, ANN));
        assert_eq!(upkeep(&rig, BOB), Upkeep::Active, "{told:?}");
    }
    let open = told.iter().position(|one| *one == Upkeep::Disconnected);
    assert_eq!(open, Some(4), "after five failures: {told:?}");
    assert!(told[4..].iter().all(|one| *one == Upkeep::Disconnected), "{told:?}");
    rig.google().faults_mut().clear();
    rig.clock.advance_millis(1_440 * MINUTE_MS);
    rig.settle();
    assert_eq!(upkeep(&rig, ANN), Upkeep::Active);
}
