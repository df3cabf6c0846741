//! What the service is believed to do where nobody could look, and its limits.

use std::collections::BTreeSet;

/// A sentence of the fact book that was not verified. Each is a switch: what stands on Kalends
/// must hold with every one of them on and off. The number is the section of the fact book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belief {
    /// A calendar of a name that exists is refused with 409 `ErrorFolderExists` (3.1); else made.
    NamesAreUnique,
    /// An offset in a `dateTime` counts (3.2); else it is ignored.
    OffsetsCount,
    /// A wrong all-day event gets `ErrorPropertyValidationFailure` (3.2); else
    /// `ErrorInvalidRequest`.
    AllDayHasItsOwnCode,
    /// A master read with `$select=cancelledOccurrences` lists them (3.2); else the property is
    /// absent.
    CancelledAreListed,
    /// A PATCH replaces an array (3.2); else it adds to it.
    ArraysAreReplaced,
    /// A change of a master's times or pattern voids its exceptions (3.2); else they stay.
    MasterEditsVoidExceptions,
    /// Such a change voids them also where the values sent are those that stand (3.2).
    EqualTimesVoidToo,
    /// An event without length is taken (3.2); else 400.
    ZeroLengthIsTaken,
    /// `$top` above 1,000 is refused (3.2); else cut.
    LargeTopIsRefused,
    /// IANA names beyond the documented list work (3.3); else 400.
    AllIanaNamesWork,
    /// `originalStartTimeZone` is a Windows name (3.2); else the name as it was sent.
    OriginalZonesAreWindows,
    /// A view holds what overlaps its edges (3.4); else only what starts inside.
    ViewsHoldOverlaps,
    /// A round that lists occurrences lists their master too, wherever it starts (3.4).
    MastersComeAlong,
    /// The deletion of a series is told for each of its occurrences too (3.4).
    OccurrencesAreRemovedToo,
    /// Ids of occurrences hold the master's id and the date (3.5); else they look like any id.
    OccurrenceIdsEmbedMasters,
    /// Occurrences have immutable ids as well (3.5); else theirs change on moves.
    OccurrencesAreImmutable,
    /// Day 29, 30 or 31 of a short month is its last day (3.9); else the month is skipped.
    MonthEndsClamp,
    /// A yearly interval is counted in months, so that 29 February clamps as well (3.9).
    YearsAreMonths,
    /// A start that does not match its pattern is moved to the first match (3.9); else 400.
    UnmatchedStartsMove,
    /// Patterns come back with filler that their type does not use (3.9).
    PatternsHaveFiller,
    /// Filler that is not valid is refused on writing (3.9).
    FillerIsValidated,
    /// `clientState` is null when a subscription is read (3.10).
    ClientStateIsHidden,
    /// `/me/calendars/{id}/events` can be subscribed to (3.10); else only all events of a mailbox.
    CalendarsCanBeWatched,
    /// A subscription lives 10,080 minutes at most (3.10); else 4,230.
    WeekLongSubscriptions,
    /// An unknown subscription gets `ResourceNotFound` (3.10); else `ErrorItemNotFound`.
    GoneSubscriptionHasItsOwnCode,
    /// `reauthorize` answers 204 (3.10); else 200.
    ReauthorizeIsEmpty,
    /// The issuer of an id token names the real tenant (3.15); else the one that was asked.
    IssuersAreReal,
    /// A redirect to `http://localhost` may have any port (3.15); else it must be registered.
    LoopbackPortsAreFree,
    /// Access tokens live 28 hours, as with continuous access evaluation (3.15); else an hour.
    TokensLiveLong,
    /// Access tokens of work accounts are JWTs (3.15); else as opaque as those of consumers.
    WorkTokensAreJwts,
    /// There is no endpoint that revokes tokens (3.15); else it answers 200.
    NoRevocation,
    /// The iCalUId is the hexadecimal form of Outlook's global object id (3.2); else a GUID.
    UidsAreHex,
    /// A broken URL gets `RequestBroker--ParseUri` (3.14); else `BadRequest`.
    UriCodeIsBroker,
}

