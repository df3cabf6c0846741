//! Codes, grants and tokens.

use std::collections::{BTreeMap, BTreeSet};

use super::digest;

/// Everything the OAuth endpoints know.
#[derive(Clone, Debug, Default)]
pub(crate) struct OAuth {
    /// Secrets by client id; where there are none, every client is known.
    pub(crate) clients: BTreeMap<String, String>,
    /// Who is signed in at the browser; else the one that `login_hint` names, else the first.
    pub(crate) browser: Option<String>,
    /// The person says no.
    pub(crate) denies: bool,
    pub(crate) codes: BTreeMap<String, Code>,
    grants: BTreeMap<Who, Grant>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Who>,
    drawn: u64,
}

/// A person and a client: what is granted, is granted to both together.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Who {
    pub(crate) user: String,
    pub(crate) client: String,
}

/// A code between the page and the token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) who: Who,
    pub(crate) redirect: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) challenge: Option<String>,
    /// Whether a refresh token comes with it.
    pub(crate) refresh: bool,
    pub(crate) expires_ms: i64,
}

#[derive(Clone, Debug)]
struct Grant {
    scopes: BTreeSet<String>,
    made_ms: i64,
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) who: Who,
    pub(crate) scopes: BTreeSet<String>,
    expires_ms: i64,
}

/// Tokens as a client gets them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The bearer token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl OAuth {
    /// Text that was never given before.
    pub(crate) fn draw(&mut self, seed: u64, kind: &str) -> String {
        self.drawn += 1;
        digest::token(seed, &[kind, &self.drawn.to_string()])
    }

    /// Whether the client is known, and with this secret.
    pub(crate) fn knows(&self, client: &str, secret: Option<&str>) -> bool {
        let held = self.clients.get(client);
        self.clients.is_empty() || held.is_some_and(|held| secret.is_none_or(|text| text == held))
    }

    /// What a person has granted to a client so far.
    pub(crate) fn granted(&self, who: &Who) -> BTreeSet<String> {
        self.grants.get(who).map(|grant| grant.scopes.clone()).unwrap_or_default()
    }

    /// Notes a consent. An older one is widened, and counts as new.
    pub(crate) fn consent(&mut self, who: &Who, scopes: &BTreeSet<String>, now_ms: i64) {
        let held = self.grants.entry(who.clone());
        let grant = held.or_insert_with(|| Grant { scopes: BTreeSet::new(), made_ms: now_ms });
        grant.scopes.extend(scopes.iter().cloned());
        grant.made_ms = now_ms;
    }

    pub(crate) fn new_access(
        &mut self,
        seed: u64,
        who: &Who,
        scopes: BTreeSet<String>,
        expires_ms: i64,
    ) -> String {
        let token = format!("ya29.{}", self.draw(seed, "access"));
        self.access.insert(token.clone(), Access { who: who.clone(), scopes, expires_ms });
        token
    }

    pub(crate) fn new_refresh(&mut self, seed: u64, who: &Who) -> String {
        let token = format!("1//{}", self.draw(seed, "refresh"));
        self.refresh.insert(token.clone(), who.clone());
        token
    }

    pub(crate) fn end_refresh(&mut self, token: &str) {
        self.refresh.remove(token);
    }

    /// The grant of a refresh token, if it lives.
    pub(crate) fn of_refresh(&self, token: &str, life_ms: Option<i64>, now_ms: i64) -> Option<Who> {
        let who = self.refresh.get(token)?;
        let grant = self.grants.get(who)?;
        let lives = life_ms.is_none_or(|life| now_ms < grant.made_ms + life);
        lives.then(|| who.clone())
    }

    /// An access token, if it lives.
    pub(crate) fn of_access(&self, token: &str, now_ms: i64) -> Option<&Access> {
        self.access.get(token).filter(|access| now_ms < access.expires_ms)
    }

    /// Ends the grant that a token of either kind belongs to; false where there is none.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        let who = self.refresh.get(token).or(self.access.get(token).map(|access| &access.who));
        let who = who.cloned();
        who.map(|who| self.end(&who)).is_some()
    }

    /// Ends what a person granted to a client, all scopes and all devices.
    pub(crate) fn end(&mut self, who: &Who) {
        self.grants.remove(who);
        self.refresh.retain(|_, held| held != who);
        self.access.retain(|_, access| access.who != *who);
    }

    /// Ends everything a person granted.
    pub(crate) fn end_all(&mut self, user: &str) {
        let all: Vec<Who> = self.grants.keys().filter(|who| who.user == user).cloned().collect();
        for who in all {
            self.end(&who);
        }
    }

    /// Lets the access tokens of a person run out.
    pub(crate) fn expire_access(&mut self, user: &str) {
        self.access.retain(|_, access| access.who.user != user);
    }
}
