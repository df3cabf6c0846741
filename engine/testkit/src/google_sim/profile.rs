//! Habits of the server, to be changed at will: what the real one is known to do differently from
//! account to account, and what nobody could verify.

use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Access tokens and what comes with them.
    pub consent: Consent,
    /// How lists are given.
    pub lists: Lists,
    /// How events are stored.
    pub writes: Writes,
    /// How channels live and messages travel.
    pub push: Push,
    /// How many requests are allowed.
    pub quota: Quota,
}

/// Habits of the OAuth endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// How long an access token lasts, in milliseconds.
    pub access_life_ms: i64,
    /// How long a grant lasts: 7 days for an app in testing, in milliseconds.
    pub grant_life_ms: Option<i64>,
    /// Whether each refresh gives another refresh token and ends the old one.
    pub rotates: bool,
    /// Scopes that the person does not tick (F4).
    pub unticked: BTreeSet<String>,
}

/// Habits of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Never more entries on a page, whatever was asked for.
    pub page_max: usize,
    /// Each page with entries comes after an empty one (F14).
    pub empty_pages: bool,
    /// Events that were changed come in both versions (F15).
    pub twice: bool,
    /// Changed instances come before everything else (F16).
    pub exceptions_first: bool,
    /// Cancelled events have an id and nothing more (F17).
    pub bare_stubs: bool,
    /// The last page lacks its sync token (F18).
    pub no_sync_token: bool,
    /// How many changes before a token are given again (F19).
    pub repeats: u64,
    /// How many of the last changes a list does not know of yet (F25).
    pub lag: u64,
    /// How long sync tokens last, in milliseconds.
    pub sync_token_life_ms: Option<i64>,
}

/// Habits of writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writes {
    /// What instance ids look like (F26).
    pub instance_ids: InstanceIds,
    /// The server adds a conference, respells rules and escapes descriptions (F24).
    pub mangles: bool,
}

/// Kinds of instance ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceIds {
    /// Of the older kind for some series, opaque for others.
    Mixed,
    /// Opaque.
    Opaque,
    /// The series' id and the original start.
    Dated,
}

/// Habits of push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// No channel lives longer, in milliseconds (F21).
    pub life_max_ms: i64,
    /// How long a message takes, in milliseconds.
    pub delay_ms: i64,
}

/// Limits over a sliding minute (<https://developers.google.com/calendar/api/guides/quota>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests of one person.
    pub user_minute: usize,
    /// Requests of the project.
    pub project_minute: usize,
    /// The status of a refusal: 403 or 429.
    pub status: u16,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            consent: Consent {
                access_life_ms: 3_599_000,
                grant_life_ms: None,
                rotates: false,
                unticked: BTreeSet::new(),
            },
            lists: Lists {
                page_max: 2_500,
                empty_pages: false,
                twice: false,
                exceptions_first: false,
                bare_stubs: false,
                no_sync_token: false,
                repeats: 0,
                lag: 0,
                sync_token_life_ms: None,
            },
            writes: Writes { instance_ids: InstanceIds::Mixed, mangles: false },
            push: Push { life_max_ms: 7 * DAY_MS, delay_ms: 0 },
            quota: Quota { user_minute: 600, project_minute: 10_000, status: 403 },
        }
    }
}
