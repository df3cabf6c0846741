//! From a request to the handler of its method, and from its answer to octets.

use super::clock::http_date;
use super::context::Cx;
use super::fault::Damage;
use super::profile::Profile;
use super::reply::{Body, Reply};
use super::sent::Sent;
use super::state::State;
use super::{auth, make, propfind, put, remove, report, report_fetch};
use crate::wire::{SimReply, SimRequest};

const WELL_KNOWN: &str = "/.well-known/caldav";

/// The server's own answer.
pub(crate) fn answer(
    state: &mut State,
    profile: &Profile,
    (request, sent): (&SimRequest, &Sent),
    path: &str,
    now_ms: i64,
) -> Reply {
    if path.trim_end_matches('/') == WELL_KNOWN {
        return match profile.access.well_known {
            Some(status) => Reply::status(status).header("Location", profile.layout.base),
            None => Reply::status(404),
        };
    }
    let user = match auth::login(state, &profile.access, request, path) {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let cx = Cx { state, profile, request, sent, now_ms, path: path.to_owned(), user };
    by_method(cx, &request.method)
}

fn by_method(mut cx: Cx<'_>, method: &str) -> Reply {
    match method {
        "OPTIONS" => propfind::options(&cx),
        "PROPFIND" => propfind::propfind(&mut cx),
        "REPORT" => report::report(&mut cx),
        "GET" => report_fetch::get(&cx),
        "HEAD" => report_fetch::get(&cx).body(Body::Empty),
        "PUT" => put::put(&mut cx),
        "DELETE" => remove::delete(&mut cx),
        "MOVE" => remove::move_resource(&mut cx),
        "MKCALENDAR" => make::make_calendar(&mut cx),
        "MKCOL" => make::make_collection(&mut cx),
        "PROPPATCH" => make::proppatch(&mut cx),
        _ => Reply::status(501),
    }
}

/// Writes the reply out, adds what every server sends, and spoils it as the faults say.
pub(crate) fn finish(reply: Reply, profile: &Profile, damages: &[Damage], now_ms: i64) -> SimReply {
    let mut style = profile.spelling.xml.clone();
    for damage in damages {
        damage.style(&mut style);
    }
    let mut reply = reply.write(&style);
    if reply.status != 0 {
        reply.set("Date", &http_date(now_ms + profile.spelling.date_skew_ms));
        reply.set("Server", profile.server);
        reply.set("Content-Length", &reply.body.len().to_string());
    }
    for damage in damages {
        damage.spoil(&mut reply);
    }
    reply
}
