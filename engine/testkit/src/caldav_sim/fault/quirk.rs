//! Faults that are a habit: for the requests they hit, the profile is another one.

use super::super::profile::{
    BadToken, Ctag, Distrust, EtagOnPut, EtagShape, HrefStyle, MultigetMissing, Paging, Poison,
    Profile, PropertyChange, StoredName, Sync, TokenForm, UidRule,
};

/// A change of the profile, for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// Discovery and the spelling of replies.
    Discovery(Discovery),
    /// Change detection.
    Syncing(Syncing),
    /// ETags and fetching.
    Reading(Reading),
    /// Writing.
    Writing(Writing),
}

/// Faults of discovery and spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// C1: no well-known.
    NoWellKnown,
    /// C3: two home sets.
    SharedHome,
    /// C3: home hrefs absolute on another port.
    AbsoluteHome(&'static str),
    /// C4: no `principal-URL`.
    NoPrincipalUrl,
    /// C5: `unauthenticated`.
    PrincipalHidden,
    /// C11: `getetag` is 404 in a propstat of each member.
    EtagPropstatMissing,
    /// C11: the last member is a response-level 404.
    LastMemberGone,
    /// C11: an answer that is whole by its form has no members.
    MembersHidden,
    /// C12: hrefs spelled otherwise.
    Hrefs(HrefStyle),
    /// C12: the collection is in its own listing.
    SelfInReports,
    /// C13: unknown properties.
    UnknownProperties,
    /// C46: the `Date` header is off by this many milliseconds.
    DateSkew(i64),
}

/// Faults of change detection. Those of sync-collection do nothing on a server without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syncing {
    /// C14: each non-empty token is answered so.
    BadTokens(BadToken),
    /// C15: each non-empty token is from the future and echoed.
    FutureEcho,
    /// C16, C17: paging.
    Paging(Paging),
    /// C18: tombstones in an initial sync.
    Tombstones,
    /// C19: what was made and deleted inside the window is a 404 entry.
    ShortLived,
    /// C20: PROPPATCH puts the collection into the delta.
    CollectionInDelta,
    /// C21: tokens of one second.
    SecondTokens,
    /// C22: no sync-collection.
    NoSync,
    /// C23, C24: ctag habits.
    Ctag(Ctag),
}

/// Faults of fetching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// C25: spelling of ETags.
    Etags(EtagShape),
    /// C26: missing hrefs in a multiget.
    Missing(MultigetMissing),
    /// C27: a poison item gives this status to the whole report.
    Poison(u16),
    /// C28: calendar-query is late by so many milliseconds.
    QueryLag(i64),
    /// C29: more hrefs than this get the status.
    MultigetMax(usize, u16),
    /// C30: what ended longer ago than this is hidden.
    Window(i64),
}

/// Faults of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writing {
    /// C31: when PUT gives an ETag.
    EtagOnPut(EtagOnPut),
    /// C32: the body is rewritten and still gets an ETag.
    Rewritten,
    /// C33: the ETag of a PUT is stale at once.
    StaleEtag,
    /// C35: UIDs unique over all calendars of the user, conflicts with this status.
    UidConflict(u16),
    /// C36: deleted UIDs stay taken, re-use gets this status.
    Trash(u16),
    /// C38: largest body.
    MaxOctets(usize),
    /// C42: X- properties are dropped.
    StripX,
    /// C43: stored under another name.
    OtherName,
    /// C44: no calendars are made.
    NoMake(u16),
    /// C45: invitations are delivered.
    Schedules,
}

impl Quirk {
    pub(crate) fn apply(&self, profile: &mut Profile) {
        match self {
            Self::Discovery(quirk) => quirk.apply(profile),
            Self::Syncing(quirk) => quirk.apply(profile),
            Self::Reading(quirk) => quirk.apply(profile),
            Self::Writing(quirk) => quirk.apply(profile),
        }
    }
}

