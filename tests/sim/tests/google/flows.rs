//! The flows of the data-flow document, by their names there.

use kalends_core::graph::DetailLevel;
use serde_json::json;

use super::rig::{ANN, BOB, CY, DAN, Rig, meeting};

fn busy() -> Vec<(String, String)> {
    vec![("Busy".to_owned(), "2026-06-02T10:00:00+02:00".to_owned())]
}

/// Flow A: a person's edit in one account is a mirror in two others after one webhook, with one
/// listing and two writes, whose answers are the read-back; the echoes cost a listing each, and
/// nothing is written.
#[test]
fn flow_a_webhook_triggered_incremental_sync() {
    let rig = Rig::of(&[ANN, BOB, CY]);
    rig.edge(ANN, BOB, DetailLevel::Busy);
    rig.edge(ANN, CY, DetailLevel::Busy);
    rig.settle();
    let _ = rig.asked();
    let id = rig.add(ANN, ANN, &meeting("Dentist", 0));
    assert_eq!(rig.ring(), [202]);
    assert_eq!(rig.asked(), [""; 0], "a notice makes no call");
    rig.work();
    assert_eq!(rig.asked(), ["GET events", "POST events", "POST events"]);
    for user in [BOB, CY] {
        assert_eq!(rig.shows(user, &rig.overlay(user)), busy());
    }
    assert_eq!(rig.ring(), [202, 202], "the echoes");
    rig.work();
    assert_eq!(rig.asked(), ["GET events", "GET events"]);
    // A change of the same event replaces what is there.
    let time = json!({ "dateTime": "2026-06-02T12:00:00+02:00", "timeZone": "Europe/Berlin" });
    rig.edit(ANN, (ANN, &id), &json!({ "end": time, "summary": "Long dentist" }));
    rig.ring();
    rig.work();
    assert_eq!(rig.asked(), ["GET events", "PUT one", "PUT one"]);
    // What no projection shows is not written.
    rig.settle();
    let _ = rig.asked();
    rig.edit(ANN, (ANN, &id), &json!({ "location": "Upstairs" }));
    rig.ring();
    rig.work();
    assert_eq!(rig.asked(), ["GET events"]);
    assert!(rig.google().mail().is_empty());
}

/// What the CalDAV server was asked since the last look.
fn asked_of_dav(rig: &Rig) -> Vec<String> {
    let mut dav = rig.dav();
    let asked = dav.log().iter().map(|logged| logged.request.method.clone()).collect();
    dav.clear_log();
    asked
}

