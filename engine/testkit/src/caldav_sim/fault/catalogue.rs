//! Every fault by its name in the fact book.

use super::super::profile::{
    BadToken, Ctag, EtagOnPut, EtagShape, HrefStyle, MultigetMissing, Paging,
};
use super::{
    Challenge, Damage, Discovery, Instead, Quirk, Reading, RedirectTo, RetryAfter, Syncing,
    WorldFault, Writing,
};
use crate::wire::Delivery;

const DAY_MS: i64 = 86_400_000;
const OTHER_HOST: &str = "https://dav.elsewhere.example/";
const OTHER_PORT: &str = "http://localhost:8443";

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server has another habit for this request.
    Quirk(Quirk),
    /// Another answer.
    Instead(Instead),
    /// The state changes first.
    World(WorldFault),
    /// The reply is spoilt.
    Damage(Damage),
}

impl Fault {
    /// The fault of that name, such as `C14-418-bare`, `C41` or `X14-date`; names and meanings
    /// are those of [`Fault::names`].
    pub fn by_name(name: &str) -> Option<Self> {
        catalogue().into_iter().find(|(known, _)| known == name).map(|(_, fault)| fault)
    }

    /// All names, in the order of the fact book.
    pub fn names() -> Vec<String> {
        catalogue().into_iter().map(|(name, _)| name).collect()
    }
}

type Entry = (String, Fault);

fn catalogue() -> Vec<Entry> {
    let mut out = Vec::new();
    discovery(&mut out);
    authentication(&mut out);
    xml(&mut out);
    tokens(&mut out);
    syncing(&mut out);
    reading(&mut out);
    writing(&mut out);
    transport(&mut out);
    out
}

fn add(out: &mut Vec<Entry>, name: &str, fault: Fault) {
    out.push((name.to_owned(), fault));
}

fn habit(quirk: Discovery) -> Fault {
    Fault::Quirk(Quirk::Discovery(quirk))
}

fn discovery(out: &mut Vec<Entry>) {
    add(out, "C1", habit(Discovery::NoWellKnown));
    for status in [301, 302, 303, 307, 308] {
        let redirect = Instead::Redirect(status, RedirectTo::Base);
        add(out, &format!("C2-{status}"), Fault::Instead(redirect));
    }
    for (name, to) in [
        ("C2-host", RedirectTo::Url(OTHER_HOST)),
        ("C2-http", RedirectTo::PlainHttp),
        ("C2-loop", RedirectTo::Itself),
    ] {
        add(out, name, Fault::Instead(Instead::Redirect(302, to)));
    }
    add(out, "C3-two", habit(Discovery::SharedHome));
    add(out, "C3-absolute", habit(Discovery::AbsoluteHome(OTHER_PORT)));
    add(out, "C4", habit(Discovery::NoPrincipalUrl));
    add(out, "C5", habit(Discovery::PrincipalHidden));
    add(out, "C6", Fault::Instead(Instead::LoginPage));
}

fn authentication(out: &mut Vec<Entry>) {
    for (name, challenge) in [
        ("C7-basic", Challenge::Basic),
        ("C7-digest", Challenge::DigestStale),
        ("C7-bearer", Challenge::BearerExpired),
        ("C7-two", Challenge::Two),
        ("C7-joined", Challenge::Joined),
    ] {
        add(out, name, Fault::Instead(Instead::Unauthorized(challenge)));
    }
    add(out, "C8-403", Fault::Instead(Instead::Status(403)));
    add(out, "C8-404", Fault::Instead(Instead::Status(404)));
    add(out, "C9", Fault::World(WorldFault::Revoke));
}

