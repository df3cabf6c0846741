//! The simulator itself: one request, one reply, or a handshake in between.

use std::collections::BTreeMap;

use serde_json::Value;

use super::accounts::Accounts;
use super::answer::{Answer, Refusal};
use super::batch;
use super::dispatch::{self, Dispatched};
use super::fault::{Fault, FaultPlan, Push, Quirk};
use super::hash;
use super::profile::{Belief, Profile};
use super::route::Routed;
use super::state::State;
use super::strict::{Rule, Violation};
use super::subscriptions;
use super::times;
use super::webhooks::{self, Posted};
use crate::wire::{Delivery, Heard, Outgoing, SimReply, SimRequest, SimServer, Turn};

/// After this long the service touches an event by itself (G25).
const TOUCHED_MS: i64 = 5_000;

/// Microsoft Graph without sockets and clocks. Equal calls give equal replies.
#[derive(Clone, Debug)]
pub struct GraphSim {
    pub(super) state: State,
    pub(super) profile: Profile,
    pub(super) faults: FaultPlan,
    strict: bool,
    violations: Vec<Violation>,
    log: Vec<Logged>,
    posted: Posted,
    /// Requests that wait for a handshake, by ticket.
    asking: BTreeMap<u64, SimRequest>,
    /// When an event is touched, and which.
    touches: Vec<(i64, u64)>,
}

/// One exchange as it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Virtual time, UTC milliseconds.
    pub at_ms: i64,
    /// The request with its body.
    pub request: SimRequest,
    /// The reply as it was made; its delivery says what the client saw of it.
    pub reply: SimReply,
}

