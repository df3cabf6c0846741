//! From a request to the function that answers it.

use crate::wire::{SimReply, SimRequest};

use super::call::Call;
use super::context::{Caller, Cx};
use super::error::ApiError;
use super::fault::Damage;
use super::profile::Profile;
use super::reply::{Answer, Reply};
use super::state::State;
use super::strict::Findings;
use super::time::http_date;
use super::{
    calendar_list, calendars, channel, events_change, events_list, events_new, free_busy, partial,
    quota, settings,
};

/// The caller of a call, by its bearer token.
pub(crate) fn caller(state: &State, call: &Call, now_ms: i64) -> Option<Caller> {
    let token = call.authorization.as_deref()?.strip_prefix("Bearer ")?;
    let access = state.oauth.of_access(token, now_ms)?;
    state.users.contains_key(&access.who.user).then(|| Caller {
        user: access.who.user.clone(),
        client: access.who.client.clone(),
        scopes: access.scopes.clone(),
    })
}

/// Answers a call of the API.
pub(crate) fn answer(
    state: &mut State,
    profile: &Profile,
    call: &Call,
    refused: &Findings,
    now_ms: i64,
) -> Reply {
    let found = admitted(state, profile, call, refused, now_ms).and_then(|caller| {
        let mut cx = Cx { state, profile, call, caller, now_ms };
        by_method(&mut cx)
    });
    let mut reply = match found {
        Ok(reply) => reply,
        Err(error) => return Reply::refused(&error),
    };
    if let (Some(body), Some(selector)) = (&reply.body, call.query.get("fields")) {
        reply.body = Some(partial::select(body, selector));
    }
    reply
}

fn admitted(
    state: &mut State,
    profile: &Profile,
    call: &Call,
    refused: &Findings,
    now_ms: i64,
) -> Result<Caller, ApiError> {
    let caller = caller(state, call, now_ms).ok_or_else(ApiError::credentials)?;
    quota::spend(state, &profile.quota, &caller.user, now_ms)?;
    if let Some((rule, why)) = refused.first() {
        return Err(ApiError::new(400, "global", "badRequest", format!("{rule:?}: {why}")));
    }
    if caller.scopes.is_disjoint(&call.method.scopes) {
        return Err(ApiError::scopes());
    }
    quota::check_lock(state, call, &caller.user, now_ms)?;
    Ok(caller)
}

fn by_method(cx: &mut Cx<'_>) -> Answer {
    let id = cx.call.method.id.as_str();
    match id.strip_prefix("calendar.").unwrap_or(id) {
        "calendarList.list" => calendar_list::list(cx),
        "calendarList.get" => calendar_list::get(cx),
        "calendarList.insert" => calendar_list::insert(cx),
        "calendarList.patch" => calendar_list::patch(cx),
        "calendarList.update" => calendar_list::update(cx),
        "calendarList.delete" => calendar_list::delete(cx),
        "calendarList.watch" => channel::watch_list(cx),
        "calendars.insert" => calendars::insert(cx),
        "calendars.get" => calendars::get(cx),
        "calendars.patch" => calendars::patch(cx),
        "calendars.update" => calendars::update(cx),
        "calendars.delete" => calendars::delete(cx),
        "calendars.clear" => calendars::clear(cx),
        "events.list" => events_list::list(cx),
        "events.instances" => events_list::instances(cx),
        "events.get" => events_change::get(cx),
        "events.insert" => events_new::insert(cx),
        "events.import" => events_new::import(cx),
        "events.patch" => events_change::patch(cx),
        "events.update" => events_change::update(cx),
        "events.delete" => events_change::delete(cx),
        "events.move" => events_change::move_to(cx),
        "events.watch" => channel::watch_events(cx),
        "channels.stop" => channel::stop(cx),
        "freebusy.query" => free_busy::query(cx),
        "settings.list" => settings::list(cx),
        "settings.get" => settings::get(cx),
        other => {
            let words = format!("{other} is not simulated");
            Err(ApiError::new(501, "global", "notImplemented", words))
        }
    }
}

/// The answer to what is neither the API nor OAuth.
pub(crate) fn nowhere(request: &SimRequest) -> Reply {
    let words = format!("{} {} is not here", request.method, request.raw_path());
    Reply::refused(&ApiError::new(404, "global", "notFound", words))
}

/// Writes the reply out, adds what every server sends, and spoils it as the faults say.
pub(crate) fn finish(reply: Reply, damages: &[Damage], now_ms: i64) -> SimReply {
    let mut reply = reply.write();
    if reply.status != 0 {
        reply.set("Date", &http_date(now_ms));
        reply.set("Server", "ESF");
        reply.set("Content-Length", &reply.body.len().to_string());
    }
    for damage in damages {
        damage.spoil(&mut reply);
    }
    reply
}
