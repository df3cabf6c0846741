//! The flows of the data-flow document between Google and a CalDAV server.

use kalends_core::graph::DetailLevel;
use kalends_core::ports::Clock as _;
use serde_json::json;

use super::rig::{ANN, BOB, DAN, Rig, meeting};

const DAY_MS: i64 = 86_400_000;

/// An hour of Dan's at his CalDAV server, on that day of June.
fn put(rig: &Rig, name: &str, title: &str, day: u8) {
    let ics = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:{name}\r\n\
         DTSTAMP:20260601T000000Z\r\nDTSTART:202606{day:02}T080000Z\r\n\
         DTEND:202606{day:02}T090000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let (now_ms, calendar) = (rig.clock.now().as_millis(), rig.dav_calendar());
    let stored = rig.dav().person(now_ms).put(&calendar, &format!("{name}.ics"), &ics);
    assert_eq!(stored, Ok(()));
}

/// The titles in Dan's overlay, sorted.
fn dans(rig: &Rig) -> Vec<String> {
    let title = |text: &String| {
        let line = text.lines().find_map(|line| line.strip_prefix("SUMMARY:"));
        line.unwrap_or_default().to_owned()
    };
    let mut titles: Vec<String> =
        rig.dav().resources(&rig.overlay(DAN)).values().map(title).collect();
    titles.sort();
    titles
}

/// The titles in somebody's overlay at Google, sorted.
fn theirs(rig: &Rig, user: &str) -> Vec<String> {
    rig.shows(user, &rig.overlay(user)).into_iter().map(|(title, _)| title).collect()
}

fn writes_nothing(rig: &Rig) {
    let report = rig.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
}

/// Flow C: whichever of the two comes second, its overlay is made once, it is read whole, it is
/// watched where its server can tell, and each shows the other.
#[test]
fn flow_c_onboarding_between_google_and_caldav() {
    for (first, second, watches) in [(ANN, DAN, 0), (DAN, ANN, 2)] {
        let mut rig = Rig::of(&[first]);
        for day in 0..3u8 {
            rig.add(ANN, ANN, &meeting("At Google", day.into()));
            put(&rig, &format!("d{day}"), "At CalDAV", 10 + day);
        }
        rig.settle();
        let _ = rig.asked();
        rig.dav().clear_log();
        rig.sign_in(second);
        rig.edge(ANN, DAN, DetailLevel::Title);
        rig.edge(DAN, ANN, DetailLevel::Title);
        rig.settle();
        assert_eq!(dans(&rig), ["At Google"; 3], "{second} comes second");
        assert_eq!(theirs(&rig, ANN), ["At CalDAV"; 3], "{second} comes second");
        let made =
            rig.dav().log().iter().filter(|logged| logged.request.method == "MKCALENDAR").count();
        let asked = rig.asked();
        let count = |what: &str| asked.iter().filter(|line| *line == what).count();
        assert_eq!((made, count("POST calendars")), (1, 1));
        let known = usize::from(second == DAN);
        assert_eq!(count("POST watch"), watches + known, "calendars of Ann's: {asked:?}");
        writes_nothing(&rig);
    }
}

/// Flow D: what was changed behind our back at either server, with every token lost, is found by a
/// whole comparison, and mended.
#[test]
fn flow_d_daily_drift_reconciliation_between_google_and_caldav() {
    let rig = Rig::of(&[BOB, DAN]);
    for day in 0..3u8 {
        rig.add(BOB, BOB, &meeting("At Google", day.into()));
        put(&rig, &format!("d{day}"), "At CalDAV", 10 + day);
    }
    rig.edge(BOB, DAN, DetailLevel::Title);
    rig.edge(DAN, BOB, DetailLevel::Title);
    rig.settle();
    let (at_dav, at_google) = (rig.overlay(DAN), rig.overlay(BOB));
    let now_ms = rig.clock.now().as_millis();
    {
        let mut dav = rig.dav();
        let names = dav.names(&at_dav);
        let retitled = |text: String| text.replace("SUMMARY:At Google", "SUMMARY:Hacked");
        assert_eq!(dav.person(now_ms).edit(&at_dav, &names[0], retitled), Ok(()));
        assert_eq!(dav.person(now_ms).delete(&at_dav, &names[1]), Ok(()));
        dav.expire_tokens(&at_dav);
    }
    let ids = rig.mirrors(&at_google);
    rig.edit(BOB, (&at_google, &ids[0]), &json!({ "summary": "Hacked" }));
    let deleted = rig.google().person(BOB, now_ms).delete(&at_google, &ids[1]);
    assert!(deleted.is_ok());
    // An origin that changed unheard is drift as well.
    put(&rig, "d2", "Moved on", 12);
    let calendar = rig.dav_calendar();
    rig.dav().expire_tokens(&calendar);
    for of in [BOB, &at_google] {
        rig.google().expire_tokens(of);
    }
    rig.clock.advance_millis(8 * DAY_MS);
    rig.settle();
    assert_eq!(dans(&rig), ["At Google"; 3]);
    assert_eq!(theirs(&rig, BOB), ["At CalDAV", "At CalDAV", "Moved on"]);
    writes_nothing(&rig);
}

/// Flow E: channels at Google are followed by new ones while the CalDAV server, which tells nothing,
/// is read at each turn; what was not heard of is found by the next one.
#[test]
fn flow_e_cron_maintenance_cycle_between_google_and_caldav() {
    let rig = Rig::of(&[ANN, DAN]);
    rig.edge(ANN, DAN, DetailLevel::Title);
    rig.edge(DAN, ANN, DetailLevel::Title);
    rig.settle();
    let _ = rig.asked();
    for turn in 0..13 {
        rig.clock.advance_millis(DAY_MS / 2);
        put(&rig, "d1", &format!("Turn {turn}"), 20);
        rig.sync();
        assert_eq!(theirs(&rig, ANN), [format!("Turn {turn}")]);
        rig.ring();
    }
    let asked = rig.asked();
    let place = |what: &str| asked.iter().position(|line| line == what);
    let (opened, closed) = (place("POST watch"), place("POST stop"));
    assert!(opened.is_some() && opened < closed, "opened before the old one is closed: {asked:?}");
    // Nothing rings for Ann.
    rig.add(ANN, ANN, &meeting("Unheard", 20));
    rig.clock.advance_millis(DAY_MS / 2);
    rig.settle();
    assert_eq!(dans(&rig), ["Unheard"]);
    writes_nothing(&rig);
}
