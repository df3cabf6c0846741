//! Every fault by its name in the fact book.

use super::super::accounts::AADSTS;
use super::{Instead, Push, Quirk, WorldFault};
use crate::wire::Delivery;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The service does something otherwise for this request.
    Quirk(Quirk),
    /// Another answer.
    Instead(Instead),
    /// The state changes first.
    World(WorldFault),
    /// The reply does not arrive as it was made.
    Delivered(Delivery),
    /// A notification goes wrong.
    Push(Push),
}

impl Fault {
    /// The fault of that name, such as `G6-410-location`, `G22` or `push-doubled`; names and
    /// meanings are those of [`Fault::names`].
    pub fn by_name(name: &str) -> Option<Self> {
        catalogue().into_iter().find(|(known, _)| known == name).map(|(_, fault)| fault)
    }

    /// All names, in the order of the fact book.
    pub fn names() -> Vec<String> {
        catalogue().into_iter().map(|(name, _)| name).collect()
    }

    /// Names of faults that pass: a client that tries again gets through.
    pub fn passing() -> &'static [&'static str] {
        &[
            "G6-410",
            "G6-410-case",
            "G6-410-location",
            "G6-400",
            "G6-dead",
            "G7",
            "G8",
            "G10",
            "G11",
            "G12",
            "G12-backwards",
            "G13",
            "G14",
            "G18-500",
            "G20",
            "G22",
            "G23",
            "G25",
            "G28-2",
            "G28-fraction",
            "G28-absent",
            "G29",
            "G30-500",
            "G30-503",
            "G30-504",
            "push-lost",
            "push-doubled",
            "push-backwards",
            "push-forged",
            "push-stateless",
            "push-unknown",
            "push-apart",
            "X2",
            "X3",
        ]
    }
}

type Entry = (String, Fault);

fn catalogue() -> Vec<Entry> {
    let mut out = Vec::new();
    signing_in(&mut out);
    reading(&mut out);
    writing(&mut out);
    throttling(&mut out);
    pushing(&mut out);
    transport(&mut out);
    out
}

fn add(out: &mut Vec<Entry>, name: &str, fault: Fault) {
    out.push((name.to_owned(), fault));
}

fn quirks(out: &mut Vec<Entry>, all: &[(&str, Quirk)]) {
    out.extend(all.iter().map(|(name, quirk)| ((*name).to_owned(), Fault::Quirk(*quirk))));
}

fn errors(out: &mut Vec<Entry>, all: &[(&str, u16, &'static str, &'static str)]) {
    for (name, status, code, message) in all {
        add(out, name, Fault::Instead(Instead::Error(*status, code, message)));
    }
}

fn signing_in(out: &mut Vec<Entry>) {
    quirks(out, &[("G1", Quirk::OldRefreshDies)]);
    for number in AADSTS {
        add(out, &format!("G2-{number}"), Fault::Instead(Instead::Aadsts(number)));
    }
    add(out, "G2-revoked", Fault::World(WorldFault::GrantsRevoked));
    add(out, "G2-admin", Fault::World(WorldFault::AdminNeeded));
    quirks(out, &[("G2-admin-declines", Quirk::AdminDeclines)]);
    add(out, "G3", Fault::Instead(Instead::TokenExpired));
    add(out, "G3-expired", Fault::World(WorldFault::AccessExpires));
    add(out, "G4", Fault::World(WorldFault::ClaimsDemanded));
    add(out, "G4-once", Fault::Instead(Instead::ClaimsChallenge));
    quirks(
        out,
        &[
            ("G5-subset", Quirk::ScopeSubset),
            ("G5-case", Quirk::ScopeCase),
            ("G5-urls", Quirk::ScopeUrls),
        ],
    );
}

