//! Subscriptions: made behind a handshake, renewed, ended (3.10).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::context::Cx;
use super::fault::Quirk;
use super::hash;
use super::ids::IdSpace;
use super::profile::Belief;
use super::query;
use super::times;
use crate::wire::{Heard, SimRequest};

const MINUTE_MS: i64 = 60_000;
const LIFE_MINUTES_MIN: i64 = 45;
/// An answer to the handshake that takes longer is too late.
const HANDSHAKE_MS: u64 = 10_000;
const CLIENT_STATE_MAX: usize = 128;

/// One live or ended subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) user: usize,
    pub(crate) calendar: Option<u64>,
    pub(crate) resource: String,
    pub(crate) change_type: String,
    pub(crate) url: String,
    pub(crate) lifecycle_url: Option<String>,
    pub(crate) client_state: Option<String>,
    pub(crate) expires_ms: i64,
    pub(crate) ids: IdSpace,
}

/// A creation, or a change of URL, that waits for the handshake.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    pub(crate) subscription: Subscription,
    pub(crate) is_new: bool,
    pub(crate) calls: Vec<SimRequest>,
    pub(crate) token: String,
    pub(crate) times_out: bool,
}

/// `POST /subscriptions` up to its handshake; the ticket of what waits.
pub(crate) fn begin(cx: &mut Cx<'_>) -> Result<u64, Refusal> {
    cx.takes(&[])?;
    let body = cx.object("subscription")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let needed = |name: &str| {
        let message = format!("Subscription property '{name}' is missing.");
        text(name).ok_or_else(|| invalid(&message))
    };
    let (url, resource) = (needed("notificationUrl")?, needed("resource")?);
    let lifecycle_url = text("lifecycleNotificationUrl");
    check_urls(&url, lifecycle_url.as_deref())?;
    let (user, calendar) = watched(cx, &resource)?;
    check_room(cx, user)?;
    let change_type = check_types(&needed("changeType")?)?;
    if text("clientState").is_some_and(|state| state.len() > CLIENT_STATE_MAX) {
        return Err(invalid("Subscription clientState is longer than 128 characters."));
    }
    let expires_ms = expiry(cx, &body)?;
    let nth = cx.state.draw();
    let subscription = Subscription {
        id: hash::guid(cx.state.seed, "subscription", nth),
        user,
        calendar,
        resource,
        change_type,
        url,
        lifecycle_url,
        client_state: text("clientState"),
        expires_ms,
        ids: cx.ids(),
    };
    Ok(ask(cx, subscription, true))
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "InvalidRequest", message)
}

fn ask(cx: &mut Cx<'_>, subscription: Subscription, is_new: bool) -> u64 {
    let ticket = cx.state.draw();
    let id = hash::guid(cx.state.seed, "handshake", ticket);
    let plain = format!(
        "Validation: Testing client application reachability for subscription Request-Id: {id}"
    );
    let token = match cx.profile.has(Quirk::OddToken) {
        true => format!("{plain} 1+1=2 100%25 <b>\u{dc}n\u{ef}c\u{f6}d\u{e9}</b>"),
        false => plain,
    };
    let urls = std::iter::once(&subscription.url).chain(subscription.lifecycle_url.iter());
    let calls = urls.map(|url| {
        let glue = if url.contains('?') { '&' } else { '?' };
        let spelt = query::encode(&token).replace("%20", "+");
        SimRequest::new("POST", &format!("{url}{glue}validationToken={spelt}"))
            .header("Content-Type", "text/plain; charset=utf-8")
    });
    let calls = calls.collect();
    let times_out = cx.profile.has(Quirk::HandshakeTimesOut);
    let pending = Pending { subscription, is_new, calls, token, times_out };
    cx.state.pending.insert(ticket, pending);
    ticket
}