impl GraphSim {
    /// A service without users. Ids, tokens and secrets follow from the seed.
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            state: State { seed, accounts: Accounts::default(), ..State::default() },
            profile,
            faults: FaultPlan::default(),
            strict: false,
            violations: Vec::new(),
            log: Vec::new(),
            posted: Posted::default(),
            asking: BTreeMap::new(),
            touches: Vec::new(),
        }
    }

    /// The habits, to be changed at will between requests.
    pub fn profile_mut(&mut self) -> &mut Profile {
        &mut self.profile
    }

    /// The fault plan.
    pub fn faults_mut(&mut self) -> &mut FaultPlan {
        &mut self.faults
    }

    /// Refuses with 400 what would otherwise only be logged as a violation.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// What clients should not have sent.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// All exchanges so far.
    pub fn log(&self) -> &[Logged] {
        &self.log
    }

    /// How many requests of each mailbox are under way, members of batches each by itself, where
    /// they are counted.
    pub fn running(&self) -> BTreeMap<String, usize> {
        let users = self.state.users.values();
        users.map(|user| (user.address.clone(), user.running)).collect()
    }

    /// So many requests of a mailbox have ended.
    pub fn ended(&mut self, address: &str, count: usize) {
        let mut users = self.state.users.values_mut();
        if let Some(user) = users.find(|user| user.address == address) {
            user.running = user.running.saturating_sub(count);
        }
    }

    /// Forgets exchanges and violations.
    pub fn clear_log(&mut self) {
        self.log.clear();
        self.violations.clear();
    }

    /// Takes the state of another moment, as a restored backup does; log, faults and violations
    /// stay.
    pub fn restore(&mut self, backup: &Self) {
        self.state = backup.state.clone();
    }

    /// Tells a subscription's owner of `reauthorizationRequired`, `subscriptionRemoved` or
    /// `missed`; false where it asked for no such news. A removed one is gone.
    pub fn tell_lifecycle(&mut self, now_ms: i64, subscription: &str, event: &str) -> bool {
        let told = webhooks::lifecycle(&mut self.state, subscription, event, now_ms);
        if event == "subscriptionRemoved" {
            self.state.subscriptions.remove(subscription);
        }
        told
    }

    /// Answers one request, or gives the ticket under which it waits.
    fn one(
        &mut self,
        now_ms: i64,
        request: &SimRequest,
        is_whole: bool,
    ) -> (Result<SimReply, u64>, Delivery) {
        self.touch_due(now_ms);
        let mut profile = self.profile.clone();
        let (mut instead, mut delivery) = (None, Delivery::Complete);
        let mut changes = Vec::new();
        for fault in self.faults.take(&request.method, &request.path()) {
            match fault {
                Fault::Quirk(quirk) => {
                    profile.quirks.insert(quirk);
                }
                Fault::Instead(answer) => instead = instead.or(Some(answer)),
                Fault::World(change) => changes.push(change),
                Fault::Delivered(other) => delivery = other,
                Fault::Push(_) => {}
            }
        }
        if is_whole && !delivery.commits() {
            return (Ok(SimReply::new(0, "")), delivery);
        }
        for change in changes {
            change.apply(&mut self.state);
        }
        let before = self.state.seq;
        let dispatched = match instead {
            Some(answer) => {
                let answer = answer.answer(&mut self.state, now_ms);
                Dispatched::new(Ok(Routed::Answered(answer)))
            }
            None if request.path().ends_with("/$batch") => self.batch(now_ms, request, &profile),
            None => dispatch::dispatch(&mut self.state, &profile, request, now_ms),
        };
        if profile.has(Quirk::TouchesLater) {
            let changed = self.state.events.iter().filter(|(_, event)| event.seq > before);
            self.touches.extend(changed.map(|(number, _)| (now_ms + TOUCHED_MS, *number)));
        }
        (self.written(now_ms, request, dispatched), delivery)
    }

    fn batch(&mut self, now_ms: i64, request: &SimRequest, profile: &Profile) -> Dispatched {
        if request.method != "POST" {
            return Dispatched::new(Err(Refusal::new(405, "BadRequest", "A batch is posted.")));
        }
        let members = match batch::read(&request.body, request, profile.limits.batch_max) {
            Ok(members) => members,
            Err(refusal) => return Dispatched::new(Err(refusal)),
        };
        let mut statuses = BTreeMap::new();
        let mut parts: Vec<Value> = Vec::new();
        for (at, member) in members.into_iter().enumerate() {
            if batch::is_blocked(&member, &statuses) {
                statuses.insert(member.id.clone(), 424);
                parts.push(batch::failed_dependency(&member.id));
                continue;
            }
            if profile.has(Quirk::BatchThrottled) && at % 2 == 1 {
                statuses.insert(member.id.clone(), 429);
                parts.push(batch::throttled(&member.id));
                continue;
            }
            let reply = match self.one(now_ms, &member.request, false).0 {
                Ok(reply) => reply,
                // Nobody can be asked from within a batch.
                Err(ticket) => {
                    self.state.pending.remove(&ticket);
                    SimReply::new(
                        400,
                        r#"{"error":{"code":"ValidationError","message":"Subscription validation request timed out."}}"#,
                    )
                }
            };
            statuses.insert(member.id.clone(), reply.status);
            parts.push(batch::part(&member.id, &reply));
        }
        let answer = batch::answer(parts, profile.has(Quirk::BatchBackwards));
        Dispatched::new(Ok(Routed::Answered(answer)))
    }

    /// Notes findings and writes an answer out.
    fn written(
        &mut self,
        now_ms: i64,
        request: &SimRequest,
        dispatched: Dispatched,
    ) -> Result<SimReply, u64> {
        let nth = self.state.draw();
        let request_id = hash::guid(self.state.seed, "request", nth);
        let client_id = request.get("client-request-id").unwrap_or(&request_id).to_owned();
        let refusal =
            dispatched.findings.first().filter(|_| self.strict).map(|(rule, why)| {
                Refusal::new(400, "StrictSimulator", &format!("{rule:?}: {why}"))
            });
        self.note(dispatched.findings, dispatched.outcome.as_ref().err());
        let outcome = refusal.map_or(dispatched.outcome, Err);
        let answer = match outcome {
            Ok(Routed::Answered(answer)) => answer,
            Ok(Routed::Asks(ticket)) => return Err(ticket),
            Err(refusal) => refusal.answer(&times::show_plain(now_ms), &request_id, &client_id),
        };
        let mut reply = octets(answer);
        let ids = [("request-id", &request_id), ("client-request-id", &client_id)];
        for (name, id) in ids {
            reply = reply.header(name, id);
        }
        if !dispatched.applied.is_empty() {
            reply = reply.header("Preference-Applied", &dispatched.applied.join(", "));
        }
        Ok(reply.header("Date", &times::http_date(now_ms)))
    }

    fn note(&mut self, findings: Vec<(Rule, String)>, refusal: Option<&Refusal>) {
        let request = self.log.len();
        let noted = findings.into_iter().map(|(rule, detail)| Violation { request, rule, detail });
        self.violations.extend(noted);
        let Some(refusal) = refusal else { return };
        let rule = match refusal.code.as_str() {
            "RequestBodyRead" => Rule::Contract,
            "UnsupportedMediaType" => Rule::ContentType,
            "ErrorInvalidUrlQuery" | "ErrorInvalidParameter" => Rule::Query,
            "RequestBroker--ParseUri" | "BadRequest" => Rule::Path,
            _ => return,
        };
        self.violations.push(Violation { request, rule, detail: refusal.message.clone() });
    }

    fn keep(&mut self, now_ms: i64, request: &SimRequest, reply: SimReply) -> SimReply {
        self.log.push(Logged { at_ms: now_ms, request: request.clone(), reply: reply.clone() });
        reply
    }

    /// Housekeeping of the service: the change key moves, and nothing else does.
    fn touch_due(&mut self, now_ms: i64) {
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.touches).into_iter().partition(|(at, _)| *at <= now_ms);
        self.touches = later;
        for (_, number) in due {
            let seq = self.state.next_seq();
            if let Some(event) = self.state.events.get_mut(&number) {
                event.seq = seq;
                event.content.change = seq;
                webhooks::changed(&mut self.state, number, webhooks::Change::Updated, now_ms);
            }
        }
    }
}

