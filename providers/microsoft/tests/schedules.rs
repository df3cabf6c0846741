//! When others have time, asked of the simulated service, which takes no question that Graph would not.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

mod service;

use kalends_core::availability::{Availability, Schedule, Taken};
use kalends_core::event::Busy;
use kalends_core::provider::{Done, FailureClass, Output, ProviderOp};
use kalends_core::time::{Timestamp, Weekday};
use kalends_testkit::graph_sim::{AccountKind, Profile, contract};
use serde_json::json;
use service::*;

const BOB: &str = "bob@contoso.example";
const DAY_MS: i64 = 86_400_000;

/// The same day as [`NOW`], and so many hours.
fn at(hours: i64) -> Timestamp {
    let midnight: Timestamp = "2026-06-08T00:00:00Z".parse().unwrap();
    midnight.saturating_add_millis(hours * 3_600_000)
}

/// Ann asks, and Bob is away from ten to eleven of that day, and has an hour that is free at twelve.
fn asked() -> Service {
    let mut service = Service::new(Profile::default());
    service.sim.add_user(BOB, "Bob", AccountKind::Work);
    service.sim.set_zone(BOB, "W. Europe Standard Time");
    let calendar = service.sim.calendars(BOB)[0].0.clone();
    let time = |hour: i64| json!({"dateTime": at(hour).to_string().trim_end_matches('Z'), "timeZone": "UTC"});
    for (from, kind) in [(10, "oof"), (12, "free"), (24 * 50 + 9, "tentative")] {
        let event = json!({"subject": "Secret", "showAs": kind, "start": time(from),
            "end": time(from + 1)});
        service.sim.person(NOW.as_millis()).create(&calendar, &event).unwrap();
    }
    service
}

fn ask(service: &mut Service, of: &[String], days: i64) -> Came {
    let (from, to) = (at(0), at(0).saturating_add_millis(days * DAY_MS));
    let came = service.run(&ProviderOp::FreeBusy { of: of.to_vec(), from, to });
    assert_eq!(contract::breaches(service.sim.log()), Vec::<String>::new());
    came
}

fn told(came: &Came) -> Vec<&Schedule> {
    let one = |output: &'_ Output| matches!(output, Output::Schedule(_));
    assert!(came.outputs.iter().all(one), "{:?}", came.outputs);
    let all = came.outputs.iter();
    all.filter_map(|one| if let Output::Schedule(one) = one { Some(&**one) } else { None })
        .collect()
}

/// Catches a question that is not Graph's, and an answer for a long time that is put together wrongly.
#[test]
fn others_are_asked_for_their_time_as_the_service_takes_it() {
    let mut service = asked();
    let of = [BOB.to_uppercase(), "nobody@contoso.example".to_owned(), ANN.to_owned()];
    let came = ask(&mut service, &of, 60);
    assert_eq!(came.done, Done::Fetched);
    let calls = service.calls();
    assert_eq!(calls.len(), 2, "42 days at once: {calls:?}");
    assert!(calls.iter().all(|call| call.ends_with("/me/calendar/getSchedule")), "{calls:?}");
    let all = told(&came);
    assert_eq!(all.iter().map(|one| one.of.clone()).collect::<Vec<_>>(), of);
    let taken = |from: i64, how| Taken { from: at(from), to: at(from + 1), how };
    let bobs = vec![taken(10, Busy::OutOfOffice), taken(24 * 50 + 9, Busy::Tentative)];
    assert_eq!(all[0].availability, Availability::Known(bobs));
    let hours = all[0].hours.as_ref().unwrap();
    assert_eq!((hours.days[0], hours.from_minute, hours.to_minute), (Weekday::Monday, 480, 1_020));
    assert_eq!(hours.zone.name(), "Europe/Berlin");
    let code = "graph.ErrorMailRecipientNotFound".to_owned();
    assert_eq!(all[1].availability, Availability::Unknown { code });
    assert_eq!(all[2].availability, Availability::Known(Vec::new()));
}

/// Catches more than twenty that are asked for at once, which the service refuses as a whole.
#[test]
fn many_are_asked_for_by_twenty() {
    let mut service = asked();
    let of: Vec<String> = (0..41).map(|_| BOB.to_owned()).collect();
    let came = ask(&mut service, &of, 1);
    assert_eq!((service.calls().len(), told(&came).len()), (3, 41));
    let known =
        |one: &&Schedule| matches!(&one.availability, Availability::Known(t) if t.len() == 1);
    assert!(told(&came).iter().all(known));
}

/// A personal account may ask for nobody's time: that is a failure, and nobody is free by it.
#[test]
fn a_personal_account_is_refused() {
    let mut service = asked();
    let cy = "cy@outlook.example";
    service.sim.add_user(cy, "Cy", AccountKind::Consumer);
    let token = service.sim.bearer(NOW.as_millis(), cy, SCOPES);
    service.credential = kalends_core::ports::Credential::Bearer(token);
    let came = ask(&mut service, &[BOB.to_owned()], 1);
    assert_eq!(came.failure().class, FailureClass::Forbidden);
    assert!(came.outputs.is_empty());
}
