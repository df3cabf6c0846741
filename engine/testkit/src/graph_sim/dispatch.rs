//! From octets to the handler, and what every request has to pass: version, sign-in, scope,
//! mailbox, limits.

use std::collections::VecDeque;

use serde_json::Value;

use super::accounts;
use super::answer::{Answer, Refusal};
use super::context::Cx;
use super::fault::{Instead, Quirk};
use super::prefer::Prefer;
use super::profile::{Belief, Limits, Profile};
use super::query::Query;
use super::route::{self, Routed};
use super::state::{State, User};
use super::strict::Rule;
use crate::wire::{SimRequest, decode_path};

const VERSION: &str = "/v1.0";
/// Links of another back end (G20) lead here.
const SHARD: &str = "/v1.0/shard-7/v1.0";
const WINDOW_MS: i64 = 600_000;

/// What a request came to, before it is written out.
pub(crate) struct Dispatched {
    pub(crate) outcome: Result<Routed, Refusal>,
    pub(crate) applied: Vec<String>,
    pub(crate) findings: Vec<(Rule, String)>,
}

impl Dispatched {
    pub(crate) fn new(outcome: Result<Routed, Refusal>) -> Self {
        Self { outcome, applied: Vec::new(), findings: Vec::new() }
    }
}

/// Answers one request to the API or to the platform.
pub(crate) fn dispatch(
    state: &mut State,
    profile: &Profile,
    request: &SimRequest,
    now_ms: i64,
) -> Dispatched {
    let (path, query) = split(request);
    let path = path.replacen(SHARD, VERSION, 1);
    let Some(path) = path.strip_prefix(VERSION).map(str::to_owned) else {
        let answer = platform(state, profile, request, (&path, &query), now_ms);
        return Dispatched::new(answer.map(Routed::from));
    };
    let caller = match enter(state, profile, request, &path, now_ms) {
        Ok(caller) => caller,
        Err(refusal) => return Dispatched::new(Err(refusal)),
    };
    let prefer = match Prefer::read(&request.headers, profile) {
        Ok(prefer) => prefer,
        Err(refusal) => return Dispatched::new(Err(refusal)),
    };
    let (body, findings) = match body(request) {
        Ok(read) => read,
        Err(refusal) => return Dispatched::new(Err(refusal)),
    };
    let mut cx = Cx {
        state,
        profile,
        now_ms,
        caller,
        user: caller,
        prefer,
        query: Query::read(&query),
        base: format!("{}{VERSION}", request.origin()),
        path: path.clone(),
        body,
        if_match: request.get("if-match").map(str::to_owned),
        findings,
    };
    if path.contains("/events") || path.contains("/calendarView") {
        note_ids(&mut cx);
    }
    let decoded: Vec<String> = path.trim_matches('/').split('/').map(decode_path).collect();
    let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let outcome = route::route(&mut cx, &request.method, &segments);
    Dispatched { outcome, applied: cx.prefer.applied, findings: cx.findings }
}

fn note_ids(cx: &mut Cx<'_>) {
    if cx.ids() == super::ids::IdSpace::Mutable {
        cx.note(Rule::Ids, "Prefer: IdType=\"ImmutableId\" is missing");
    }
}

/// Raw path and query of a request.
pub(crate) fn split(request: &SimRequest) -> (String, String) {
    let target = request.target();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    (path.to_owned(), query.split('#').next().unwrap_or_default().to_owned())
}

type Body = (Option<Value>, Vec<(Rule, String)>);

fn body(request: &SimRequest) -> Result<Body, Refusal> {
    if request.body.is_empty() {
        return Ok((None, Vec::new()));
    }
    let kind = request.get("content-type").unwrap_or_default();
    if !kind.starts_with("application/json") {
        let message = "The Content-Type header is missing or not supported.";
        return Err(Refusal::new(415, "UnsupportedMediaType", message));
    }
    let message = "Unable to read JSON request payload.";
    let read = serde_json::from_slice(&request.body);
    let read = read.map_err(|_| Refusal::new(400, "BadRequest", message))?;
    Ok((Some(read), Vec::new()))
}

