//! From a member of a calendar home to a calendar.

use kalends_core::graph::{Capabilities, ScopeKind};
use kalends_core::ids::ProviderId;
use kalends_core::provider::CalendarItem;
use kalends_core::time::Zone;
use kalends_kit::{Element, Ns};

use crate::dav::Member;
use crate::quirks::Quirks;

/// What the last part of the path of a calendar of ours begins with.
pub(crate) const OURS: &str = "kalends-";

/// The properties that [`calendar`] reads.
pub(crate) const PROPERTIES: &[&str] = &[
    "resourcetype",
    "displayname",
    "current-user-privilege-set",
    "supported-report-set",
    "sync-token",
    "S:getctag",
    "C:supported-calendar-component-set",
    "C:calendar-timezone",
    "C:calendar-timezone-id",
    "C:max-resource-size",
];

/// The calendar that a member is; `None` where it is something else, or holds no events.
pub(crate) fn calendar(member: &Member, quirks: Quirks) -> Option<CalendarItem> {
    let subscribed = member.is_type(Ns::CalendarServer, "subscribed");
    if !member.is_type(Ns::CalDav, "calendar") || is_special(member) || !holds_events(member) {
        return None;
    }
    let path = collection_path(&member.path);
    let segment = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let derived = segment.strip_prefix(OURS).filter(|d| !d.is_empty()).map(str::to_owned);
    let name = member.text(Ns::Dav, "displayname").unwrap_or(segment).to_owned();
    let token = member.text(Ns::Dav, "sync-token").filter(|_| syncs(member) && !quirks.no_sync);
    // Where there is a token, it decides alone: some servers' tags never move.
    let tag = member.text(Ns::CalendarServer, "getctag").filter(|_| token.is_none());
    Some(CalendarItem {
        name,
        kind: ScopeKind::Calendar,
        subscribed,
        derived,
        capabilities: Capabilities {
            write: !subscribed && may(member, &["all", "write", "write-content", "bind"]),
            marks: !quirks.no_marks,
            zone: zone(member).unwrap_or_else(Zone::utc),
            object_octets_max: octets_max(member),
            ..Capabilities::default()
        },
        token: token.map(str::to_owned),
        tag: tag.map(str::to_owned),
        id: ProviderId(path),
    })
}

/// Whether one of the rights is granted; where nothing is said of rights, it is tried.
pub(crate) fn may(member: &Member, rights: &[&str]) -> bool {
    let Some(set) = member.property(Ns::Dav, "current-user-privilege-set") else {
        return true;
    };
    rights.iter().any(|right| set.find(Ns::Dav, right).is_some())
}

/// The largest object that the calendar stores (RFC 4791 section 5.2.5). What is no number, or
/// nought, says nothing; a limit beyond 4 GB is none.
pub(crate) fn octets_max(member: &Member) -> Option<u32> {
    let said = member.text(Ns::CalDav, "max-resource-size")?.trim().parse().ok()?;
    (said > 0).then_some(said)
}

/// The path of a collection, with its slash.
pub(crate) fn collection_path(path: &str) -> String {
    format!("{}/", path.trim_end_matches('/'))
}

/// Whether the calendar says that it can tell what changed (RFC 6578 section 3.2).
pub(crate) fn syncs(member: &Member) -> bool {
    member
        .property(Ns::Dav, "supported-report-set")
        .is_some_and(|set| set.find(Ns::Dav, "sync-collection").is_some())
}

fn is_special(member: &Member) -> bool {
    let boxes = ["schedule-inbox", "schedule-outbox"];
    let trash = member.property(Ns::Dav, "resourcetype").is_some_and(|kinds| {
        kinds
            .children
            .iter()
            .any(|kind| kind.name == "trash-bin" || kind.name == "deleted-calendar")
    });
    trash
        || boxes.iter().any(|name| member.is_type(Ns::CalDav, name))
        || member.is_type(Ns::CalendarServer, "notification")
}

fn holds_events(member: &Member) -> bool {
    let Some(set) = member.property(Ns::CalDav, "supported-calendar-component-set") else {
        return true;
    };
    let mut kinds =
        set.all(Ns::CalDav, "comp").filter_map(|comp| comp.attribute("name")).peekable();
    kinds.peek().is_none() || kinds.any(|kind| kind.eq_ignore_ascii_case("VEVENT"))
}

/// The zone of `calendar-timezone`, which is a VCALENDAR, or of `calendar-timezone-id`.
fn zone(member: &Member) -> Option<Zone> {
    if let Some(zone) = member.text(Ns::CalDav, "calendar-timezone-id").and_then(Zone::resolve) {
        return Some(zone);
    }
    let text =
        member.property(Ns::CalDav, "calendar-timezone").map(|p: &Element| p.text.as_str())?;
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.trim().split_once(':')?;
            let key = key.split(';').next().unwrap_or_default();
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    ["TZID", "X-LIC-LOCATION"].iter().find_map(|name| Zone::resolve(&value(name)?))
}