/// The end of a handshake: both URLs must have said the token (3.10).
pub(crate) fn finish(
    pending: Pending,
    heard: &[Option<Heard>],
) -> Result<(Subscription, bool), Refusal> {
    for at in 0..pending.calls.len() {
        let answer = heard.get(at).and_then(Option::as_ref);
        let timely = answer.filter(|one| one.after_ms <= HANDSHAKE_MS && !pending.times_out);
        let Some(one) = timely else {
            let message = "Subscription validation request timed out.";
            return Err(Refusal::new(400, "ValidationError", message));
        };
        if one.reply.status != 200 {
            let message = format!(
                "Subscription validation request failed. HTTP status code is '{}'.",
                one.reply.status
            );
            return Err(Refusal::new(400, "ValidationError", &message));
        }
        let kind = one.reply.get("content-type").unwrap_or_default();
        if !kind.starts_with("text/plain") || one.reply.text() != pending.token {
            let message = "Subscription validation request failed. Response must be text/plain and match validationToken query parameter.";
            return Err(Refusal::new(400, "ValidationError", message));
        }
    }
    Ok((pending.subscription, pending.is_new))
}

fn check_urls(url: &str, lifecycle: Option<&str>) -> Result<(), Refusal> {
    // The service takes https alone; without it, only this machine can be told.
    let here = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    if !url.starts_with("https://") && !here.iter().any(|start| url.starts_with(start)) {
        return Err(invalid("Subscription notificationUrl must use https."));
    }
    let host = |url: &str| {
        let (origin, _) = crate::wire::split_origin(url);
        origin.map(str::to_owned)
    };
    if lifecycle.is_some_and(|other| host(other) != host(url)) {
        return Err(invalid("lifecycleNotificationUrl must have the host of notificationUrl."));
    }
    Ok(())
}

fn check_types(text: &str) -> Result<String, Refusal> {
    let known = ["created", "updated", "deleted"];
    if text.split(',').all(|word| known.contains(&word.trim())) {
        return Ok(text.to_owned());
    }
    Err(invalid(&format!("Subscription changeType '{text}' is not supported.")))
}

fn check_room(cx: &Cx<'_>, user: usize) -> Result<(), Refusal> {
    let live = cx.state.subscriptions.values();
    let live = live.filter(|one| one.user == user && one.expires_ms > cx.now_ms).count();
    if live < cx.profile.limits.subscriptions_max {
        return Ok(());
    }
    Err(Refusal::new(403, "ExtensionError", "Maximum number of active subscriptions reached."))
}

/// Whose events, and of which calendar, a resource means.
fn watched(cx: &Cx<'_>, resource: &str) -> Result<(usize, Option<u64>), Refusal> {
    let unsupported = || invalid(&format!("Unsupported resource '{resource}'."));
    let parts: Vec<&str> = resource.trim_matches('/').split('/').collect();
    let (user, rest) = match parts.as_slice() {
        ["me", rest @ ..] => (cx.caller, rest),
        ["users", id, rest @ ..] | ["Users", id, rest @ ..] => {
            let user =
                cx.state.user(&crate::wire::decode_path(id)).filter(|user| *user == cx.caller);
            (user.ok_or_else(Refusal::denied)?, rest)
        }
        _ => return Err(unsupported()),
    };
    match rest {
        ["events" | "Events"] => Ok((user, None)),
        ["calendars", id, "events"] if cx.profile.holds(Belief::CalendarsCanBeWatched) => {
            Ok((user, Some(cx.calendar(&crate::wire::decode_path(id))?)))
        }
        _ => Err(unsupported()),
    }
}