impl Discovery {
    fn apply(&self, profile: &mut Profile) {
        match self {
            Self::NoWellKnown => profile.access.well_known = None,
            Self::SharedHome => profile.access.shared_home = true,
            Self::AbsoluteHome(origin) => profile.access.home_origin = Some(origin),
            Self::NoPrincipalUrl => profile.access.principal_url = false,
            Self::PrincipalHidden => profile.access.principal_hidden = true,
            Self::EtagPropstatMissing => profile.spelling.etag_propstat_missing = true,
            Self::LastMemberGone => profile.spelling.last_member_gone = true,
            Self::MembersHidden => profile.spelling.members_hidden = true,
            Self::Hrefs(style) => profile.spelling.hrefs = *style,
            Self::SelfInReports => profile.spelling.self_in_reports = true,
            Self::UnknownProperties => profile.spelling.unknown_properties = true,
            Self::DateSkew(ms) => profile.spelling.date_skew_ms = *ms,
        }
    }
}

impl Syncing {
    fn apply(&self, profile: &mut Profile) {
        match self {
            Self::Ctag(ctag) => profile.changes.ctag = *ctag,
            Self::NoSync => profile.changes.sync = None,
            Self::BadTokens(_)
            | Self::FutureEcho
            | Self::Paging(_)
            | Self::Tombstones
            | Self::ShortLived
            | Self::CollectionInDelta
            | Self::SecondTokens => {
                if let Some(sync) = &mut profile.changes.sync {
                    self.apply_sync(sync);
                }
            }
        }
    }

    fn apply_sync(&self, sync: &mut Sync) {
        match self {
            Self::BadTokens(answer) => {
                sync.distrust = Distrust::All;
                sync.bad_token = *answer;
            }
            Self::FutureEcho => {
                sync.distrust = Distrust::Future;
                sync.future_token = BadToken::Echo;
            }
            Self::Paging(paging) => sync.paging = *paging,
            Self::Tombstones => sync.tombstones_first = true,
            Self::ShortLived => sync.short_lived = true,
            Self::CollectionInDelta => sync.proppatch = PropertyChange::ListsCollection,
            Self::SecondTokens => sync.token = TokenForm::Seconds { repeats: false },
            Self::NoSync | Self::Ctag(_) => {}
        }
    }
}

impl Reading {
    fn apply(&self, profile: &mut Profile) {
        match self {
            Self::Etags(shape) => profile.storage.etag_shape = *shape,
            Self::Missing(habit) => profile.reads.multiget_missing = *habit,
            Self::Poison(status) => profile.reads.poison = Poison::Any(*status),
            Self::QueryLag(ms) => profile.reads.query_lag_ms = *ms,
            Self::MultigetMax(max, status) => profile.reads.multiget_max = Some((*max, *status)),
            Self::Window(ms) => profile.reads.window_back_ms = Some(*ms),
        }
    }
}

impl Writing {
    fn apply(&self, profile: &mut Profile) {
        match self {
            Self::EtagOnPut(habit) => profile.storage.etag_on_put = *habit,
            Self::Rewritten => {
                profile.storage.rewrite.reorder = true;
                profile.storage.etag_on_put = EtagOnPut::Always;
            }
            Self::StaleEtag => {
                profile.storage.etag_stale_after_put = true;
                profile.storage.etag_on_put = EtagOnPut::Always;
            }
            Self::UidConflict(status) => profile.writes.uid = UidRule::User(*status),
            Self::Trash(status) => profile.writes.trash = Some(*status),
            Self::MaxOctets(max) => profile.writes.max_octets = Some(*max),
            Self::StripX => profile.storage.rewrite.strip_x = true,
            Self::OtherName => profile.storage.name = StoredName::Uid,
            Self::NoMake(status) => profile.writes.make_calendar = Err(*status),
            Self::Schedules => profile.writes.scheduling = true,
        }
    }
}
