//! Notifications: what waits to be posted, and what becomes of receivers that are slow (3.10).

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::fault::Push;
use super::ids;
use super::show;
use super::state::State;
use super::subscriptions::Subscription;
use super::times;
use crate::wire::{Outgoing, SimRequest};

const MINUTE_MS: i64 = 60_000;
/// How long a notification is tried.
const RETRIED_MS: i64 = 240 * MINUTE_MS;
/// An answer that takes longer marks the receiver as slow.
const SLOW_MS: i64 = 2_900;
const SLOW_WINDOW_MS: i64 = 10 * MINUTE_MS;
const SLOW_COUNT_MIN: usize = 100;

/// What happened to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Updated,
    Deleted,
}

impl Change {
    const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// One item on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) url: String,
    pub(crate) item: Value,
    pub(crate) due_ms: i64,
    pub(crate) first_ms: i64,
    pub(crate) attempts: usize,
}

/// What was posted and not answered yet, and how quick each receiver was of late.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Posted {
    open: Vec<Open>,
    /// By URL: when, and whether it was slow.
    speed: BTreeMap<String, VecDeque<(i64, bool)>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Open {
    request: SimRequest,
    at_ms: i64,
    items: Vec<Waiting>,
}

/// Queues an item for everyone who watches an event that is still there.
pub(crate) fn changed(state: &mut State, number: u64, change: Change, now_ms: i64) {
    let Some(event) = state.events.get(&number) else {
        return;
    };
    let owner = state.calendars.get(&event.calendar).map(|held| held.owner);
    let live = state.subscriptions.values().filter(|one| one.expires_ms > now_ms);
    let watching = live.filter(|one| {
        Some(one.user) == owner
            && one.calendar.is_none_or(|calendar| calendar == event.calendar)
            && one.change_type.split(',').any(|word| word.trim() == change.word())
    });
    let items = watching.map(|one| {
        let id = ids::of_event(state.seed, number, event, one.ids);
        let tag = show::etag(number, &event.content);
        let item = item(state, one, change.word(), &id, &tag);
        let (due_ms, first_ms) = (now_ms, now_ms);
        Waiting { url: one.url.clone(), item, due_ms, first_ms, attempts: 0 }
    });
    let items: Vec<Waiting> = items.collect();
    state.waiting.extend(items);
}

fn item(state: &State, one: &Subscription, change: &str, id: &str, tag: &str) -> Value {
    let user = state.users.get(&one.user).map(|user| user.id.as_str()).unwrap_or_default();
    let resource = format!("Users/{user}/Events/{id}");
    json!({
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": times::show_instant(one.expires_ms),
        "changeType": change,
        "clientState": one.client_state,
        "tenantId": state.accounts.tenant_of(state, one.user),
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": tag,
            "id": id,
        },
    })
}

/// Queues a lifecycle item for a subscription that asked for them.
pub(crate) fn lifecycle(state: &mut State, id: &str, event: &str, now_ms: i64) -> bool {
    let Some(one) = state.subscriptions.get(id) else {
        return false;
    };
    let Some(url) = one.lifecycle_url.clone() else {
        return false;
    };
    let item = json!({
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": times::show_instant(one.expires_ms),
        "tenantId": state.accounts.tenant_of(state, one.user),
        "clientState": one.client_state,
        "lifecycleEvent": event,
    });
    let (due_ms, first_ms) = (now_ms, now_ms);
    state.waiting.push(Waiting { url, item, due_ms, first_ms, attempts: 0 });
    true
}

/// Posts that are due: one to each receiver, with all its items.
pub(crate) fn take(
    state: &mut State,
    posted: &mut Posted,
    now_ms: i64,
    mut faults: impl FnMut(&str) -> Vec<Push>,
) -> Vec<Outgoing> {
    let (due, later): (Vec<_>, Vec<_>) =
        std::mem::take(&mut state.waiting).into_iter().partition(|one| one.due_ms <= now_ms);
    state.waiting = later;
    let mut by_url: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for one in due {
        by_url.entry(one.url.clone()).or_default().push(one);
    }
    let mut out = Vec::new();
    for (url, items) in by_url {
        let mut posts = vec![items];
        for fault in faults(&url) {
            fault.spoil(&mut posts);
        }
        for items in posts {
            let value: Vec<&Value> = items.iter().map(|one| &one.item).collect();
            let request = SimRequest::new("POST", &url)
                .header("Content-Type", "application/json; charset=utf-8")
                .body(json!({"value": value}).to_string());
            let attempts = items.iter().map(|one| one.attempts).max().unwrap_or_default();
            posted.open.push(Open { request: request.clone(), at_ms: now_ms, items });
            out.push(Outgoing { due_ms: now_ms, request, attempts });
        }
    }
    out
}

/// What came of a post, after as long as it is open.
pub(crate) fn answered(
    state: &mut State,
    posted: &mut Posted,
    now_ms: i64,
    (request, status): (&SimRequest, u16),
) {
    let Some(at) = posted.open.iter().position(|open| open.request == *request) else {
        return;
    };
    let open = posted.open.remove(at);
    let speed = posted.speed.entry(request.url.clone()).or_default();
    speed.push_back((now_ms, now_ms - open.at_ms > SLOW_MS));
    while speed.front().is_some_and(|(at, _)| *at < now_ms - SLOW_WINDOW_MS) {
        speed.pop_front();
    }
    if (200..300).contains(&status) {
        return;
    }
    for mut one in open.items {
        one.attempts += 1;
        let minutes = i64::try_from(one.attempts.saturating_pow(2)).unwrap_or(i64::MAX);
        one.due_ms = now_ms + MINUTE_MS.saturating_mul(minutes);
        if one.due_ms - one.first_ms <= RETRIED_MS {
            state.waiting.push(one);
        }
    }
}

/// Holds back or drops what goes to slow receivers (G40).
pub(crate) fn hold_back(state: &mut State, posted: &Posted, now_ms: i64) {
    let share = |url: &str| {
        let speed = posted.speed.get(url).filter(|speed| speed.len() >= SLOW_COUNT_MIN);
        speed.map_or(0, |speed| 100 * speed.iter().filter(|(_, slow)| *slow).count() / speed.len())
    };
    state.waiting.retain(|one| share(&one.url) < 15);
    for one in &mut state.waiting {
        if share(&one.url) >= 10 && one.due_ms <= now_ms && one.first_ms + SLOW_WINDOW_MS > now_ms {
            one.due_ms = one.first_ms + SLOW_WINDOW_MS;
        }
    }
}
