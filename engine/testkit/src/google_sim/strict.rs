//! What a careful client never sends. Each request is checked as it came over the wire, against
//! the discovery document and beyond it; findings are logged, and some are refused.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::SimRequest;

use super::call::{Call, Query};
use super::discovery::{Method, Parameter, discovery};
use super::json::{Object, text};
use super::oauth::Endpoint;
use super::schema::{self, Author};
use super::state::State;

/// One thing a client should not have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Index of the request in the log.
    pub request: usize,
    /// Which rule it breaks.
    pub rule: Rule,
    /// What was wrong.
    pub detail: String,
}

/// Rules of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// No such method and path.
    Method,
    /// A query parameter that the method does not have.
    UnknownParameter,
    /// A query parameter with a value that cannot be, or twice.
    BadParameter,
    /// A body that does not parse, or is there where there is none.
    Body,
    /// A field that the resource does not have, or of another type.
    Field,
    /// A field is missing that the method needs.
    MissingField,
    /// A body that does not say that it is JSON.
    ContentType,
    /// PATCH, PUT or DELETE of an event without `If-Match`.
    Unconditional,
    /// A write to an event that leaves open who gets mail.
    SendUpdates,
    /// An instance id that no answer ever showed.
    InventedInstanceId,
    /// Two constraints on extended properties: the documents disagree on what that means.
    TwoProperties,
    /// A consent asked for without PKCE S256, or without `state`.
    Consent,
    /// A token in the URL.
    TokenInUrl,
    /// What carries our mark names people, beeps, or holds a conference.
    Silence,
}

/// The private property that says of an event that it is a mirror of ours.
const MARK: &str = "kal_m";

impl Rule {
    /// Whether a strict server refuses it.
    pub(crate) fn refuses(self) -> bool {
        match self {
            Self::UnknownParameter | Self::BadParameter | Self::Body | Self::Field => true,
            Self::Method
            | Self::MissingField
            | Self::ContentType
            | Self::Unconditional
            | Self::SendUpdates
            | Self::InventedInstanceId
            | Self::TwoProperties
            | Self::Consent
            | Self::TokenInUrl
            | Self::Silence => false,
        }
    }
}

/// What was found, in order.
pub(crate) type Findings = Vec<(Rule, String)>;

/// Checks one request.
pub(crate) fn check(state: &State, request: &SimRequest, call: Option<&Call>) -> Findings {
    let mut found = Findings::new();
    match (call, Endpoint::of(request.raw_path())) {
        (Some(call), _) => check_call(state, request, call, &mut found),
        (None, Some(Endpoint::Authorize)) => consent(&Query::of(request), &mut found),
        (None, Some(Endpoint::Token | Endpoint::Revoke)) => {}
        (None, None) => {
            note(&mut found, Rule::Method, format!("{} {}", request.method, request.raw_path()));
        }
    }
    found
}

fn note(found: &mut Findings, rule: Rule, detail: impl Into<String>) {
    found.push((rule, detail.into()));
}

fn check_call(state: &State, request: &SimRequest, call: &Call, found: &mut Findings) {
    parameters(call, found);
    body(request, call, found);
    if ["oauth_token", "access_token"].into_iter().any(|name| call.query.has(name)) {
        note(found, Rule::TokenInUrl, "the token stands in the URL");
    }
    let id = call.method.id.as_str();
    let changes = ["patch", "update", "delete"];
    let event = id.strip_prefix("calendar.events.");
    if event.is_some_and(|name| changes.contains(&name)) && call.if_match.is_none() {
        note(found, Rule::Unconditional, request.raw_path());
    }
    let writes =
        event.is_some_and(|name| changes.contains(&name) || ["insert", "move"].contains(&name));
    if writes && !call.query.has("sendUpdates") {
        note(found, Rule::SendUpdates, request.raw_path());
    }
    let constraints = ["privateExtendedProperty", "sharedExtendedProperty"];
    if constraints.into_iter().map(|name| call.query.all(name).count()).sum::<usize>() > 1 {
        note(found, Rule::TwoProperties, "more than one constraint");
    }
    if let Some(sent) = call.body.as_ref().filter(|_| writes) {
        silence(sent, id.ends_with(".patch"), found);
    }
    if invented(state, call) {
        note(found, Rule::InventedInstanceId, call.named("eventId"));
    }
}

/// A mirror mails, invites and beeps nobody: in words, since what is left out is what the calendar
/// has by default. A patch may leave out what it does not change.
fn silence(sent: &Value, is_patch: bool, found: &mut Findings) {
    let is_set = |value: &Value| !value.is_null() && *value != json!([]);
    let mark = sent["extendedProperties"]["private"][MARK].as_str().unwrap_or_default();
    if mark.is_empty() {
        return;
    }
    let reminders = &sent["reminders"];
    let is_off = reminders["useDefault"] == false && !is_set(&reminders["overrides"]);
    let is_left_out = is_patch && reminders.is_null();
    if !is_off && !is_left_out {
        note(found, Rule::Silence, format!("a mirror reminds: {reminders}"));
    }
    for name in ["attendees", "conferenceData"].into_iter().filter(|name| is_set(&sent[*name])) {
        note(found, Rule::Silence, format!("a mirror has {name}"));
    }
}

