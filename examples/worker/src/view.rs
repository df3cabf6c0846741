//! Rows, as answers show them.

use kalends::core::event::Body;
use kalends::core::graph::{CalendarRole, DetailLevel, Edge, Lifecycle};
use kalends::core::presence::Presence;
use kalends::core::read::{Explanation, Occurring, Reason};
use kalends::core::slice::{Config, Slice};
use kalends::ids::{AccountId, EdgeId};
use kalends::queries::Counts;
use kalends::{Draft, Report};
use kalends_cloudflare::Worked;
use serde_json::{Value, json};

use crate::problem::Problem;

/// All accounts, with their calendars.
pub(crate) fn accounts(config: &Config) -> Value {
    let all = config.accounts.keys().map(|id| account(config, *id));
    json!({ "accounts": all.collect::<Vec<_>>() })
}

/// One of them.
pub(crate) fn account(config: &Config, id: AccountId) -> Value {
    let Some(account) = config.accounts.get(&id) else { return Value::Null };
    let calendars = config.calendars.values().filter(|calendar| calendar.account == id);
    let calendars = calendars.map(|calendar| {
        json!({
            "id": calendar.id.to_string(),
            "name": calendar.name,
            "on": calendar.on,
            "role": role(calendar.role),
        })
    });
    json!({
        "id": id.to_string(),
        "name": account.name,
        "provider": account.provider,
        "subject": account.subject,
        "state": lifecycle(account.state),
        "calendars": calendars.collect::<Vec<_>>(),
    })
}

const fn role(role: CalendarRole) -> &'static str {
    match role {
        CalendarRole::Theirs => "theirs",
        CalendarRole::Subscribed => "subscribed",
        CalendarRole::Overlay(_) => "overlay",
        CalendarRole::Own => "own",
        CalendarRole::Lost => "lost",
    }
}

const fn lifecycle(state: Lifecycle) -> &'static str {
    match state {
        Lifecycle::Active => "active",
        Lifecycle::Paused(_) => "paused",
        Lifecycle::Retiring => "retiring",
        Lifecycle::Abandoned => "abandoned",
    }
}

/// All edges.
pub(crate) fn edges(config: &Config) -> Value {
    json!({ "edges": config.edges.values().map(edge).collect::<Vec<_>>() })
}

/// One of them.
pub(crate) fn edge(edge: &Edge) -> Value {
    json!({
        "id": edge.id.to_string(),
        "from": edge.from.to_string(),
        "to": edge.to.to_string(),
        "level": detail(edge.options.level),
        "state": lifecycle(edge.state),
        "pair": edge.pair.map(|pair| pair.to_string()),
        "past_days": edge.options.window.past_days,
        "future_days": edge.options.window.future_days,
        "private_grant": edge.options.private_grant,
        "may_notify": edge.options.may_notify,
    })
}

/// The edge with this id.
pub(crate) fn known_edge<'a>(config: &'a Config, id: &str) -> Result<&'a Edge, Problem> {
    let edge = id.parse().ok().and_then(|id: EdgeId| config.edges.get(&id));
    edge.ok_or_else(|| Problem::not_found("edge"))
}

/// How much shows, as a word.
pub(crate) const fn detail(level: DetailLevel) -> &'static str {
    match level {
        DetailLevel::Busy => "busy",
        DetailLevel::Title => "title",
        DetailLevel::Full => "full",
    }
}

/// What an event says where it lies, with whether its provider has still to take that.
pub(crate) fn event(body: &Body, presence: &Presence) -> Value {
    let mut shown = json!(Draft::of(body));
    let pending = presence.pending.as_ref();
    let parked = pending.and_then(|pending| pending.parked.clone());
    shown["all_day"] = json!(body.content.span.start.is_date());
    shown["organized"] = json!(body.content.organized);
    shown["waiting"] = json!(pending.is_some() && parked.is_none());
    shown["parked"] = json!(parked);
    shown
}

/// One thing that takes place.
pub(crate) fn occurring(one: &Occurring) -> Value {
    json!({
        "event": one.event.to_string(),
        "uid": one.uid,
        "calendar": one.calendar.to_string(),
        "title": one.title,
        "start": one.start.to_string(),
        "end": one.end.to_string(),
        "all_day": one.days.is_some(),
    })
}

/// Why an event is mirrored where it is.
pub(crate) fn explanation(found: &Explanation) -> Value {
    let reasons = |reasons: &[Reason]| -> Vec<Value> { reasons.iter().map(reason).collect() };
    let presences = found.presences.iter().map(|line| {
        json!({
            "calendar": line.calendar.to_string(),
            "title": line.title,
            "reasons": reasons(&line.reasons),
        })
    });
    let mirrors = found.mirrors.iter().map(|line| {
        let parts = line.parts.iter().map(|part| reason(&part.state));
        json!({
            "edge": line.edge.to_string(),
            "from": line.from.to_string(),
            "to": line.to.to_string(),
            "wanted": line.wanted,
            "reasons": reasons(&line.reasons),
            "parts": parts.collect::<Vec<_>>(),
        })
    });
    json!({
        "event": found.event.to_string(),
        "uid": found.uid,
        "presences": presences.collect::<Vec<_>>(),
        "mirrors": mirrors.collect::<Vec<_>>(),
        "entries": found.history.len(),
    })
}

fn reason(reason: &Reason) -> Value {
    json!({ "code": reason.code, "text": reason.text })
}

/// How accounts are.
pub(crate) fn health(slice: &Slice) -> Vec<Value> {
    let all = slice.config.accounts.values().map(|account| {
        let health = slice.health.get(&account.id).and_then(Option::as_ref);
        let failing = health.and_then(|health| health.failing.as_ref());
        json!({
            "id": account.id.to_string(),
            "name": account.name,
            "needs_sign_in": health.is_some_and(|health| health.needs_sign_in),
            "failing": failing.map(|failing| failing.code.clone()),
        })
    });
    all.collect()
}

/// How much there is.
pub(crate) fn counts(counts: &Counts) -> Value {
    json!({
        "events": counts.events,
        "mirrors": counts.mirrors,
        "open": counts.open,
        "parked": counts.parked,
        "quarantined": counts.quarantined,
        "jobs": counts.jobs,
    })
}

/// What a slice of work came to; none where one was under way already.
pub(crate) fn worked(worked: Option<&Worked>) -> Value {
    let Some(Worked { report, rows, cut }) = worked else { return json!({ "under_way": true }) };
    let Report { created, updated, deleted, settled, .. } = report;
    json!({
        "created": created,
        "updated": updated,
        "deleted": deleted,
        "settled": settled,
        "failures": report.failures.len(),
        "rows": rows,
        "cut": cut,
    })
}
