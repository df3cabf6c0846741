//! Messages of watch channels, as values that a world or an HTTP front carries to their address.

use crate::wire::{Outgoing, SimRequest};

use super::channel::{Channel, Watched};
use super::fault::{FaultPlan, PushFault};
use super::profile::Push;
use super::state::State;
use super::time::http_date;

/// Waits between attempts, in milliseconds.
const BACKOFF_MS: [i64; 4] = [10_000, 60_000, 600_000, 3_600_000];

/// Messages that wait.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    waiting: Vec<Outgoing>,
}

impl Outbox {
    /// Takes what is due, the earliest first.
    pub(crate) fn take(&mut self, now_ms: i64) -> Vec<Outgoing> {
        let all = std::mem::take(&mut self.waiting);
        let (mut due, waiting): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|sent| sent.due_ms <= now_ms);
        self.waiting = waiting;
        due.sort_by_key(|sent| sent.due_ms);
        due
    }

    /// When the next message is due.
    pub(crate) fn next_ms(&self) -> Option<i64> {
        self.waiting.iter().map(|sent| sent.due_ms).min()
    }

    /// Hears how an address answered: 500 and 502 to 504 are tried again, later each time;
    /// everything else is final. No answer at all counts as 503.
    pub(crate) fn answered(&mut self, sent: Outgoing, status: u16, now_ms: i64) {
        let again = BACKOFF_MS.get(sent.attempts).filter(|_| matches!(status, 500 | 502..=504));
        if let Some(wait_ms) = again {
            let attempts = sent.attempts + 1;
            self.waiting.push(Outgoing { due_ms: now_ms + wait_ms, attempts, ..sent });
        }
    }
}

/// Tells every channel what it does not know yet. Called after each request and each edit.
pub(crate) fn tell(state: &mut State, faults: &mut FaultPlan, habits: &Push, now_ms: i64) {
    let changed = changed(state);
    let kind = |held: &Channel| match held.number {
        0 => Some("sync"),
        _ => changed.contains(&held.watched).then_some("exists"),
    };
    let told = live(state, now_ms).filter_map(|held| Some((held.id.clone(), kind(held)?)));
    for (id, kind) in told.collect::<Vec<_>>() {
        send(state, faults, habits, (&id, kind), now_ms);
    }
}

fn live(state: &State, now_ms: i64) -> impl Iterator<Item = &Channel> {
    state.channels.values().filter(move |held| !held.stopped && now_ms < held.expires_ms)
}

/// What changed since it was last asked.
fn changed(state: &mut State) -> Vec<Watched> {
    let mut out = Vec::new();
    for (id, calendar) in &mut state.calendars {
        if calendar.seq > calendar.told_seq {
            calendar.told_seq = calendar.seq;
            out.push(Watched::Events(id.clone()));
        }
    }
    for (email, user) in &mut state.users {
        if user.list_seq > user.list_told {
            user.list_told = user.list_seq;
            out.push(Watched::List(email.clone()));
        }
    }
    out
}

fn send(
    state: &mut State,
    faults: &mut FaultPlan,
    habits: &Push,
    (id, kind): (&str, &str),
    now_ms: i64,
) {
    let Some(channel) = state.channels.get_mut(id) else {
        return;
    };
    channel.number += 1;
    let channel = channel.clone();
    let method = if kind == "sync" { "SYNC" } else { "PUSH" };
    let mut found = vec![message(&channel, kind, now_ms + habits.delay_ms)];
    for fault in faults.take(method, &channel.watched.path()) {
        if let Some(fault) = fault.push() {
            found = spoilt(fault, found, &channel, state);
        }
    }
    state.outbox.waiting.extend(found);
}

fn message(channel: &Channel, kind: &str, due_ms: i64) -> Outgoing {
    let mut headers = vec![
        ("X-Goog-Channel-ID", channel.id.clone()),
        ("X-Goog-Channel-Expiration", http_date(channel.expires_ms)),
        ("X-Goog-Message-Number", channel.number.to_string()),
        ("X-Goog-Resource-ID", channel.resource_id.clone()),
        ("X-Goog-Resource-State", kind.to_owned()),
        ("X-Goog-Resource-URI", channel.uri.clone()),
    ];
    if let Some(token) = &channel.token {
        headers.push(("X-Goog-Channel-Token", token.clone()));
    }
    let bare = SimRequest::new("POST", &channel.address);
    let add = |request: SimRequest, (name, value): (&str, String)| request.header(name, &value);
    Outgoing { due_ms, request: headers.into_iter().fold(bare, add), attempts: 0 }
}

/// What a fault makes of messages (F20).
fn spoilt(
    fault: PushFault,
    found: Vec<Outgoing>,
    channel: &Channel,
    state: &State,
) -> Vec<Outgoing> {
    let with = |name: &str, value: &str| {
        let mut out = found.clone();
        for sent in &mut out {
            set(sent, name, value);
        }
        out
    };
    match fault {
        PushFault::Lost => Vec::new(),
        PushFault::Twice => [found.clone(), found].concat(),
        PushFault::Late(ms) => later(found, |due_ms| due_ms + ms),
        PushFault::BeyondExpiry => later(found, |_| channel.expires_ms + 1_000),
        PushFault::WrongToken => with("X-Goog-Channel-Token", "a guess"),
        PushFault::WrongResource => with("X-Goog-Resource-ID", "another-resource"),
        PushFault::UnknownChannel => with("X-Goog-Channel-ID", "a-channel-of-nobody"),
        PushFault::FromStopped => {
            let stopped = state.channels.values().filter(|held| held.stopped);
            let stopped = stopped.filter(|held| held.watched == channel.watched);
            let due_ms = found.first().map_or(0, |sent| sent.due_ms);
            let echoes = stopped.map(|held| message(held, "exists", due_ms));
            echoes.chain(found.iter().cloned()).collect()
        }
    }
}

fn later(mut found: Vec<Outgoing>, due: impl Fn(i64) -> i64) -> Vec<Outgoing> {
    for sent in &mut found {
        sent.due_ms = due(sent.due_ms);
    }
    found
}

fn set(sent: &mut Outgoing, name: &str, value: &str) {
    sent.request.headers.retain(|(known, _)| known != name);
    sent.request.headers.push((name.to_owned(), value.to_owned()));
}