fn expiry(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<i64, Refusal> {
    let text = body.get("expirationDateTime").and_then(Value::as_str);
    let asked = text.and_then(times::parse_instant);
    let asked = asked.ok_or_else(|| invalid("Subscription expirationDateTime is missing."))?;
    let most = if cx.profile.holds(Belief::WeekLongSubscriptions) { 10_080 } else { 4_230 };
    if asked > cx.now_ms + most * MINUTE_MS {
        let message = format!("Subscription expiration can only be {most} minutes in the future.");
        return Err(Refusal::new(400, "ExtensionError", &message));
    }
    let granted = asked.max(cx.now_ms + LIFE_MINUTES_MIN * MINUTE_MS);
    if cx.profile.has(Quirk::ShortLife) {
        return Ok(cx.now_ms + (granted - cx.now_ms) / 4);
    }
    Ok(granted)
}

/// A subscription in Graph's words.
pub(crate) fn show(one: &Subscription, hides_state: bool) -> Value {
    let state = if hides_state { None } else { one.client_state.as_deref() };
    json!({
        "id": one.id,
        "resource": one.resource,
        "applicationId": hash::guid(0, "application", 0),
        "changeType": one.change_type,
        "clientState": state,
        "notificationUrl": one.url,
        "lifecycleNotificationUrl": one.lifecycle_url,
        "expirationDateTime": times::show_seconds(one.expires_ms),
        "creatorId": hash::guid(0, "creator", one.user as u64),
        "latestSupportedTlsVersion": "v1_2",
        "includeResourceData": null,
        "notificationQueryOptions": null,
        "encryptionCertificate": null,
        "encryptionCertificateId": null,
        "notificationUrlAppId": null,
    })
}

/// `GET /subscriptions`.
pub(crate) fn list(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&["$top", "$skip"])?;
    let hides = cx.profile.holds(Belief::ClientStateIsHidden);
    let live = cx.state.subscriptions.values().filter(|one| one.expires_ms > cx.now_ms);
    let own = live.filter(|one| one.user == cx.caller);
    let items: Vec<Value> = own.map(|one| show(one, hides)).collect();
    query::page(cx, items, "subscription")
}

/// `GET /subscriptions/{id}`.
pub(crate) fn get(cx: &mut Cx<'_>, id: &str) -> Outcome {
    cx.takes(&[])?;
    let one = live(cx, id)?;
    let hides = cx.profile.holds(Belief::ClientStateIsHidden);
    Ok(Answer::new(200, show(&one, hides)))
}

/// `PATCH /subscriptions/{id}`: another end, or another URL behind a handshake.
pub(crate) fn patch(cx: &mut Cx<'_>, id: &str) -> Result<Result<Answer, u64>, Refusal> {
    cx.takes(&[])?;
    let body = cx.object("subscription")?;
    let mut one = live(cx, id)?;
    if body.contains_key("lifecycleNotificationUrl") {
        return Err(invalid("lifecycleNotificationUrl can be set only at creation."));
    }
    if body.contains_key("expirationDateTime") {
        one.expires_ms = expiry(cx, &body)?;
    }
    if let Some(url) = body.get("notificationUrl").and_then(Value::as_str) {
        check_urls(url, one.lifecycle_url.as_deref())?;
        url.clone_into(&mut one.url);
        return Ok(Err(ask(cx, one, false)));
    }
    let shown = show(&one, cx.profile.holds(Belief::ClientStateIsHidden));
    cx.state.subscriptions.insert(one.id.clone(), one);
    Ok(Ok(Answer::new(200, shown)))
}

/// `DELETE /subscriptions/{id}`.
pub(crate) fn delete(cx: &mut Cx<'_>, id: &str) -> Outcome {
    cx.takes(&[])?;
    let one = live(cx, id)?;
    cx.state.subscriptions.remove(&one.id);
    Ok(Answer::empty(204))
}

/// `POST /subscriptions/{id}/reauthorize`.
pub(crate) fn reauthorize(cx: &mut Cx<'_>, id: &str) -> Outcome {
    cx.takes(&[])?;
    live(cx, id)?;
    let is_empty = cx.profile.holds(Belief::ReauthorizeIsEmpty);
    Ok(Answer::empty(if is_empty { 204 } else { 200 }))
}

fn live(cx: &mut Cx<'_>, id: &str) -> Result<Subscription, Refusal> {
    if cx.profile.has(Quirk::SubscriptionVanishes) {
        cx.state.subscriptions.remove(id);
    }
    let found = cx.state.subscriptions.get(id);
    let found = found.filter(|one| one.user == cx.caller && one.expires_ms > cx.now_ms);
    found.cloned().ok_or_else(|| {
        let own = cx.profile.holds(Belief::GoneSubscriptionHasItsOwnCode);
        let code = if own { "ResourceNotFound" } else { "ErrorItemNotFound" };
        Refusal::new(404, code, "The object was not found.")
    })
}
