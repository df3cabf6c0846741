//! REPORT: which report it is, and what one bad item does to all (RFC 3253 section 3.6).

use super::context::Cx;
use super::ics_check;
use super::profile::Poison;
use super::reply::Reply;
use super::state::Resource;
use super::xml::{CAL, DAV};
use super::{report_fetch, report_query, report_sync};

/// REPORT on a calendar.
pub(crate) fn report(cx: &mut Cx<'_>) -> Reply {
    let sent = cx.sent;
    let root = match sent.xml() {
        Ok(root) => root,
        Err(why) => return Reply::words(400, why),
    };
    let Some(calendar) = cx.calendar_path() else {
        return Reply::status(404);
    };
    let profile = cx.profile;
    let reads = &profile.reads;
    match (&*root.ns, &*root.name) {
        (DAV, "sync-collection") => match &profile.changes.sync {
            Some(sync) => report_sync::sync(cx, &calendar, sync, root),
            None => Reply::refused(403, DAV, "supported-report"),
        },
        (CAL, "calendar-multiget") => report_fetch::multiget(cx, &calendar, root),
        (CAL, "calendar-query") => report_query::query(cx, &calendar, root),
        (CAL, "free-busy-query") if reads.free_busy => report_query::free_busy(cx, &calendar, root),
        (CAL, "free-busy-query") => Reply::status(501),
        _ => Reply::refused(403, DAV, "supported-report"),
    }
}

/// The status of a whole report in which one of these resources is poison.
pub(crate) fn poisoned<'a>(
    cx: &Cx<'_>,
    resources: impl IntoIterator<Item = &'a Resource>,
) -> Option<Reply> {
    let habit = cx.profile.reads.poison;
    if habit == Poison::Harmless {
        return None;
    }
    let status = resources.into_iter().find_map(|resource| {
        let found = ics_check::inspect(resource.text.as_bytes()).unwrap_or_default();
        match habit {
            Poison::Harmless => None,
            Poison::Orphan(status) => (found.orphan || resource.poison).then_some(status),
            Poison::Rule(status) => (found.bad_rule || resource.poison).then_some(status),
            Poison::Any(status) => {
                (found.orphan || found.bad_rule || resource.poison).then_some(status)
            }
        }
    });
    status.map(|status| Reply::words(status, "an item of this collection cannot be read"))
}
