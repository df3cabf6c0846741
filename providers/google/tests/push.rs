//! Channels and what they say.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::ids::CalendarId;
use kalends_core::notice::{Heard as Said, InboundRequest, Notice, Refusal, Word};
use kalends_core::ports::Provider;
use kalends_core::provider::{Done, FailureClass, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_core::watch::{OpenWatch, Renewal, WatchOp, WatchSecrets, WatchToken, Watching};
use kalends_google::{Google, GoogleConfig};
use serde_json::json;

mod common;
use common::*;

const WEEK_MS: i64 = 604_800_000;

fn open() -> ProviderOp {
    ProviderOp::Watch(WatchOp::Open {
        calendar: calendar(),
        id: "channel1".into(),
        token: WatchToken("secret1".into()),
        address: "https://push.example/google".into(),
        expires: NOW.saturating_add_millis(WEEK_MS),
    })
}

#[test]
fn a_channel_is_opened_for_one_calendar_and_ends_when_google_says() {
    let granted = NOW.saturating_add_millis(WEEK_MS / 7);
    let heard = run(&open(), |_| {
        json(&json!({
            "kind": "api#channel", "id": "channel1", "resourceId": "r1", "resourceUri": "u",
            "token": "secret1", "expiration": granted.as_millis().to_string(),
        }))
    });
    let [asked] = &heard.asked[..] else { panic!("{heard:?}") };
    assert_eq!(asked.line(), format!("POST calendars/{}/events/watch", calendar().0));
    assert_eq!(
        asked.body,
        json!({
            "id": "channel1", "type": "web_hook", "token": "secret1",
            "address": "https://push.example/google",
            "expiration": (NOW.as_millis() + WEEK_MS).to_string(),
        })
    );
    let watching =
        Watching { id: "channel1".into(), resource: Some("r1".into()), expires: granted };
    assert_eq!(heard.done, Done::Watching(watching));
}

#[test]
fn a_calendar_that_cannot_be_watched_is_polled() {
    for (status, reason) in [
        (400, "pushNotSupportedForRequestedResource"),
        (400, "push.webhookUrlNotHttps"),
        (401, "push.webhookUrlUnauthorized"),
    ] {
        let heard = run(&open(), |_| error(status, reason));
        assert_eq!(heard.failure().class, FailureClass::Unsupported, "{reason}");
    }
    let class = |status, reason| run(&open(), |_| error(status, reason)).failure().class;
    assert_eq!(class(401, "authError"), FailureClass::SignIn, "and not the address");
    assert_eq!(class(404, "notFound"), FailureClass::CalendarGone);
    assert_eq!(class(400, "channelIdNotUnique"), FailureClass::Refused);
    assert_eq!(class(403, "rateLimitExceeded"), FailureClass::Throttled);
}

#[test]
fn a_channel_is_closed_also_where_it_is_gone_and_never_prolonged() {
    let close = |resource: Option<&str>| {
        let resource = resource.map(str::to_owned);
        ProviderOp::Watch(WatchOp::Close { id: "channel1".into(), resource })
    };
    let heard = run(&close(Some("r1")), |_| text(204, ""));
    assert_eq!(heard.asked[0].line(), "POST channels/stop");
    assert_eq!(heard.asked[0].body, json!({ "id": "channel1", "resourceId": "r1" }));
    assert_eq!(heard.done, Done::Deleted);
    assert_eq!(run(&close(Some("r1")), |_| error(404, "notFound")).done, Done::Deleted);
    assert_eq!(run(&close(None), |_| panic!("it has no name")).done, Done::Deleted);
    let renew = ProviderOp::Watch(WatchOp::Renew { id: "channel1".into(), expires: NOW });
    let heard = run(&renew, |_| panic!("nothing is asked"));
    assert_eq!(heard.failure().class, FailureClass::Unsupported);
    let terms = Google::new(GoogleConfig::default()).watches().unwrap();
    assert_eq!((terms.life_ms, terms.renewal), (WEEK_MS, Renewal::Anew));
}

fn secrets() -> WatchSecrets {
    WatchSecrets::of([OpenWatch {
        scope: CalendarId::from_bytes([1; 16]).into(),
        id: "channel1".into(),
        token: WatchToken("secret1".into()),
        resource: Some("r1".into()),
        expires: NOW.saturating_add_millis(1_000),
    }])
}

fn notice_with(method: &str, received: Timestamp, changes: &[(&str, Option<&str>)]) -> Notice {
    let mut headers: Vec<(String, String)> = [
        ("x-goog-channel-id", "channel1"),
        ("x-goog-channel-token", "secret1"),
        ("x-goog-channel-expiration", "Sat, 06 Jun 2026 10:00:00 GMT"),
        ("x-goog-resource-id", "r1"),
        (
            "x-goog-resource-uri",
            "https://www.googleapis.com/calendar/v3/calendars/x/events?alt=json",
        ),
        ("x-goog-resource-state", "exists"),
        ("x-goog-message-number", "17"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in changes {
        headers.retain(|(known, _)| known != name);
        headers.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    let request = InboundRequest {
        method: method.to_owned(),
        path: "/google".to_owned(),
        query: String::new(),
        headers,
        body: Vec::new(),
        received,
    };
    Google::new(GoogleConfig::default()).notice(&request, &secrets())
}

fn notice(changes: &[(&str, Option<&str>)]) -> Notice {
    notice_with("POST", NOW, changes)
}

#[test]
fn a_word_of_an_open_channel_is_heard() {
    let said = |word| {
        let scope = CalendarId::from_bytes([1; 16]).into();
        Notice::Heard(vec![Said { scope, watch: "channel1".into(), word }])
    };
    assert_eq!(notice(&[]), said(Word::Changed));
    let state = |state| notice(&[("x-goog-resource-state", Some(state))]);
    assert_eq!(state("sync"), said(Word::Opened));
    assert_eq!(state("not_exists"), said(Word::Changed));
    assert_eq!(state("another"), said(Word::Changed), "a hint is a hint");
    assert_eq!(notice(&[("x-goog-message-number", None)]), said(Word::Changed));
}

/// Pitfall 18: a forged ping costs no call.
#[test]
fn a_forged_word_is_refused() {
    let refused = |changes: &[(&str, Option<&str>)]| match notice(changes) {
        Notice::Refuse(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    for token in [None, Some(""), Some("secret"), Some("secret12"), Some("Secret1")] {
        assert_eq!(refused(&[("x-goog-channel-token", token)]), Refusal::WrongToken, "{token:?}");
    }
    assert_eq!(refused(&[("x-goog-channel-id", Some("channel2"))]), Refusal::UnknownWatch);
    assert_eq!(refused(&[("x-goog-resource-id", Some("r2"))]), Refusal::WrongResource);
    for header in ["x-goog-channel-id", "x-goog-resource-id", "x-goog-resource-state"] {
        assert_eq!(refused(&[(header, None)]), Refusal::Malformed, "{header}");
    }
    let late = notice_with("POST", NOW.saturating_add_millis(1_000), &[]);
    assert_eq!(late, Notice::Refuse(Refusal::Ended));
    assert_eq!(notice_with("GET", NOW, &[]), Notice::Refuse(Refusal::Malformed));
}
