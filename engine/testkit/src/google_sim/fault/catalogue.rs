//! Every fault by its name in the fact book.

use super::{Damage, Instead, Quirk, WorldFault};
use crate::wire::Delivery;

const HOUR_MS: i64 = 3_600_000;
/// As long as a test can wait for.
const BRIEF_MS: i64 = 15_000;
const SECOND_MS: i64 = 1_000;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub(crate) Kind);

/// What a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another answer; nothing is read or changed.
    Instead(Instead),
    /// The server has another habit for this request.
    Quirk(Quirk),
    /// The state changes first, as another person's doing.
    World(WorldFault),
    /// The reply is spoilt.
    Damage(Damage),
    /// A pushed message is spoilt; planned for the methods `PUSH` and `SYNC`.
    Push(PushFault),
}

/// What happens to a pushed message (F20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushFault {
    /// It never comes.
    Lost,
    /// It comes twice.
    Twice,
    /// It comes so many milliseconds later, after later ones.
    Late(i64),
    /// It comes when its channel has expired.
    BeyondExpiry,
    /// Channels that were stopped send it too.
    FromStopped,
    /// With a token that is not the channel's.
    WrongToken,
    /// With the id of another resource.
    WrongResource,
    /// From a channel that nobody opened.
    UnknownChannel,
}

impl Fault {
    /// The fault of that name, such as `F7`, `F13` or `F20-twice`; names and meanings are those of
    /// [`Fault::names`].
    pub fn by_name(name: &str) -> Option<Self> {
        catalogue().into_iter().find(|(known, _)| *known == name).map(|(_, kind)| Self(kind))
    }

    /// All names, in the order of the fact book.
    pub fn names() -> Vec<&'static str> {
        catalogue().into_iter().map(|(name, _)| name).collect()
    }

    /// What it does to a message, if it is about messages.
    pub(crate) fn push(&self) -> Option<PushFault> {
        match &self.0 {
            Kind::Push(fault) => Some(*fault),
            Kind::Instead(_) | Kind::Quirk(_) | Kind::World(_) | Kind::Damage(_) => None,
        }
    }
}

