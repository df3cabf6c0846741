//! Calendars, subscriptions and what they send, and the time of others.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::availability::{Availability, Taken};
use kalends_core::event::Busy;
use kalends_core::graph::SeriesShape;
use kalends_core::ids::CalendarId;
use kalends_core::notice::{Heard, InboundRequest, Notice, Refusal, Word};
use kalends_core::ports::Provider;
use kalends_core::provider::{CalendarItem, Done, FailureClass, Output, ProviderOp};
use kalends_core::time::{Timestamp, Weekday, Zone};
use kalends_core::watch::{OpenWatch, WatchOp, WatchSecrets, WatchToken};
use kalends_microsoft::{Microsoft, MicrosoftConfig};
use proptest::prelude::*;
use serde_json::{Value, json};

const CALENDARS: &str = "GET /me/calendars?$expand=singleValueExtendedProperties(";
const KAL_C: &str = "String {8c6f7a52-4d0b-4c5e-9a5e-6b616c656e64} Name kal_c";

fn calendars() -> String {
    format!(
        r#"{{"value":[
        {{"id":"AA=","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"isRemovable":false,
          "owner":{{"name":"Me","address":"Me@Contoso.example"}}}},
        {{"id":"BB=","name":"United States holidays","canEdit":false,
          "owner":{{"name":"Me","address":"me@contoso.example"}}}},
        {{"id":"CC=","name":"Boss","canEdit":false,"owner":{{"address":"boss@contoso.example"}}}},
        {{"id":"DD=","name":"Kalends","canEdit":true,"owner":{{"address":"me@contoso.example"}},
          "singleValueExtendedProperties":[{{"id":"{KAL_C}","value":"d0d0"}}]}},
        {{"name":"without an id"}}]}}"#
    )
}

fn found(outputs: &[Output]) -> Vec<&CalendarItem> {
    let calendars: Vec<&CalendarItem> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Calendar(item) => Some(&**item),
            _ => None,
        })
        .collect();
    assert_eq!(calendars.len(), outputs.len());
    calendars
}

