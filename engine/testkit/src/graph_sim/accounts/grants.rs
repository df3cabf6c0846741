//! What was granted: codes, access tokens, refresh tokens, and the apps they are for.

use std::collections::{BTreeMap, BTreeSet};

use super::super::hash;
use super::super::profile::{Belief, Profile};
use super::super::state::{AccountKind, State};

/// The tenant of all personal accounts.
pub(crate) const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const CODE_MS: i64 = 600_000;
const REFRESH_MS: i64 = 90 * DAY_MS;

/// Everything that was granted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    /// Registered apps by client id; any app is known where none is.
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) access: BTreeMap<String, Access>,
    pub(crate) refresh: BTreeMap<String, Refresh>,
    /// Who is signed in at the browser, where no hint says it.
    pub(crate) at_browser: Option<usize>,
    /// Users whose next token needs claims (continuous access evaluation).
    pub(crate) challenged: BTreeSet<usize>,
    /// An administrator has to consent first.
    pub(crate) needs_admin: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct App {
    /// A public client has none.
    pub(crate) secret: Option<String>,
    pub(crate) redirects: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) user: usize,
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) challenge: Option<String>,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    pub(crate) tenant: String,
    pub(crate) expires_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) user: usize,
    pub(crate) client: String,
    pub(crate) scope: String,
    pub(crate) expires_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refresh {
    pub(crate) user: usize,
    pub(crate) client: String,
    pub(crate) scope: String,
    pub(crate) tenant: String,
    pub(crate) expires_ms: i64,
    pub(crate) is_revoked: bool,
}

impl Accounts {
    /// The GUID of a person's tenant.
    pub(crate) fn tenant_of(&self, state: &State, user: usize) -> String {
        match state.users.get(&user).map(|user| user.kind) {
            Some(AccountKind::Consumer) => CONSUMERS.to_owned(),
            Some(AccountKind::Work) | None => hash::guid(state.seed, "tenant", 0),
        }
    }
}

impl State {
    /// A code for the browser's redirect.
    pub(crate) fn grant_code(&mut self, code: Code, now_ms: i64) -> String {
        let nth = self.draw();
        let text = format!("0.AX{}", hash::word(self.seed, "code", nth));
        self.accounts.codes.insert(text.clone(), Code { expires_ms: now_ms + CODE_MS, ..code });
        text
    }

    /// An access token and its life in seconds. Tokens are opaque to clients, JWTs or not.
    pub(crate) fn grant_access(
        &mut self,
        profile: &Profile,
        now_ms: i64,
        access: Access,
    ) -> (String, i64) {
        let nth = self.draw();
        let word = hash::word(self.seed, "access", nth);
        let is_work = self.users.get(&access.user).is_some_and(|u| u.kind == AccountKind::Work);
        let text = if is_work && profile.holds(Belief::WorkTokensAreJwts) {
            format!("eyJ0eXAiOiJKV1QifQ.{word}.c2lnbmF0dXJl")
        } else {
            format!("EwB{word}==")
        };
        let long = profile.holds(Belief::TokensLiveLong);
        let life_ms = if long { 28 * HOUR_MS } else { 3_599_000 };
        let access = Access { expires_ms: now_ms + life_ms, ..access };
        self.accounts.access.insert(text.clone(), access);
        (text, life_ms / 1_000)
    }

    /// A refresh token; older ones stay valid (3.15).
    pub(crate) fn grant_refresh(&mut self, refresh: Refresh, now_ms: i64) -> String {
        let nth = self.draw();
        let text = format!("M.R3_BAY.{}", hash::word(self.seed, "refresh", nth));
        let refresh = Refresh { expires_ms: now_ms + REFRESH_MS, ..refresh };
        self.accounts.refresh.insert(text.clone(), refresh);
        text
    }
}
