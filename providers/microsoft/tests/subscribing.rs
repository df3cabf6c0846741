//! Subscriptions at the simulated service: the handshake before there is an id, what is told and
//! by whom, and their ends.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod service;

use kalends_core::ids::{CalendarId, ProviderId, ScopeId};
use kalends_core::notice::{Notice, Refusal, Word};
use kalends_core::provider::{Done, FailureClass, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_core::watch::{OpenWatch, WatchOp, WatchToken, Watching};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{Belief, Profile};
use kalends_testkit::wire::SimServer as _;
use serde_json::json;
use service::*;

const ADDRESS: &str = "https://h.example/notices/microsoft";
const HOUR_MILLIS: i64 = 3_600_000;

fn scope(n: u8) -> ScopeId {
    CalendarId::from_bytes([n; 16]).into()
}

/// Asks for a watch of a calendar, with a life of 70 hours.
fn open(service: &mut Service, calendar: &ProviderId, n: u8) -> Done {
    let expires = service.now.saturating_add_millis(70 * HOUR_MILLIS);
    let (token, id) = (WatchToken(format!("token{n}")), format!("asked{n}"));
    let (calendar, address) = (calendar.clone(), ADDRESS.to_owned());
    service.run(&ProviderOp::Watch(WatchOp::Open { calendar, id, token, address, expires })).done
}

fn watching(service: &mut Service, calendar: &ProviderId, n: u8) -> Watching {
    let Done::Watching(watching) = open(service, calendar, n) else { panic!("no watch") };
    service.watches.push(OpenWatch {
        scope: scope(n),
        id: watching.id.clone(),
        token: WatchToken(format!("token{n}")),
        resource: None,
        expires: watching.expires,
    });
    watching
}

fn add(service: &mut Service, calendar: &ProviderId) {
    let time = |hour| json!({"dateTime": format!("2026-06-09T{hour:02}:00:00"), "timeZone": "UTC"});
    let event = json!({"subject": "Here", "start": time(9), "end": time(10)});
    service.sim.person(service.now.as_millis()).create(&calendar.0, &event).unwrap();
}

/// What the service says by itself within a minute: of each post the scopes with their words, or
/// why it was refused.
fn told(service: &mut Service) -> Vec<Result<Vec<(ScopeId, Word)>, Refusal>> {
    let later = service.now.saturating_add_millis(60_000).as_millis();
    let sent = service.sim.outgoing(later);
    sent.into_iter()
        .map(|one| {
            let notice = service.notice(&one.request);
            let status = if matches!(notice, Notice::Refuse(_)) { 403 } else { 202 };
            service.sim.answered(later, one, status);
            match notice {
                Notice::Heard(all) => Ok(all.into_iter().map(|h| (h.scope, h.word)).collect()),
                Notice::Refuse(refusal) => Err(refusal),
                Notice::Answer(text) => panic!("nobody asked: {text}"),
            }
        })
        .collect()
}

/// Row 18 of the pitfalls.
#[test]
fn two_calendars_are_told_of_in_one_post_and_a_strangers_word_spoils_it_not() {
    let mut service = Service::new(Profile::default());
    let first = service.calendar.clone();
    let second = ProviderId(service.sim.add_calendar(ANN, "Home"));
    watching(&mut service, &first, 1);
    watching(&mut service, &second, 2);
    for fault in ["", "push-unknown", "push-doubled", "push-paired"] {
        service.sim.faults_mut().clear();
        if !fault.is_empty() {
            assert!(service.sim.faults_mut().add("NOTIFY", "*", When::Always, fault));
        }
        add(&mut service, &first);
        add(&mut service, &second);
        let told = told(&mut service);
        let expected = vec![(scope(1), Word::Changed), (scope(2), Word::Changed)];
        assert!(
            !told.is_empty() && told.iter().all(|post| *post == Ok(expected.clone())),
            "{fault}: {told:?}"
        );
    }
    for (fault, refusal) in
        [("push-forged", Refusal::WrongToken), ("push-stateless", Refusal::WrongToken)]
    {
        service.sim.faults_mut().clear();
        assert!(service.sim.faults_mut().add("NOTIFY", "*", When::Always, fault));
        add(&mut service, &first);
        assert_eq!(told(&mut service), [Err(refusal)], "{fault}");
    }
}

/// What was granted counts, be it shorter than what was asked for.
#[test]
fn a_subscription_is_prolonged_and_its_words_are_heard() {
    let mut service = Service::new(Profile::default());
    let calendar = service.calendar.clone();
    let Watching { id, expires, .. } = watching(&mut service, &calendar, 1);
    assert_eq!(expires, service.now.saturating_add_millis(70 * HOUR_MILLIS));
    for (word, heard) in [("reauthorizationRequired", Word::Reauthorise), ("missed", Word::Missed)]
    {
        assert!(service.sim.tell_lifecycle(service.now.as_millis(), &id, word));
        assert_eq!(told(&mut service), [Ok(vec![(scope(1), heard)])], "{word}");
    }
    service.now = service.now.saturating_add_millis(40 * HOUR_MILLIS);
    service.sim.bearer(service.now.as_millis(), ANN, SCOPES);
    service.credential = kalends_core::ports::Credential::Bearer(service.sim.bearer(
        service.now.as_millis(),
        ANN,
        SCOPES,
    ));
    let expires: Timestamp = service.now.saturating_add_millis(70 * HOUR_MILLIS);
    let renew = ProviderOp::Watch(WatchOp::Renew { id: id.clone(), expires });
    match service.run(&renew).done {
        Done::Watching(watching) => {
            assert_eq!((watching.id, watching.expires), (id.clone(), expires))
        }
        other => panic!("{other:?}"),
    }
    assert!(service.sim.tell_lifecycle(service.now.as_millis(), &id, "subscriptionRemoved"));
    assert_eq!(told(&mut service), [Ok(vec![(scope(1), Word::Removed)])]);
    assert_eq!(service.run(&renew).failure().class, FailureClass::NotFound);
    let close = ProviderOp::Watch(WatchOp::Close { id, resource: None });
    assert_eq!(service.run(&close).done, Done::Deleted);
}

/// Then the calendar is asked.
#[test]
fn a_subscription_that_is_not_granted_is_refused_and_leaves_nothing() {
    let mut deaf = Service::new(Profile::default());
    deaf.listens = false;
    let calendar = deaf.calendar.clone();
    let Done::Failed(failure) = open(&mut deaf, &calendar, 1) else { panic!("granted") };
    // Somebody may answer there later.
    assert_eq!(failure.class, FailureClass::Transient, "{failure:?}");
    assert!(deaf.sim.subscriptions(deaf.now.as_millis()).is_empty());
    let mut coarse = Service::new(Profile::default().flipped(Belief::CalendarsCanBeWatched));
    let calendar = coarse.calendar.clone();
    let Done::Failed(failure) = open(&mut coarse, &calendar, 1) else { panic!("granted") };
    assert!(
        matches!(failure.class, FailureClass::Refused | FailureClass::Forbidden),
        "{failure:?}"
    );
}