#[test]
fn a_discovery_says_whose_calendars_they_are() {
    let user =
        r#"{"id":"48d31887","mail":"Me@contoso.example","userPrincipalName":"me@contoso.example"}"#;
    let settings = r#"{"timeZone":"Romance Standard Time"}"#;
    let heard = run(
        &ProviderOp::Discover,
        vec![
            step("GET /me?$select=id,mail,userPrincipalName", 200, user),
            step("GET /me/mailboxSettings", 200, settings),
            step(CALENDARS, 200, calendars()),
        ],
    );
    let all = found(&heard.outputs);
    let seen: Vec<_> = all
        .iter()
        .map(|c| (c.name.as_str(), c.capabilities.write, c.subscribed, c.derived.as_deref()))
        .collect();
    let expected = [
        ("Calendar", true, false, None),
        ("United States holidays", false, true, None),
        ("Boss", false, false, None),
        ("Kalends", true, false, Some("d0d0")),
    ];
    assert_eq!(seen, expected);
    let can = &all[0].capabilities;
    assert_eq!((can.series, can.floating, can.marks), (SeriesShape::Patterns, false, true));
    assert_eq!(can.zone.name(), "Europe/Paris");
    let Done::Discovered { subject, remember, makes_calendars } = &heard.done else {
        panic!("{:?}", heard.done)
    };
    assert_eq!((subject.as_str(), makes_calendars), ("48d31887", &true));
    // The next time it is one call, and gives the same.
    let again = run_known(remember, &ProviderOp::Discover, vec![step(CALENDARS, 200, calendars())]);
    assert_eq!((found(&again.outputs), &again.done), (all, &heard.done));
    // After a week the mailbox may have another zone; where it does not say, it has the one it had.
    for asked in ["asked 2026-05-21\n", "asked 2026-06-30\n", ""] {
        let remember = remember.replace("asked 2026-05-28\n", asked);
        for (status, settings, zone) in [
            (200, r#"{"timeZone":"GTB Standard Time"}"#, "Europe/Bucharest"),
            (403, "{}", "Europe/Paris"),
            (500, "{}", "Europe/Paris"),
            (429, "{}", "Europe/Paris"),
            (200, "<html>", "Europe/Paris"),
        ] {
            let script = vec![
                step("GET /me/mailboxSettings", status, settings),
                step(CALENDARS, 200, calendars()),
            ];
            let again = run_known(&remember, &ProviderOp::Discover, script);
            assert_eq!(found(&again.outputs)[0].capabilities.zone.name(), zone, "{asked}");
        }
    }
}

#[test]
fn without_the_right_to_the_settings_only_the_zone_is_lacking() {
    let heard = run(
        &ProviderOp::Discover,
        vec![
            step("GET /me?", 200, r#"{"id":"u"}"#),
            step("GET /me/mailboxSettings", 403, error("ErrorAccessDenied")),
            step(CALENDARS, 200, calendars()),
        ],
    );
    assert_eq!(found(&heard.outputs)[0].capabilities.zone.name(), "UTC");
    let heard = run(
        &ProviderOp::Discover,
        vec![step("GET /me?", 404, error("MailboxNotEnabledForRESTAPI"))],
    );
    assert_eq!(heard.failure().class, FailureClass::Unsupported);
}

#[test]
fn a_calendar_is_made_once_and_beside_one_of_the_same_name() {
    let op = |derived: &str| ProviderOp::MakeCalendar {
        derived: derived.into(),
        name: "Kalends".into(),
    };
    let heard = run(&op("d0d0"), vec![step(CALENDARS, 200, calendars())]);
    assert_eq!(heard.done, Done::MadeCalendar { calendar: id("DD=") });
    let heard = run(
        &op("other"),
        vec![
            step(CALENDARS, 200, calendars()),
            step("POST /me/calendars", 409, error("ErrorFolderExists")),
            step("POST /me/calendars", 201, r#"{"id":"EE="}"#),
        ],
    );
    assert_eq!(heard.done, Done::MadeCalendar { calendar: id("EE=") });
    assert_eq!(heard.json(1)["name"], "Kalends");
    assert_eq!(heard.json(2)["name"], "Kalends (2)");
    assert_eq!(heard.json(2)["singleValueExtendedProperties"][0]["value"], "other");
}

#[test]
fn only_a_calendar_that_was_made_here_is_deleted() {
    let derived = vec!["made-anew".to_owned(), "d".to_owned()];
    let op = ProviderOp::DeleteCalendar { calendar: id("DD="), derived };
    let look = "GET /me/calendars/DD=?$expand=";
    let ours = format!(
        r#"{{"id":"DD=","singleValueExtendedProperties":[{{"id":"{KAL_C}","value":"d"}}]}}"#
    );
    let heard = run(&op, vec![step(look, 200, ours), step("DELETE /me/calendars/DD=", 204, "")]);
    assert_eq!(heard.done, Done::Deleted);
    let of_another = format!(
        r#"{{"id":"DD=","singleValueExtendedProperties":[{{"id":"{KAL_C}","value":"d2"}}]}}"#
    );
    for others in [r#"{"id":"DD="}"#, &of_another] {
        let heard = run(&op, vec![step(look, 200, others)]);
        assert_eq!(heard.failure().class, FailureClass::Refused);
    }
    let heard = run(&op, vec![step(look, 404, error("ErrorItemNotFound"))]);
    assert_eq!(heard.done, Done::Deleted);
}

#[test]
fn a_subscription_is_opened_prolonged_and_closed() {
    let expires: Timestamp = "2026-05-31T00:00:00Z".parse().unwrap();
    let open = ProviderOp::Watch(WatchOp::Open {
        calendar: id("A/="),
        id: "ours".into(),
        token: WatchToken("s3cret".into()),
        address: "https://h.example/n".into(),
        expires,
    });
    let granted = r#"{"id":"7f10","expirationDateTime":"2026-05-30T12:00:00.0000000Z"}"#;
    let heard = run(&open, vec![step("POST /subscriptions", 201, granted)]);
    let sent = heard.json(0);
    assert_eq!(sent["resource"], "/me/calendars/A%2F%3D/events");
    assert_eq!(sent["clientState"], "s3cret");
    assert_eq!(sent["expirationDateTime"], "2026-05-31T00:00:00Z");
    assert_eq!(sent["lifecycleNotificationUrl"], sent["notificationUrl"]);
    let Done::Watching(watching) = &heard.done else { panic!("{:?}", heard.done) };
    assert_eq!((watching.id.as_str(), watching.resource.as_deref()), ("7f10", None));
    assert_eq!(watching.expires.to_string(), "2026-05-30T12:00:00Z");
    let renew = ProviderOp::Watch(WatchOp::Renew { id: "7f10".into(), expires });
    let call = "PATCH /subscriptions/7f10";
    let heard = run(&renew, vec![step(call, 200, granted)]);
    assert!(matches!(heard.done, Done::Watching(_)));
    let heard = run(&renew, vec![step(call, 404, error("ResourceNotFound"))]);
    assert_eq!(heard.failure().class, FailureClass::NotFound);
    let close = ProviderOp::Watch(WatchOp::Close { id: "7f10".into(), resource: None });
    for status in [204, 404] {
        let heard = run(&close, vec![step("DELETE /subscriptions/7f10", status, "")]);
        assert_eq!(heard.done, Done::Deleted);
    }
    let refused = step("POST /subscriptions", 400, error("ExtensionError"));
    assert_eq!(run(&open, vec![refused]).failure().class, FailureClass::Refused);
}

fn scope(n: u8) -> kalends_core::ids::ScopeId {
    CalendarId::from_bytes([n; 16]).into()
}

fn secrets() -> WatchSecrets {
    WatchSecrets::of([1, 2].map(|n| OpenWatch {
        scope: scope(n),
        id: format!("s{n}"),
        token: WatchToken(format!("token{n}")),
        resource: None,
        expires: NOW.saturating_add_millis(60_000),
    }))
}

fn notice(query: &str, body: &str) -> Notice {
    let request = InboundRequest {
        method: "POST".into(),
        path: "/hook".into(),
        query: query.into(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        received: NOW,
    };
    Microsoft::new(MicrosoftConfig::default()).notice(&request, &secrets())
}

fn word(subscription: &str, state: &str, event: &str) -> String {
    let event =
        if event.is_empty() { String::new() } else { format!(r#","lifecycleEvent":"{event}""#) };
    format!(
        r#"{{"subscriptionId":"{subscription}","clientState":"{state}","changeType":"updated","resource":"Users/u/Events/e"{event}}}"#
    )
}

fn heard(scope_of: u8, word: Word) -> Heard {
    Heard { scope: scope(scope_of), watch: format!("s{scope_of}"), word }
}

#[test]
fn an_address_is_validated_with_the_very_text() {
    for (query, text) in [
        (
            "validationToken=Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+522a",
            "Validation: Testing client application reachability for subscription Request-Id: 522a",
        ),
        ("x=1&validationToken=%3Cscript%3E%E2%98%BA%2B%25", "<script>☺+%"),
        ("VALIDATIONTOKEN=a", "a"),
    ] {
        assert_eq!(notice(query, ""), Notice::Answer(text.into()), "{query}");
    }
    let long = format!("validationToken={}", "a".repeat(Notice::ANSWER_BYTES_MAX + 1));
    for query in [
        "validationToken=",
        "validationToken=%",
        "validationToken=%ff",
        "validationToken=%zz",
        long.as_str(),
    ] {
        assert_eq!(notice(query, ""), Notice::Refuse(Refusal::Malformed), "{query}");
    }
}

#[test]
fn words_of_several_subscriptions_are_heard_beside_those_that_are_not_ours() {
    let all = [
        word("s1", "token1", ""),
        word("unknown", "token1", ""),
        word("s2", "token1", ""),
        "7".to_owned(),
        word("s1", "token1", ""),
        word("s2", "token2", "subscriptionRemoved"),
        word("s2", "token2", "reauthorizationRequired"),
        word("s2", "token2", "missed"),
        word("s1", "token1", "unheardOf"),
    ];
    let body = format!(r#"{{"value":[{}]}}"#, all.join(","));
    let expected = vec![
        heard(1, Word::Changed),
        heard(2, Word::Removed),
        heard(2, Word::Reauthorise),
        heard(2, Word::Missed),
        heard(1, Word::Missed),
    ];
    assert_eq!(notice("", &body), Notice::Heard(expected));
}

/// Row 18 of the pitfalls: a forged notice costs no call.
#[test]
fn what_shows_no_token_of_ours_is_refused() {
    for (item, refusal) in [
        (word("s1", "token2", ""), Refusal::WrongToken),
        (word("s1", "", ""), Refusal::WrongToken),
        (r#"{"subscriptionId":"s1"}"#.to_owned(), Refusal::WrongToken),
        (word("s3", "token1", ""), Refusal::UnknownWatch),
        ("{}".to_owned(), Refusal::UnknownWatch),
    ] {
        let body = format!(r#"{{"value":[{item}]}}"#);
        assert_eq!(notice("", &body), Notice::Refuse(refusal), "{item}");
    }
    for body in ["", "[]", r#"{"value":[]}"#, r#"{"value":1}"#, "<html>"] {
        assert_eq!(notice("", body), Notice::Refuse(Refusal::Malformed), "{body}");
    }
}

proptest! {
    #[test]
    fn no_notice_panics(query in "(validationToken=)?\\PC{0,20}", body in "\\PC{0,60}") {
        let _ = notice(&query, &body);
    }
}

#[test]
fn time_that_cannot_be_found_out_is_unknown() {
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let at = |minutes: i64| from.saturating_add_millis(minutes * 60_000);
    let of = ["A@b.example", "c@b.example", "d@b.example", "e@b.example"].map(str::to_owned);
    let op = ProviderOp::FreeBusy { of: of.to_vec(), from, to: at(100) };
    let reply = r#"{"value":[
        {"scheduleId":"a@b.example","availabilityView":"2220","scheduleItems":[
            {"status":"busy","start":{"dateTime":"2026-06-01T00:30:00","timeZone":"UTC"},
             "end":{"dateTime":"2026-06-01T01:00:00","timeZone":"UTC"}},
            {"status":"tentative","start":{"dateTime":"2026-06-01T00:00:00","timeZone":"UTC"},
             "end":{"dateTime":"2026-06-01T00:45:00","timeZone":"UTC"}},
            {"status":"free","start":{"dateTime":"2026-06-01T01:00:00","timeZone":"UTC"},
             "end":{"dateTime":"2026-06-01T02:00:00","timeZone":"UTC"}}],
         "workingHours":{"daysOfWeek":["monday","friday"],"startTime":"08:30:00.0000000",
            "endTime":"17:00:00","timeZone":{"name":"Pacific Standard Time"}}},
        {"scheduleId":"c@b.example","availabilityView":"0312","scheduleItems":[],
         "workingHours":{"daysOfWeek":["monday"],"startTime":"08:00:00","endTime":"17:00:00",
            "timeZone":{"bias":-330,"name":"Customized Time Zone"}}},
        {"scheduleId":"d@b.example","error":{"message":"x","responseCode":"ErrorMailRecipientNotFound"}}]}"#;
    let heard = run(&op, vec![step("POST /me/calendar/getSchedule", 200, reply)]);
    let schedules: Vec<_> = heard
        .outputs
        .iter()
        .map(|output| match output {
            Output::Schedule(schedule) => &**schedule,
            other => panic!("{other:?}"),
        })
        .collect();
    let taken = |from, to, how| Taken { from: at(from), to: at(to), how };
    let known = Availability::Known(vec![taken(0, 30, Busy::Tentative), taken(30, 60, Busy::Busy)]);
    assert_eq!(schedules[0].availability, known);
    assert_eq!(schedules[0].of, "A@b.example");
    let hours = schedules[0].hours.as_ref().unwrap();
    assert_eq!(hours.days, [Weekday::Monday, Weekday::Friday]);
    assert_eq!((hours.from_minute, hours.to_minute), (510, 1_020));
    assert_eq!(hours.zone.name(), "America/Los_Angeles");
    // One digit for each half hour; the last slot ends with what was asked for.
    let slots = vec![
        taken(30, 60, Busy::OutOfOffice),
        taken(60, 90, Busy::Tentative),
        taken(90, 100, Busy::Busy),
    ];
    assert_eq!(schedules[1].availability, Availability::Known(slots));
    assert_eq!(schedules[1].hours.as_ref().unwrap().zone.name(), "+05:30");
    let unknown = |code: &str| Availability::Unknown { code: code.into() };
    assert_eq!(schedules[2].availability, unknown("graph.ErrorMailRecipientNotFound"));
    assert_eq!(schedules[3].availability, unknown("graph.no-answer"));
}

#[test]
fn a_long_time_is_asked_for_in_parts() {
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let to: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
    let op = ProviderOp::FreeBusy { of: vec!["a".into()], from, to };
    let call = "POST /me/calendar/getSchedule";
    let view = "0".repeat(42 * 48);
    let free = format!(
        r#"{{"value":[{{"scheduleId":"a","availabilityView":"{view}","scheduleItems":[]}}]}}"#
    );
    let free = free.as_str();
    let heard = run(&op, vec![step(call, 200, free), step(call, 200, free), step(call, 200, free)]);
    assert_eq!(heard.json(1)["startTime"], heard.json(0)["endTime"]);
    assert_eq!(heard.json(2)["endTime"]["dateTime"], "2026-09-01T00:00:00");
    let [Output::Schedule(schedule)] = &heard.outputs[..] else { panic!("{:?}", heard.outputs) };
    assert_eq!(schedule.availability, Availability::Known(Vec::new()));
}

fn schedule_of(op: &ProviderOp, reply: &Value) -> kalends_core::availability::Schedule {
    let heard = run(op, vec![step("POST /me/calendar/getSchedule", 200, reply.to_string())]);
    let [Output::Schedule(schedule)] = &heard.outputs[..] else { panic!("{:?}", heard.outputs) };
    (**schedule).clone()
}

/// Catches a view that is empty or breaks off, taken for free time.
#[test]
fn what_a_view_says_nothing_of_is_not_free() {
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let to = from.saturating_add_millis(100 * 60_000);
    let op = ProviderOp::FreeBusy { of: vec!["a".into()], from, to };
    for (view, is_known) in [("", false), ("000", false), ("0000", true), ("00000", true)] {
        let reply = json!({"value": [
            {"scheduleId": "a", "availabilityView": view, "scheduleItems": []}]});
        let availability = schedule_of(&op, &reply).availability;
        assert_eq!(matches!(availability, Availability::Known(_)), is_known, "{view:?}");
    }
}

/// Catches numbers from outside that overflow.
#[test]
fn working_hours_that_no_day_has_are_none() {
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let to = from.saturating_add_millis(60_000);
    let op = ProviderOp::FreeBusy { of: vec!["a".into()], from, to };
    let hours = |start: &str, zone: Value| {
        let hours = json!({
            "daysOfWeek": ["monday"], "startTime": start, "endTime": "17:00:00", "timeZone": zone
        });
        let reply = json!({"value": [
            {"scheduleId": "a", "availabilityView": "0", "workingHours": hours}]});
        schedule_of(&op, &reply).hours
    };
    assert!(hours("08:00:00", json!({"bias": -60})).is_some());
    for start in ["2000:00", "1093:00", "65535:59", "24:01", "08:77", "-1:00", "08:0", "::"] {
        assert_eq!(hours(start, json!({"bias": 0})), None, "{start}");
    }
    for bias in [i64::MIN, i64::MAX, 6_000] {
        assert_eq!(hours("08:00:00", json!({"bias": bias})), None, "{bias}");
    }
}

/// Catches work that grows with the square of an answer: this one took minutes.
#[test]
fn many_times_are_joined_in_one_sweep() {
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let to = from.saturating_add_millis(42 * 86_400_000);
    let op = ProviderOp::FreeBusy { of: vec!["a".into()], from, to };
    let time = |second: i64| {
        let at = Zone::utc().civil(from.saturating_add_millis(second * 1_000));
        json!({"dateTime": at.to_string(), "timeZone": "UTC"})
    };
    let words = ["busy", "tentative", "oof", "workingElsewhere"];
    let items: Vec<Value> = (0..50_000_i64)
        .map(|n| {
            let status = words[n as usize % words.len()];
            json!({"status": status, "start": time(n * 60), "end": time(n * 60 + 90)})
        })
        .collect();
    let reply = json!({"value": [
        {"scheduleId": "a", "availabilityView": "", "scheduleItems": items}]});
    let Availability::Known(taken) = schedule_of(&op, &reply).availability else { panic!() };
    assert!(taken.windows(2).all(|pair| pair[0].to <= pair[1].from));
    let how: Vec<Busy> = taken.iter().take(4).map(|one| one.how).collect();
    assert_eq!(how, [Busy::Busy, Busy::Tentative, Busy::OutOfOffice, Busy::Elsewhere]);
    let lasts: Vec<i64> = taken.iter().take(4).map(|one| one.to.millis_since(one.from)).collect();
    assert_eq!(lasts, [90_000, 30_000, 90_000, 30_000]);
}
