//! What the page says of one event: when it takes place, and how instances of a series differ.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use kalends::core::time::Timestamp;
use support::api::{Api, key};
use support::{Kalends, calendar, event, hours, stamp};

/// The text of the page of the event with this UID, without its tags.
fn page(kalends: &Kalends, uid: &str) -> String {
    let id = kalends.done(&format!("explain {uid}"))["event"].as_str().unwrap().to_owned();
    let (api, key) = (Api::start(kalends, "--every 3600"), key(kalends, ""));
    let cookie = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    let page = api.ask(&format!("GET /page/events/{id}"), &[("Cookie", &cookie)], "");
    assert_eq!(page.status, 200, "{page:?}");
    let words = page.text.split('<').filter_map(|piece| piece.split_once('>'));
    words.flat_map(|(_, text)| text.split_whitespace()).collect::<Vec<_>>().join(" ")
}

fn date(at: Timestamp) -> String {
    at.to_string()[..10].to_owned()
}

/// Catches a page on which a series is one event of whose instances nothing is told: which come next,
/// which one was moved or renamed, and which is left out.
#[test]
fn an_event_says_when_it_takes_place_and_how_its_instances_differ() {
    let kalends = Kalends::new();
    let at = |week: i64| hours(24 * (2 + 7 * week) + 9);
    let series = event("s@x", "Standup", at(0)).replace(
        "SUMMARY",
        &format!("RRULE:FREQ=WEEKLY;COUNT=30\r\nEXDATE:{}\r\nSUMMARY", stamp(at(1))),
    );
    let instance = |title: &str, week: i64, to: Timestamp| {
        let id = format!("RECURRENCE-ID:{}\r\nSUMMARY", stamp(at(week)));
        event("s@x", title, to).replace("SUMMARY", &id)
    };
    let moved = instance("Standup", 2, at(2).saturating_add_millis(7_200_000));
    let renamed = instance("Goodbye", 3, at(3));
    let single = event("one@x", "Dentist", hours(-24 * 900));
    let text = calendar(&[series, moved, renamed, single]);
    std::fs::write(kalends.path("team.ics"), text).unwrap();
    kalends.done("account add feed --name team --file team.ics");
    kalends.done("sync");
    let series = page(&kalends, "s@x");
    let time = |week: i64| format!("{}, 09:00 to 10:00", date(at(week)));
    assert!(series.contains("When it takes place next"), "{series}");
    assert!(series.contains(&time(0)) && series.contains(&time(4)), "{series}");
    assert!(!series.contains(&time(1)) && !series.contains(&time(2)), "{series}");
    let moved = format!("11:00 to 12:00 changed instead of {} 09:00", date(at(2)));
    assert!(series.contains(&moved), "{series}");
    assert!(series.contains("changed called “Goodbye”"), "{series}");
    assert_eq!(series.matches(" changed ").count(), 2, "{series}");
    assert!(series.contains("It goes on after that."), "{series}");
    let left_out = series.split("Left out: ").nth(1).unwrap();
    assert!(left_out[..20].contains(&date(at(1))), "{series}");
    let single = page(&kalends, "one@x");
    let time = format!("{}, 00:00 to 01:00", date(hours(-24 * 900)));
    assert!(single.contains(&time) && !single.contains("takes place next"), "{single}");
}