impl Belief {
    /// All of them, each with the name that plans and command lines use.
    pub const ALL: [(&'static str, Self); 33] = [
        ("names-are-unique", Self::NamesAreUnique),
        ("offsets-count", Self::OffsetsCount),
        ("all-day-has-its-own-code", Self::AllDayHasItsOwnCode),
        ("cancelled-are-listed", Self::CancelledAreListed),
        ("arrays-are-replaced", Self::ArraysAreReplaced),
        ("master-edits-void-exceptions", Self::MasterEditsVoidExceptions),
        ("equal-times-void-too", Self::EqualTimesVoidToo),
        ("zero-length-is-taken", Self::ZeroLengthIsTaken),
        ("large-top-is-refused", Self::LargeTopIsRefused),
        ("all-iana-names-work", Self::AllIanaNamesWork),
        ("original-zones-are-windows", Self::OriginalZonesAreWindows),
        ("views-hold-overlaps", Self::ViewsHoldOverlaps),
        ("masters-come-along", Self::MastersComeAlong),
        ("occurrences-are-removed-too", Self::OccurrencesAreRemovedToo),
        ("occurrence-ids-embed-masters", Self::OccurrenceIdsEmbedMasters),
        ("occurrences-are-immutable", Self::OccurrencesAreImmutable),
        ("month-ends-clamp", Self::MonthEndsClamp),
        ("years-are-months", Self::YearsAreMonths),
        ("unmatched-starts-move", Self::UnmatchedStartsMove),
        ("patterns-have-filler", Self::PatternsHaveFiller),
        ("filler-is-validated", Self::FillerIsValidated),
        ("client-state-is-hidden", Self::ClientStateIsHidden),
        ("calendars-can-be-watched", Self::CalendarsCanBeWatched),
        ("week-long-subscriptions", Self::WeekLongSubscriptions),
        ("gone-subscription-has-its-own-code", Self::GoneSubscriptionHasItsOwnCode),
        ("reauthorize-is-empty", Self::ReauthorizeIsEmpty),
        ("issuers-are-real", Self::IssuersAreReal),
        ("loopback-ports-are-free", Self::LoopbackPortsAreFree),
        ("tokens-live-long", Self::TokensLiveLong),
        ("work-tokens-are-jwts", Self::WorkTokensAreJwts),
        ("no-revocation", Self::NoRevocation),
        ("uids-are-hex", Self::UidsAreHex),
        ("uri-code-is-broker", Self::UriCodeIsBroker),
    ];

    /// What the fact book believes.
    const fn is_held(self) -> bool {
        match self {
            Self::EqualTimesVoidToo
            | Self::OccurrencesAreRemovedToo
            | Self::UnmatchedStartsMove
            | Self::FillerIsValidated
            | Self::WeekLongSubscriptions
            | Self::TokensLiveLong => false,
            Self::NamesAreUnique
            | Self::OffsetsCount
            | Self::AllDayHasItsOwnCode
            | Self::CancelledAreListed
            | Self::ArraysAreReplaced
            | Self::MasterEditsVoidExceptions
            | Self::ZeroLengthIsTaken
            | Self::LargeTopIsRefused
            | Self::AllIanaNamesWork
            | Self::OriginalZonesAreWindows
            | Self::ViewsHoldOverlaps
            | Self::MastersComeAlong
            | Self::OccurrenceIdsEmbedMasters
            | Self::OccurrencesAreImmutable
            | Self::MonthEndsClamp
            | Self::YearsAreMonths
            | Self::PatternsHaveFiller
            | Self::ClientStateIsHidden
            | Self::CalendarsCanBeWatched
            | Self::GoneSubscriptionHasItsOwnCode
            | Self::ReauthorizeIsEmpty
            | Self::IssuersAreReal
            | Self::LoopbackPortsAreFree
            | Self::WorkTokensAreJwts
            | Self::NoRevocation
            | Self::UidsAreHex
            | Self::UriCodeIsBroker => true,
        }
    }

    /// The belief of a name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, belief)| *belief)
    }
}

/// The answer to the second POST of one `transactionId` (3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeated {
    /// 201 with the event that is there.
    #[default]
    Created,
    /// 200 with the event that is there.
    Ok,
    /// 409.
    Conflict,
}

/// Limits of the service (3.2, 3.4, 3.10, 3.12, 3.13), to be lowered by tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of one mailbox in ten minutes.
    pub requests_max: usize,
    /// Requests of one mailbox at once.
    pub concurrent_max: usize,
    /// How long a request is taken to run, in milliseconds: what began within it before another
    /// request runs beside it. 0 counts none.
    pub runs_ms: i64,
    /// Whether what runs at once is what was begun and not yet said to have ended.
    pub counts_running: bool,
    /// Items of a page where no header asks for fewer.
    pub page_items: usize,
    /// Members of a batch.
    pub batch_max: usize,
    /// Live subscriptions of one mailbox.
    pub subscriptions_max: usize,
    /// Schedules of one `getSchedule`.
    pub schedules_max: usize,
    /// Days of one `getSchedule`.
    pub schedule_days_max: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_max: 10_000,
            concurrent_max: 4,
            runs_ms: 0,
            counts_running: false,
            page_items: 10,
            batch_max: 20,
            subscriptions_max: 1_000,
            schedules_max: 20,
            schedule_days_max: 62,
        }
    }
}

/// How the service behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    beliefs: BTreeSet<Belief>,
    /// The answer to a creation that was sent before.
    pub repeated: Repeated,
    /// What the service allows.
    pub limits: Limits,
    pub(crate) quirks: BTreeSet<super::fault::Quirk>,
}

impl Default for Profile {
    fn default() -> Self {
        let held = Belief::ALL.iter().map(|(_, belief)| *belief).filter(|belief| belief.is_held());
        Self {
            beliefs: held.collect(),
            repeated: Repeated::default(),
            limits: Limits::default(),
            quirks: BTreeSet::new(),
        }
    }
}

impl Profile {
    /// Whether a belief is true here.
    #[must_use]
    pub fn holds(&self, belief: Belief) -> bool {
        self.beliefs.contains(&belief)
    }

    /// Makes a belief true or false.
    pub fn set(&mut self, belief: Belief, holds: bool) {
        if holds {
            self.beliefs.insert(belief);
        } else {
            self.beliefs.remove(&belief);
        }
    }

    /// The same with a belief turned round.
    #[must_use]
    pub fn flipped(mut self, belief: Belief) -> Self {
        let holds = self.holds(belief);
        self.set(belief, !holds);
        self
    }

    pub(crate) fn has(&self, quirk: super::fault::Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}