/// Whether the event id looks as if it was put together, and nobody was ever shown it.
fn invented(state: &State, call: &Call) -> bool {
    let id = call.named("eventId");
    let Some((master, _)) = id.rsplit_once('_') else {
        return false;
    };
    let named = call.named("calendarId");
    state.calendars.values().any(|calendar| {
        // The alias may stand for any of the primary ones.
        (calendar.id == named || (named == "primary" && calendar.is_primary()))
            && calendar.rows.contains_key(master)
            && !calendar.rows.contains_key(id)
            && !calendar.issued.contains_key(id)
    })
}

fn parameters(call: &Call, found: &mut Findings) {
    for (name, value) in &call.query.0 {
        let Some(parameter) = declared(call.method, name) else {
            note(found, Rule::UnknownParameter, name);
            continue;
        };
        if !fits(parameter, value) {
            note(found, Rule::BadParameter, format!("{name}={value}"));
        }
        if !parameter.repeated && call.query.all(name).count() > 1 {
            note(found, Rule::BadParameter, format!("{name} more than once"));
        }
    }
    for (name, parameter) in &call.method.parameters {
        if parameter.required && parameter.location == "query" && !call.query.has(name) {
            note(found, Rule::BadParameter, format!("{name} is missing"));
        }
    }
}

fn declared<'a>(method: &'a Method, name: &str) -> Option<&'a Parameter> {
    let own = method.parameters.get(name).filter(|parameter| parameter.location == "query");
    own.or_else(|| discovery().parameters.get(name))
}

fn fits(parameter: &Parameter, value: &str) -> bool {
    let bound = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<i64>().ok());
    let typed = match parameter.kind.as_str() {
        "boolean" => matches!(value, "true" | "false"),
        "integer" => value.parse::<i64>().is_ok_and(|number| {
            bound(&parameter.minimum).is_none_or(|least| number >= least)
                && bound(&parameter.maximum).is_none_or(|most| number <= most)
        }),
        _ => true,
    };
    let dated = parameter.format != "date-time" || value.parse::<Timestamp>().is_ok();
    let listed = parameter.values.is_empty() || parameter.values.iter().any(|one| one == value);
    typed && dated && listed
}

fn body(request: &SimRequest, call: &Call, found: &mut Findings) {
    let Some(reference) = &call.method.request else {
        if !request.body.is_empty() {
            note(found, Rule::Body, format!("{} takes no body", call.method.id));
        }
        return;
    };
    let Some(sent) = &call.body else {
        note(found, Rule::Body, "the body is no JSON");
        return;
    };
    let kind = request.get("content-type").unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        note(found, Rule::ContentType, format!("{kind:?} for JSON"));
    }
    for problem in schema::problems(&reference.name, sent, Author::Client) {
        note(found, Rule::Field, problem);
    }
    for problem in schema::missing(&reference.name, sent, &call.method.id) {
        note(found, Rule::MissingField, problem);
    }
}

fn consent(query: &Query, found: &mut Findings) {
    if query.get("code_challenge_method") != Some("S256") || !query.has("code_challenge") {
        note(found, Rule::Consent, "no code_challenge by S256");
    }
    if query.get("state").is_none_or(|state| state.len() < 8) {
        note(found, Rule::Consent, "no state, or one that can be guessed");
    }
}

/// What the replies of the log should not have been, by the discovery document.
pub(crate) fn reply_problems(request: &SimRequest, status: u16, body: &[u8]) -> Vec<String> {
    let Some(call) = Call::of(request) else {
        return Vec::new();
    };
    if status >= 400 {
        return error_problems(status, body);
    }
    let method = call.method;
    let Some(reference) = method.response.as_ref().filter(|_| status == 200) else {
        let words = format!("{} answers {status} with a body", method.id);
        return if body.is_empty() { Vec::new() } else { vec![words] };
    };
    let Ok(value) = serde_json::from_slice(body) else {
        return vec![format!("{} answers with no JSON", method.id)];
    };
    schema::problems(&reference.name, &value, Author::Server)
}

fn error_problems(status: u16, body: &[u8]) -> Vec<String> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = value.get("error").and_then(Value::as_object).cloned().unwrap_or_default();
    let entries = error.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let named = |entry: &Value| {
        let entry = entry.as_object().cloned().unwrap_or_else(Object::new);
        ["domain", "reason", "message"].into_iter().all(|field| text(&entry, field).is_some())
    };
    if error.get("code") == Some(&json!(status)) && !entries.is_empty() && entries.iter().all(named)
    {
        return Vec::new();
    }
    vec![format!("{status} does not carry an error of Google's form")]
}