/// Flow A with CalDAV at either end: one webhook is one listing at Google and a write for each mirror,
/// at whichever server that is. A CalDAV server's answer does not carry what it stored: that is read
/// back, once for all of a calendar's writes.
#[test]
fn flow_a_between_google_and_caldav() {
    let rig = Rig::of(&[ANN, BOB, DAN]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.edge(ANN, DAN, DetailLevel::Title);
    rig.edge(DAN, ANN, DetailLevel::Title);
    rig.settle();
    let _ = (rig.asked(), asked_of_dav(&rig));
    rig.add(ANN, ANN, &meeting("From Google", 0));
    rig.work();
    let asked = (rig.asked(), asked_of_dav(&rig));
    assert_eq!(asked, (vec![], vec![]), "nobody told of it yet, and nobody looks");
    assert_eq!(rig.ring(), [202]);
    rig.work();
    assert_eq!(rig.asked(), ["GET events", "POST events"]);
    assert_eq!(asked_of_dav(&rig), ["PUT", "REPORT"]);
    assert_eq!(rig.ring(), [202], "the echo; the other server tells nothing");
    rig.work();
    assert_eq!((rig.asked(), asked_of_dav(&rig)), (vec!["GET events".to_owned()], vec![]));
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:d1\r\n\
               DTSTAMP:20260601T000000Z\r\nDTSTART:20260603T080000Z\r\nDTEND:20260603T090000Z\r\n\
               RRULE:FREQ=DAILY;COUNT=2\r\nSUMMARY:From CalDAV\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let now_ms = kalends_core::ports::Clock::now(&rig.clock).as_millis();
    let put = rig.dav().person(now_ms).put(&rig.dav_calendar(), "d1.ics", ics);
    assert_eq!(put, Ok(()));
    rig.settle();
    let names = rig.dav().names(&rig.overlay(DAN));
    let text = rig.dav().resource(&rig.overlay(DAN), &names[0]).unwrap().to_owned();
    assert!(text.contains("SUMMARY:From Google"), "{text}");
    let title = "From CalDAV".to_owned();
    assert_eq!(
        rig.shows(ANN, &rig.overlay(ANN)),
        [
            (title.clone(), "2026-06-03T10:00:00+02:00".to_owned()),
            (title, "2026-06-04T10:00:00+02:00".to_owned()),
        ]
    );
}

/// Flow C: a new account gets its overlay, is read whole, and is watched; what the others hold
/// appears in it.
#[test]
fn flow_c_onboarding() {
    let mut rig = Rig::of(&[ANN, DAN]);
    for day in 0..3 {
        rig.add(ANN, ANN, &meeting("Old", day));
    }
    rig.settle();
    rig.sign_in(BOB);
    rig.add(BOB, BOB, &meeting("Mine", 9));
    rig.edge(ANN, BOB, DetailLevel::Busy);
    rig.edge(BOB, DAN, DetailLevel::Busy);
    let _ = rig.asked();
    rig.settle();
    let asked = rig.asked();
    let made = asked.iter().filter(|line| *line == "POST calendars").count();
    let watched = asked.iter().filter(|line| *line == "POST watch").count();
    assert_eq!((made, watched), (1, 2), "Bob's own calendar and his overlay: {asked:?}");
    assert_eq!(rig.shows(BOB, &rig.overlay(BOB)).len(), 3);
    assert_eq!(rig.dav().names(&rig.overlay(DAN)).len(), 1);
}

/// Flow D: whatever was changed behind our back is found by a whole comparison, and mended.
#[test]
fn flow_d_daily_drift_reconciliation() {
    let rig = Rig::of(&[ANN, BOB, DAN]);
    let mut series = meeting("Weekly", 0);
    series["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=3"]);
    rig.add(ANN, ANN, &series);
    rig.add(ANN, ANN, &meeting("Once", 4));
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.edge(ANN, DAN, DetailLevel::Title);
    rig.settle();
    let overlay = rig.overlay(BOB);
    let before = rig.shows(BOB, &overlay);
    assert_eq!(before.len(), 4);
    // A person renames one mirror, deletes another, and the token is lost with all of it.
    let now_ms = kalends_core::ports::Clock::now(&rig.clock).as_millis();
    let ids = rig.mirrors(&overlay);
    assert_eq!(ids.len(), 2);
    {
        let mut google = rig.google();
        google
            .person(BOB, now_ms)
            .edit(&overlay, &ids[0], &json!({ "summary": "Hacked" }))
            .unwrap();
        google.person(BOB, now_ms).delete(&overlay, &ids[1]).unwrap();
        google.expire_tokens(&overlay);
        google.expire_tokens(ANN);
    }
    rig.clock.advance_millis(8 * 86_400_000);
    rig.settle();
    assert_eq!(rig.shows(BOB, &overlay), before, "tampered mirrors were found and mended");
    let _ = rig.asked();
    let report = rig.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
}

/// Flow E: channels are followed by new ones before they run out, and a calendar that says nothing
/// is read all the same.
#[test]
fn flow_e_cron_maintenance_cycle() {
    let rig = Rig::of(&[ANN, BOB, DAN]);
    rig.edge(ANN, BOB, DetailLevel::Busy);
    rig.edge(ANN, DAN, DetailLevel::Busy);
    rig.settle();
    let _ = rig.asked();
    // Six and a half days of an hourly cycle.
    for _ in 0..13 {
        rig.clock.advance_millis(12 * 3_600_000);
        rig.sync();
        rig.ring();
    }
    let asked = rig.asked();
    let count = |what: &str| asked.iter().filter(|line| *line == what).count();
    assert!(count("POST watch") >= 2, "each channel was followed by another: {asked:?}");
    let (first_watch, first_stop) = ["POST watch", "POST stop"]
        .map(|what| asked.iter().position(|line| line == what).unwrap())
        .into();
    assert!(first_watch < first_stop, "the new one is opened before the old one is closed");
    // Nothing rings, and the next cycles find it.
    rig.add(ANN, ANN, &meeting("Unheard", 20));
    rig.clock.advance_millis(12 * 3_600_000);
    rig.sync();
    rig.settle();
    assert_eq!(rig.shows(BOB, &rig.overlay(BOB)).len(), 1);
}
