//! Faults that give the server another habit for one request.

use crate::google_sim::profile::{InstanceIds, Profile};

/// Another habit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// The person unticks what would write (F4).
    Unticked,
    /// Empty pages come first (F14).
    EmptyPages,
    /// Changed events come in both versions (F15).
    Twice,
    /// Changed instances come before their series (F16).
    ExceptionsFirst,
    /// Cancelled events have but an id (F17).
    BareStubs,
    /// The last page lacks its sync token (F18).
    NoSyncToken,
    /// So many older changes come again (F19).
    Repeats(u64),
    /// No channel lives longer (F21).
    ShortChannels(i64),
    /// The server rewrites what it stores (F24).
    Mangles,
    /// So many of the last changes are not known yet (F25).
    Lag(u64),
    /// All instance ids are opaque (F26).
    OpaqueIds,
}

impl Quirk {
    pub(crate) fn apply(self, profile: &mut Profile) {
        let lists = &mut profile.lists;
        match self {
            Self::Unticked => {
                let writing = ["calendar", "calendar.events", "calendar.app.created"];
                let scopes = writing.map(|name| format!("https://www.googleapis.com/auth/{name}"));
                profile.consent.unticked.extend(scopes);
            }
            Self::EmptyPages => lists.empty_pages = true,
            Self::Twice => lists.twice = true,
            Self::ExceptionsFirst => lists.exceptions_first = true,
            Self::BareStubs => lists.bare_stubs = true,
            Self::NoSyncToken => lists.no_sync_token = true,
            Self::Repeats(many) => lists.repeats = many,
            Self::ShortChannels(life_ms) => profile.push.life_max_ms = life_ms,
            Self::Mangles => profile.writes.mangles = true,
            Self::Lag(many) => lists.lag = many,
            Self::OpaqueIds => profile.writes.instance_ids = InstanceIds::Opaque,
        }
    }
}