fn xml(out: &mut Vec<Entry>) {
    for (name, damage) in [
        ("C10-prefixes", Damage::OddPrefixes),
        ("C10-default", Damage::DefaultNamespaces),
        ("C10-cdata", Damage::Cdata),
        ("C10-cr", Damage::CrEntity),
        ("C10-comments", Damage::Comments),
        ("C10-bomb", Damage::EntityBomb),
        ("C10-utf8", Damage::InvalidUtf8),
        ("C10-huge", Damage::HugeText(4 << 20)),
        ("C10-truncated", Damage::TruncatedBody),
        ("C10-type", Damage::WrongContentType),
    ] {
        add(out, name, Fault::Damage(damage));
    }
    add(out, "C11-propstat", habit(Discovery::EtagPropstatMissing));
    add(out, "C11-response", habit(Discovery::LastMemberGone));
    add(out, "C11-empty", habit(Discovery::MembersHidden));
    for (name, style) in [
        ("C12-absolute", HrefStyle::Absolute),
        ("C12-encoded", HrefStyle::EncodeAll),
        ("C12-double", HrefStyle::Double),
        ("C12-raw", HrefStyle::Raw),
        ("C12-slash", HrefStyle::NoSlash),
    ] {
        add(out, name, habit(Discovery::Hrefs(style)));
    }
    add(out, "C12-self", habit(Discovery::SelfInReports));
    add(out, "C13", habit(Discovery::UnknownProperties));
}

fn tokens(out: &mut Vec<Entry>) {
    let bad = |answer| Fault::Quirk(Quirk::Syncing(Syncing::BadTokens(answer)));
    for status in [400, 403, 405, 409, 410, 412, 415, 418, 500, 501] {
        let named = BadToken::Refuse { status, element: true };
        add(out, &format!("C14-{status}"), bad(named));
        let bare = BadToken::Refuse { status, element: false };
        add(out, &format!("C14-{status}-bare"), bad(bare));
    }
    add(out, "C14-full", bad(BadToken::FullList));
    add(out, "C15", Fault::Quirk(Quirk::Syncing(Syncing::FutureEcho)));
}

fn syncing(out: &mut Vec<Entry>) {
    for (name, quirk) in [
        ("C16", Syncing::Paging(Paging::Pages(2))),
        ("C16-same", Syncing::Paging(Paging::SameToken(2))),
        ("C17", Syncing::Paging(Paging::Lossy(2))),
        ("C18", Syncing::Tombstones),
        ("C19", Syncing::ShortLived),
        ("C20", Syncing::CollectionInDelta),
        ("C21", Syncing::SecondTokens),
        ("C22", Syncing::NoSync),
        ("C23", Syncing::Ctag(Ctag::Absent)),
        ("C24-frozen", Syncing::Ctag(Ctag::Frozen)),
        ("C24-restless", Syncing::Ctag(Ctag::Restless)),
    ] {
        add(out, name, Fault::Quirk(Quirk::Syncing(quirk)));
    }
}

fn reading(out: &mut Vec<Entry>) {
    for (name, quirk) in [
        ("C25-missing", Reading::Etags(EtagShape::Missing)),
        ("C25-weak", Reading::Etags(EtagShape::Weak)),
        ("C25-unquoted", Reading::Etags(EtagShape::Unquoted)),
        ("C25-gzip", Reading::Etags(EtagShape::Gzip)),
        ("C26-404", Reading::Missing(MultigetMissing::NotFound)),
        ("C26-omit", Reading::Missing(MultigetMissing::Omitted)),
        ("C26-whole", Reading::Missing(MultigetMissing::Whole)),
        ("C27-400", Reading::Poison(400)),
        ("C27-500", Reading::Poison(500)),
        ("C28", Reading::QueryLag(180_000)),
        ("C29-207", Reading::MultigetMax(10, 207)),
        ("C29-413", Reading::MultigetMax(10, 413)),
        ("C29-507", Reading::MultigetMax(10, 507)),
        ("C30", Reading::Window(30 * DAY_MS)),
    ] {
        add(out, name, Fault::Quirk(Quirk::Reading(quirk)));
    }
}