fn reading(out: &mut Vec<Entry>) {
    const LOST: &str = "The sync state generation is not found; generation=149;[highest=157]";
    errors(
        out,
        &[
            ("G6-410", 410, "SyncStateNotFound", LOST),
            ("G6-410-case", 410, "syncStateNotFound", LOST),
            ("G6-400", 400, "SyncStateNotFound", LOST),
            ("G6-410-resync", 410, "ResyncRequired", "Resync required."),
            ("G6-410-invalid", 410, "SyncStateInvalid", "The sync state is invalid."),
        ],
    );
    add(out, "G6-410-location", Fault::Instead(Instead::GoneWithLocation));
    add(out, "G6-dead", Fault::World(WorldFault::TokensDie));
    quirks(
        out,
        &[
            ("G7", Quirk::EmptyPage),
            ("G8", Quirk::UnknownRemoved),
            ("G10", Quirk::MasterAbsent),
            ("G11", Quirk::Replayed),
            ("G12", Quirk::Doubled),
            ("G12-backwards", Quirk::Backwards),
            ("G13", Quirk::Lagging),
            ("G14", Quirk::ZoneIgnored),
            ("G15", Quirk::ZonesAreCustom),
            ("G18", Quirk::MailboxPathFails),
            ("G19", Quirk::ExpandFails),
            ("G20", Quirk::LinksElsewhere),
        ],
    );
    errors(
        out,
        &[
            ("G18-500", 500, "ErrorInternalServerTransientError", "Try again later."),
            ("mailbox-gone", 404, "MailboxNotEnabledForRESTAPI", "There is no cloud mailbox."),
        ],
    );
    add(out, "mailboxes-gone", Fault::World(WorldFault::MailboxesGone));
}

fn writing(out: &mut Vec<Entry>) {
    add(out, "G22", Fault::Delivered(Delivery::DropAfterCommit));
    quirks(out, &[("G23", Quirk::ChangedMeanwhile)]);
    errors(
        out,
        &[(
            "G24",
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )],
    );
    quirks(out, &[("G25", Quirk::TouchesLater)]);
    errors(
        out,
        &[
            ("locked", 423, "ErrorItemLocked", "The item is locked."),
            ("quota", 507, "ErrorQuotaExceeded", "The mailbox is full."),
        ],
    );
}

fn throttling(out: &mut Vec<Entry>) {
    for (name, after) in [
        ("G28-2", "2"),
        ("G28-fraction", "2.128"),
        ("G28-absent", ""),
        ("G28-one", "1"),
        ("G28-year", "31536000"),
        ("G28-negative", "-5"),
    ] {
        add(out, name, Fault::Instead(Instead::Throttled(after)));
    }
    add(out, "G28-past", Fault::Instead(Instead::ThrottledUntilPast));
    add(out, "G29", Fault::Instead(Instead::MailboxConcurrency));
    errors(
        out,
        &[
            ("G28-busy", 429, "ErrorServerBusy", "The server is busy."),
            ("G28-activity", 429, "activityLimitReached", "Activity limit reached."),
            ("G30-503", 503, "UnknownError", ""),
            ("G30-504", 504, "UnknownError", ""),
            ("G30-500", 500, "InternalServerError", "An internal server error occurred."),
        ],
    );
    quirks(
        out,
        &[("G31-backwards", Quirk::BatchBackwards), ("G31-throttled", Quirk::BatchThrottled)],
    );
}

fn pushing(out: &mut Vec<Entry>) {
    quirks(
        out,
        &[
            ("G32", Quirk::OddToken),
            ("G32-slow", Quirk::HandshakeTimesOut),
            ("G38", Quirk::SubscriptionVanishes),
            ("G39", Quirk::ShortLife),
        ],
    );
    for (name, push) in [
        ("push-lost", Push::Lost),
        ("push-doubled", Push::Doubled),
        ("push-backwards", Push::Backwards),
        ("push-paired", Push::Paired),
        ("push-forged", Push::Forged),
        ("push-stateless", Push::Stateless),
        ("push-unknown", Push::UnknownAmong),
        ("push-apart", Push::Apart),
        ("push-lifecycle", Push::UnknownLifecycle),
    ] {
        add(out, name, Fault::Push(push));
    }
}

fn transport(out: &mut Vec<Entry>) {
    for (name, delivery) in [
        ("X1", Delivery::Refused),
        ("X2", Delivery::DropBeforeCommit),
        ("X3", Delivery::TruncateAt(40)),
        ("X4", Delivery::Stall),
        ("X5", Delivery::Drip { piece_octets: 16, pause_ms: 1_000 }),
        ("X10", Delivery::Endless(b' ')),
        ("X15", Delivery::TlsFailure),
        ("X16", Delivery::NoSuchHost),
    ] {
        add(out, name, Fault::Delivered(delivery));
    }
    add(out, "X12", Fault::Instead(Instead::LoginPage));
}
