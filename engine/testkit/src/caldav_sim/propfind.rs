//! PROPFIND and OPTIONS: discovery and listings (RFC 4918 section 9.1, RFC 6764, RFC 5397).

use super::context::Cx;
use super::multistatus::{self, Wanted};
use super::properties::Target;
use super::reply::Reply;
use super::state::with_slash;
use super::xml::DAV;

/// PROPFIND. One that lists a calendar may come late.
pub(crate) fn propfind(cx: &mut Cx<'_>) -> Reply {
    let listed = cx.calendar_path().filter(|_| cx.request.get("depth") == Some("1"));
    let Some(path) = listed else { return answer(cx) };
    if let Some(calendar) = cx.state.calendars.get_mut(&path) {
        calendar.reach = (calendar.late > 0).then(|| calendar.take_reach());
    }
    let reply = answer(cx);
    if let Some(calendar) = cx.state.calendars.get_mut(&path) {
        calendar.reach = None;
    }
    reply
}

fn answer(cx: &Cx<'_>) -> Reply {
    let asked = match cx.request.body.is_empty() {
        true => None,
        false => match cx.sent.xml() {
            Ok(root) if root.is(DAV, "propfind") => Some(root),
            Ok(root) => return Reply::words(400, &format!("{} is no propfind", root.name)),
            Err(why) => return Reply::words(400, why),
        },
    };
    let wanted = Wanted::read(asked);
    let Some(top) = target(cx) else {
        return missing(cx);
    };
    let depth = cx.request.get("depth").unwrap_or("infinity");
    let mut targets = vec![top];
    if depth != "0" {
        let mut at = 0;
        while let Some(target) = targets.get(at).cloned() {
            if at == 0 || depth != "1" {
                targets.extend(children(cx, &target));
            }
            at += 1;
        }
    }
    let responses =
        targets.iter().map(|target| multistatus::found(cx, target, &wanted, false)).collect();
    Reply::multistatus(multistatus::document(cx, responses))
}

/// OPTIONS.
pub(crate) fn options(cx: &Cx<'_>) -> Reply {
    Reply::status(200).header("DAV", cx.profile.dav).header(
        "Allow",
        "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT, MKCALENDAR, MKCOL, MOVE",
    )
}

fn missing(cx: &Cx<'_>) -> Reply {
    if cx.profile.access.missing_as_multistatus {
        let gone = multistatus::gone(cx, &cx.path, 404);
        return Reply::multistatus(multistatus::document(cx, vec![gone]));
    }
    Reply::status(404)
}

/// What the request's path names.
pub(crate) fn target(cx: &Cx<'_>) -> Option<Target> {
    if let Some((calendar, name)) = cx.state.split(&cx.path)
        && let Some(resource) = cx.state.calendars.get(&calendar)?.resources.get(&name)
        && cx.shown(resource)
    {
        return Some(Target::Member(calendar, name));
    }
    let path = with_slash(&cx.path);
    let base = path == cx.profile.layout.base || path == "/";
    let own = cx.state.users.values().any(|user| {
        [&user.principal, &user.home, &user.shared_home].iter().any(|own| **own == path)
    });
    (base || own || cx.state.calendars.contains_key(&path)).then_some(Target::Collection(path))
}

fn children(cx: &Cx<'_>, target: &Target) -> Vec<Target> {
    let path = match target {
        Target::Member(..) => return Vec::new(),
        Target::Collection(path) => path,
    };
    if let Some(calendar) = cx.state.calendars.get(path) {
        let is_late =
            |name: &String| calendar.reach.is_some_and(|reach| calendar.came_after(name, reach));
        let members = cx.members(path).into_iter().filter(|name| !is_late(name));
        return members.map(|name| Target::Member(path.clone(), name)).collect();
    }
    let inside = cx.state.calendars.keys().filter(|calendar| {
        let rest = calendar.strip_prefix(path.as_str());
        rest.is_some_and(|rest| rest.trim_end_matches('/').split('/').count() == 1)
    });
    inside.map(|calendar| Target::Collection(calendar.clone())).collect()
}