/// The platform: sign-in and its metadata.
fn platform(
    state: &mut State,
    profile: &Profile,
    request: &SimRequest,
    (path, query): (&str, &str),
    now_ms: i64,
) -> Result<Answer, Refusal> {
    let path = path.strip_prefix("/login").unwrap_or(path);
    let segments: Vec<String> = path.trim_matches('/').split('/').map(decode_path).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = Query::read(query);
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", [tenant, "oauth2", "v2.0", "authorize"]) => {
            Ok(accounts::authorize(state, profile, (tenant, &query), now_ms))
        }
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            let form = Query::read(&String::from_utf8_lossy(&request.body));
            Ok(accounts::token(state, profile, (tenant, &form), now_ms))
        }
        ("POST", [_, "oauth2", "v2.0", "revoke"]) if !profile.holds(Belief::NoRevocation) => {
            Ok(Answer::empty(200))
        }
        ("GET", [tenant, "v2.0", "adminconsent"]) => {
            let agrees = !profile.has(Quirk::AdminDeclines);
            Ok(accounts::admin_consent(state, tenant, &query, agrees))
        }
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            Ok(accounts::configuration(&request.origin(), tenant))
        }
        _ => {
            let broker = profile.holds(Belief::UriCodeIsBroker);
            let code = if broker { "RequestBroker--ParseUri" } else { "BadRequest" };
            Err(Refusal::new(404, code, "There is nothing at this address."))
        }
    }
}

/// Who asks, if they may.
fn enter(
    state: &mut State,
    profile: &Profile,
    request: &SimRequest,
    path: &str,
    now_ms: i64,
) -> Result<usize, Refusal> {
    let bad = |message: &str| {
        Refusal::new(401, "InvalidAuthenticationToken", message)
            .header("WWW-Authenticate", "Bearer realm=\"\"")
    };
    let header = request.get("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").ok_or_else(|| bad("Access token is empty."))?;
    let access = state.accounts.access.get(token).cloned();
    let access =
        access.ok_or_else(|| bad("CompactToken parsing failed with error code: 80049217"))?;
    if access.expires_ms <= now_ms {
        return Err(bad("Access token has expired or is not yet valid."));
    }
    if state.accounts.challenged.contains(&access.user) {
        let challenge = Instead::ClaimsChallenge.answer(state, now_ms);
        let message = "Continuous access evaluation resulted in challenge.";
        let mut refusal = Refusal::new(401, "InvalidAuthenticationToken", message);
        refusal.headers = challenge.headers;
        return Err(refusal);
    }
    if !accounts::allows(&access.scope, &request.method, path) {
        return Err(Refusal::denied());
    }
    let user = state.users.get_mut(&access.user).ok_or_else(Refusal::not_found)?;
    if !user.has_mailbox && path != "/me" {
        let message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
        return Err(Refusal::new(404, "MailboxNotEnabledForRESTAPI", message));
    }
    throttle(&profile.limits, user, now_ms)?;
    Ok(access.user)
}

/// The limits of a mailbox over ten minutes and at one time (3.13). What runs at once is what
/// began less than the time of one request ago, or what was not yet said to have ended.
fn throttle(limits: &Limits, user: &mut User, now_ms: i64) -> Result<(), Refusal> {
    let recent: &mut VecDeque<i64> = &mut user.requests;
    while recent.front().is_some_and(|at| *at <= now_ms - WINDOW_MS) {
        recent.pop_front();
    }
    let beside = recent.iter().rev().take_while(|at| **at > now_ms - limits.runs_ms).count();
    let runs_beside = limits.runs_ms > 0 && beside >= limits.concurrent_max;
    if runs_beside || (limits.counts_running && user.running >= limits.concurrent_max) {
        let message = "Application is over its MailboxConcurrency limit.";
        return Err(Refusal::new(429, "ApplicationThrottled", message).header("Retry-After", "1"));
    }
    if recent.len() >= limits.requests_max {
        let free_ms = recent.front().map_or(0, |at| at + WINDOW_MS - now_ms);
        let seconds = (free_ms + 999) / 1_000;
        let message = "Application is over its request limit.";
        return Err(Refusal::new(429, "TooManyRequests", message)
            .header("Retry-After", &seconds.to_string()));
    }
    recent.push_back(now_ms);
    user.running += usize::from(limits.counts_running);
    Ok(())
}