type Entry = (&'static str, Kind);

fn catalogue() -> Vec<Entry> {
    let mut out = sign_in();
    out.extend(limits());
    out.extend(reading());
    out.extend(writing());
    out.extend(pushing());
    out.extend(transport());
    out
}

fn sign_in() -> Vec<Entry> {
    vec![
        ("F1", Kind::Instead(Instead::Credentials)),
        ("F1-expired", Kind::World(WorldFault::Expired)),
        ("F2", Kind::Instead(Instead::InvalidGrant)),
        ("F2-revoked", Kind::World(WorldFault::Revoked)),
        ("F3-500", Kind::Instead(Instead::Backend(500))),
        ("F3-503", Kind::Instead(Instead::Backend(503))),
        ("F3-stall", Kind::Damage(Damage::Deliver(Delivery::Stall))),
        ("F4", Kind::Quirk(Quirk::Unticked)),
        ("F4-scopes", Kind::Instead(Instead::Scopes)),
    ]
}

fn limits() -> Vec<Entry> {
    let limited = |status, reason, after| Kind::Instead(Instead::Limited(status, reason, after));
    vec![
        ("F5-user", limited(403, "userRateLimitExceeded", None)),
        ("F5-user-after", limited(403, "userRateLimitExceeded", Some("3"))),
        ("F5-rate", limited(403, "rateLimitExceeded", None)),
        ("F5-429", limited(429, "rateLimitExceeded", None)),
        ("F5-429-after", limited(429, "rateLimitExceeded", Some("30"))),
        ("F6", Kind::World(WorldFault::Locked(3 * HOUR_MS))),
    ]
}

fn reading() -> Vec<Entry> {
    vec![
        ("F7", Kind::Instead(Instead::FullSync)),
        ("F7-tokens", Kind::World(WorldFault::TokensExpired)),
        ("F8", Kind::Instead(Instead::Deleted)),
        ("F9", Kind::World(WorldFault::CalendarGone)),
        ("F9-once", Kind::Instead(Instead::NotFound)),
        ("F14", Kind::Quirk(Quirk::EmptyPages)),
        ("F15", Kind::Quirk(Quirk::Twice)),
        ("F16", Kind::Quirk(Quirk::ExceptionsFirst)),
        ("F17", Kind::Quirk(Quirk::BareStubs)),
        ("F18", Kind::Quirk(Quirk::NoSyncToken)),
        ("F19", Kind::Quirk(Quirk::Repeats(5))),
        ("F25", Kind::Quirk(Quirk::Lag(1))),
        ("F26", Kind::Quirk(Quirk::OpaqueIds)),
        ("F27", Kind::World(WorldFault::Split)),
        ("F28", Kind::World(WorldFault::Downgraded)),
        ("F28-none", Kind::World(WorldFault::Unshared)),
        ("F29", Kind::Damage(Damage::Gzip)),
        ("F30", Kind::Damage(Damage::TruncatedJson)),
    ]
}

fn writing() -> Vec<Entry> {
    vec![
        ("F10", Kind::Instead(Instead::Duplicate)),
        ("F10-live", Kind::World(WorldFault::TakenLive)),
        ("F10-cancelled", Kind::World(WorldFault::TakenCancelled)),
        ("F10-foreign", Kind::World(WorldFault::TakenForeign)),
        ("F11", Kind::World(WorldFault::Raced)),
        ("F11-once", Kind::Instead(Instead::Condition)),
        ("F12-500", Kind::Instead(Instead::Backend(500))),
        ("F12-503", Kind::Instead(Instead::Backend(503))),
        ("F13", Kind::Damage(Damage::Deliver(Delivery::DropAfterCommit))),
        ("F24", Kind::Quirk(Quirk::Mangles)),
        ("X24", Kind::World(WorldFault::Vanished)),
    ]
}

fn pushing() -> Vec<Entry> {
    vec![
        ("F20-lost", Kind::Push(PushFault::Lost)),
        ("F20-twice", Kind::Push(PushFault::Twice)),
        ("F20-late", Kind::Push(PushFault::Late(90 * SECOND_MS))),
        ("F20-expired", Kind::Push(PushFault::BeyondExpiry)),
        ("F20-stopped", Kind::Push(PushFault::FromStopped)),
        ("F20-token", Kind::Push(PushFault::WrongToken)),
        ("F20-resource", Kind::Push(PushFault::WrongResource)),
        ("F20-unknown", Kind::Push(PushFault::UnknownChannel)),
        ("F21", Kind::Quirk(Quirk::ShortChannels(HOUR_MS))),
        ("F21-brief", Kind::Quirk(Quirk::ShortChannels(BRIEF_MS))),
        ("F22-401", Kind::Instead(Instead::WatchUnauthorized)),
        ("F22-400", Kind::Instead(Instead::WatchUnsupported)),
        ("F23", Kind::Instead(Instead::NotFound)),
    ]
}

fn transport() -> Vec<Entry> {
    let deliver = |delivery| Kind::Damage(Damage::Deliver(delivery));
    vec![
        ("X1", deliver(Delivery::Refused)),
        ("X2", deliver(Delivery::DropBeforeCommit)),
        ("X3", deliver(Delivery::TruncateAt(20))),
        ("X4", deliver(Delivery::Stall)),
        ("X5", deliver(Delivery::Drip { piece_octets: 1, pause_ms: 1_000 })),
        ("X6", deliver(Delivery::DropAfterCommit)),
        ("X7", Kind::Damage(Damage::WrongLength)),
        ("X8", Kind::Damage(Damage::BadGzip)),
        ("X9", deliver(Delivery::ChunkedWithTrailers)),
        ("X10", deliver(Delivery::Endless(b' '))),
        ("X12", Kind::Instead(Instead::LoginPage)),
        ("X15", deliver(Delivery::TlsFailure)),
        ("X16", deliver(Delivery::NoSuchHost)),
    ]
}
