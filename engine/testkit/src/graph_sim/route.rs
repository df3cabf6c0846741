//! From a method and a path to the handler.

use super::answer::{Answer, Refusal};
use super::context::Cx;
use super::{calendars, delta, events, mailbox, schedule, subscriptions};

/// What a handler comes to.
pub(crate) enum Routed {
    Answered(Answer),
    /// A handshake must be made first; the ticket of what waits.
    Asks(u64),
}

impl From<Answer> for Routed {
    fn from(answer: Answer) -> Self {
        Self::Answered(answer)
    }
}

type Segments<'a> = &'a [&'a str];

/// Answers an authorised request by its decoded path segments after the version.
pub(crate) fn route(
    cx: &mut Cx<'_>,
    method: &str,
    segments: Segments<'_>,
) -> Result<Routed, Refusal> {
    match segments {
        ["subscriptions", rest @ ..] => of_subscriptions(cx, method, rest),
        ["me", rest @ ..] => of_mailbox(cx, method, rest).map(Routed::from),
        ["users", name, rest @ ..] => {
            cx.user = cx.state.user(name).ok_or_else(Refusal::not_found)?;
            if cx.user != cx.caller {
                return Err(Refusal::denied());
            }
            of_mailbox(cx, method, rest).map(Routed::from)
        }
        _ => Err(no_such_path(segments.first().copied().unwrap_or_default())),
    }
}

fn no_such_path(segment: &str) -> Refusal {
    let message = format!("Resource not found for the segment '{segment}'.");
    Refusal::new(400, "BadRequest", &message)
}

fn not_allowed() -> Refusal {
    Refusal::new(405, "BadRequest", "The method is not allowed on this resource.")
}

fn of_subscriptions(cx: &mut Cx<'_>, method: &str, rest: Segments<'_>) -> Result<Routed, Refusal> {
    match (method, rest) {
        ("GET", []) => subscriptions::list(cx).map(Routed::from),
        ("POST", []) => subscriptions::begin(cx).map(Routed::Asks),
        ("GET", [id]) => subscriptions::get(cx, id).map(Routed::from),
        ("PATCH", [id]) => Ok(match subscriptions::patch(cx, id)? {
            Ok(answer) => Routed::Answered(answer),
            Err(ticket) => Routed::Asks(ticket),
        }),
        ("DELETE", [id]) => subscriptions::delete(cx, id).map(Routed::from),
        ("POST", [id, "reauthorize"]) => subscriptions::reauthorize(cx, id).map(Routed::from),
        _ => Err(not_allowed()),
    }
}

fn of_mailbox(cx: &mut Cx<'_>, method: &str, rest: Segments<'_>) -> Result<Answer, Refusal> {
    match (method, rest) {
        ("GET", []) => mailbox::me(cx),
        ("GET", ["mailboxSettings"]) => mailbox::settings(cx),
        ("GET", ["mailboxSettings", "timeZone"]) => mailbox::zone(cx),
        ("GET", ["outlook", name]) if name.starts_with("supportedTimeZones") => {
            mailbox::supported_zones(cx, name.contains("Iana"))
        }
        ("POST", ["translateExchangeIds" | "microsoft.graph.translateExchangeIds"]) => {
            mailbox::translate(cx)
        }
        ("GET", ["calendars"]) => calendars::list(cx),
        ("POST", ["calendars"]) => calendars::create(cx),
        ("GET", ["calendarGroups"]) => calendars::groups(cx),
        (_, ["calendarGroups", group, "calendars", rest @ ..]) => {
            if *group != calendars::group_id(cx) {
                return Err(Refusal::not_found());
            }
            match rest {
                [] => of_mailbox(cx, method, &["calendars"]),
                [id, rest @ ..] => of_calendar(cx, method, id, rest),
            }
        }
        (_, ["calendars", id, rest @ ..]) => of_calendar(cx, method, id, rest),
        ("POST", ["calendar", "getSchedule" | "microsoft.graph.getSchedule"]) => schedule::get(cx),
        (_, ["calendar", rest @ ..]) => {
            let number = cx.state.default_calendar(cx.user).ok_or_else(Refusal::not_found)?;
            of_number(cx, method, number, rest)
        }
        (_, rest) => of_events(cx, method, None, rest),
    }
}

fn of_calendar(
    cx: &mut Cx<'_>,
    method: &str,
    id: &str,
    rest: Segments<'_>,
) -> Result<Answer, Refusal> {
    let number = cx.calendar(id)?;
    of_number(cx, method, number, rest)
}

fn of_number(
    cx: &mut Cx<'_>,
    method: &str,
    number: u64,
    rest: Segments<'_>,
) -> Result<Answer, Refusal> {
    match (method, rest) {
        ("GET", []) => calendars::get(cx, number),
        ("PATCH", []) => calendars::patch(cx, number),
        ("DELETE", []) => calendars::delete(cx, number),
        (_, []) => Err(not_allowed()),
        (_, rest) => of_events(cx, method, Some(number), rest),
    }
}

fn of_events(
    cx: &mut Cx<'_>,
    method: &str,
    calendar: Option<u64>,
    rest: Segments<'_>,
) -> Result<Answer, Refusal> {
    match (method, rest) {
        ("GET", ["events"]) => events::list(cx, calendar),
        ("POST", ["events"]) => events::create(cx, calendar),
        ("GET", ["calendarView"]) => events::view(cx, calendar),
        ("GET", ["calendarView", name]) if is_delta(name) => delta::view(cx, calendar),
        ("GET", ["events", name]) if is_delta(name) => delta::events(cx, calendar),
        ("GET", ["events", id]) => events::get(cx, calendar, id),
        ("PATCH", ["events", id]) => events::patch(cx, calendar, id),
        ("DELETE", ["events", id]) => events::delete(cx, calendar, id),
        ("GET", ["events", id, "instances"]) => events::instances(cx, calendar, id),
        ("POST", ["events", id, "cancel"]) => events::cancel(cx, calendar, id),
        ("POST", ["events", id, verb @ ("accept" | "decline" | "tentativelyAccept")]) => {
            events::respond(cx, calendar, id, verb)
        }
        (_, ["events" | "calendarView", ..]) => Err(not_allowed()),
        (_, rest) => Err(no_such_path(rest.first().copied().unwrap_or_default())),
    }
}

/// Delta is a function: SDKs spell it with its namespace or its parentheses.
fn is_delta(name: &str) -> bool {
    let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
    name.strip_suffix("()").unwrap_or(name) == "delta"
}