fn writing(out: &mut Vec<Entry>) {
    let habit = |quirk| Fault::Quirk(Quirk::Writing(quirk));
    add(out, "C31", habit(Writing::EtagOnPut(EtagOnPut::Never)));
    add(out, "C31-oc", habit(Writing::EtagOnPut(EtagOnPut::OcOnly)));
    add(out, "C32", habit(Writing::Rewritten));
    add(out, "C33", habit(Writing::StaleEtag));
    add(out, "C34", Fault::Instead(Instead::Status(412)));
    add(out, "C34-raced", Fault::World(WorldFault::Raced));
    for status in [409, 412, 403] {
        add(out, &format!("C35-{status}"), habit(Writing::UidConflict(status)));
    }
    add(out, "C36-400", habit(Writing::Trash(400)));
    add(out, "C36-403", habit(Writing::Trash(403)));
    add(out, "C37", Fault::Instead(Instead::NeedPrivileges));
    add(out, "C38", habit(Writing::MaxOctets(64)));
    add(out, "C39", Fault::Instead(Instead::Component));
    for (name, status, after) in [
        ("C40-423", 423, RetryAfter::Absent),
        ("C40-429", 429, RetryAfter::Text("30")),
        ("C40-429-date", 429, RetryAfter::Date(120_000)),
        ("C40-503", 503, RetryAfter::Text("30")),
        ("C40-503-date", 503, RetryAfter::Date(120_000)),
        ("C40-504", 504, RetryAfter::Absent),
        ("C40-507", 507, RetryAfter::Absent),
    ] {
        add(out, name, Fault::Instead(Instead::Retry(status, after)));
    }
    add(out, "C41", Fault::Damage(Damage::Deliver(Delivery::DropAfterCommit)));
    add(out, "C41-500", Fault::Damage(Damage::Status(500)));
    add(out, "C42", habit(Writing::StripX));
    add(out, "C43", habit(Writing::OtherName));
    for status in [403, 405, 409] {
        add(out, &format!("C44-{status}"), habit(Writing::NoMake(status)));
    }
    add(out, "C45", habit(Writing::Schedules));
    add(out, "C46", self::habit(Discovery::DateSkew(5 * 3_600_000)));
    add(out, "C46-year", self::habit(Discovery::DateSkew(365 * 86_400_000)));
    add(out, "C46-behind", self::habit(Discovery::DateSkew(-5 * 3_600_000)));
}

fn transport(out: &mut Vec<Entry>) {
    for (name, delivery) in [
        ("X1", Delivery::Refused),
        ("X2", Delivery::DropBeforeCommit),
        ("X3", Delivery::TruncateAt(20)),
        ("X4", Delivery::Stall),
        ("X4-body", Delivery::StallAt(20)),
        ("X5", Delivery::Drip { piece_octets: 1, pause_ms: 1_000 }),
        ("X6", Delivery::DropAfterCommit),
        ("X9", Delivery::ChunkedWithTrailers),
        ("X10", Delivery::Endless(b' ')),
        ("X15", Delivery::TlsFailure),
        ("X16", Delivery::NoSuchHost),
    ] {
        add(out, name, Fault::Damage(Damage::Deliver(delivery)));
    }
    add(out, "X7", Fault::Damage(Damage::WrongLength));
    add(out, "X8", Fault::Damage(Damage::BadGzip));
    add(out, "X11", Fault::Damage(Damage::NoContentWithBody));
    add(out, "X12", Fault::Instead(Instead::LoginPage));
    let captive = RedirectTo::Url("http://login.portal.example/");
    add(out, "X13", Fault::Instead(Instead::Redirect(302, captive)));
    for (name, after) in [
        ("X14-integer", RetryAfter::Text("7")),
        ("X14-decimal", RetryAfter::Text("1.5")),
        ("X14-date", RetryAfter::Date(60_000)),
        ("X14-past", RetryAfter::Date(-DAY_MS)),
        ("X14-year", RetryAfter::Text("31536000")),
        ("X14-negative", RetryAfter::Text("-5")),
        ("X14-absent", RetryAfter::Absent),
    ] {
        add(out, name, Fault::Instead(Instead::Retry(429, after)));
    }
    for (name, change) in [
        ("X20", WorldFault::ReadOnly),
        ("X21", WorldFault::NoCalendar),
        ("X22", WorldFault::NoAccount),
        ("X23", WorldFault::Raced),
        ("X24", WorldFault::Vanished),
    ] {
        add(out, name, Fault::World(change));
    }
}