impl SimServer for GraphSim {
    /// Answers one request. Nobody is there to answer a handshake, so that subscriptions are
    /// refused: who carries them uses [`SimServer::start`] and [`SimServer::resume`].
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        match self.start(now_ms, request) {
            Turn::Reply(reply) => reply,
            Turn::Ask { ticket, .. } => self.resume(now_ms, ticket, &[]),
        }
    }

    fn start(&mut self, now_ms: i64, request: &SimRequest) -> Turn {
        let (outcome, delivery) = self.one(now_ms, request, true);
        match outcome {
            Ok(reply) => Turn::Reply(self.keep(now_ms, request, deliver(reply, delivery))),
            Err(ticket) => {
                self.asking.insert(ticket, request.clone());
                let pending = self.state.pending.get(&ticket);
                let calls = pending.map(|pending| pending.calls.clone()).unwrap_or_default();
                Turn::Ask { ticket, calls }
            }
        }
    }

    fn resume(&mut self, now_ms: i64, ticket: u64, heard: &[Option<Heard>]) -> SimReply {
        let Some(request) = self.asking.remove(&ticket) else {
            return SimReply::new(400, "");
        };
        let pending = self.state.pending.remove(&ticket);
        let ended = pending.ok_or_else(Refusal::not_found);
        let ended = ended.and_then(|pending| subscriptions::finish(pending, heard));
        let outcome = ended.map(|(subscription, is_new)| {
            let hides = !is_new && self.profile.holds(Belief::ClientStateIsHidden);
            let shown = subscriptions::show(&subscription, hides);
            self.state.subscriptions.insert(subscription.id.clone(), subscription);
            Routed::Answered(Answer::new(if is_new { 201 } else { 200 }, shown))
        });
        let reply = self.written(now_ms, &request, Dispatched::new(outcome));
        let reply = reply.unwrap_or_else(|_| SimReply::new(500, ""));
        self.keep(now_ms, &request, reply)
    }

    /// Notifications that are due now. What nobody reports is neither repeated nor counted.
    fn outgoing(&mut self, now_ms: i64) -> Vec<Outgoing> {
        webhooks::hold_back(&mut self.state, &self.posted, now_ms);
        let faults = &mut self.faults;
        let pushes = |url: &str| -> Vec<Push> {
            let path = SimRequest::new("POST", url).path();
            let met = faults.take("NOTIFY", &path).into_iter();
            met.filter_map(|fault| match fault {
                Fault::Push(push) => Some(push),
                Fault::Quirk(_) | Fault::Instead(_) | Fault::World(_) | Fault::Delivered(_) => None,
            })
            .collect()
        };
        webhooks::take(&mut self.state, &mut self.posted, now_ms, pushes)
    }

    fn answered(&mut self, now_ms: i64, sent: Outgoing, status: u16) {
        let answer = (&sent.request, status);
        webhooks::answered(&mut self.state, &mut self.posted, now_ms, answer);
    }
}

const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

fn octets(answer: Answer) -> SimReply {
    let is_page = answer.headers.iter().any(|(_, value)| value.starts_with("text/html"));
    let text = match &answer.body {
        None => String::new(),
        Some(Value::String(page)) if is_page => page.clone(),
        Some(body) => body.to_string(),
    };
    let mut reply = SimReply::new(answer.status, text);
    if !reply.body.is_empty() && !is_page {
        reply = reply.header("Content-Type", JSON);
    }
    for (name, value) in &answer.headers {
        reply = reply.header(name, value);
    }
    let length = reply.body.len().to_string();
    reply.header("Content-Length", &length)
}

fn deliver(mut reply: SimReply, delivery: Delivery) -> SimReply {
    if let Delivery::TruncateAt(at) = delivery {
        reply.delivery = Delivery::TruncateAt(at.min(reply.body.len()));
    } else {
        reply.delivery = delivery;
    }
    reply
}
