//! API keys: drawn once, shown once, kept as a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::ValueEnum;
use kalends::core::time::Timestamp;
use kalends::ids::{RunId, StepSeed};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::error::CliError;

const PREFIX: &str = "kal_";

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Look at everything of its user.
    Read,
    /// Change it.
    Write,
    /// Use the tools at `/mcp`, within their gates, and nothing else.
    Tools,
    /// Look at what the whole server counts; no key has it unless it is asked for.
    Metrics,
    /// Add users, and make and end everybody's keys; no key has it unless it is asked for.
    Admin,
}

impl Scope {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Tools => "tools",
            Self::Metrics => "metrics",
            Self::Admin => "admin",
        }
    }

    /// As they are kept and shown: `read write`.
    pub(crate) fn write_all(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
    }

    /// A word of a later version gives no right.
    pub(crate) fn read_all(text: &str) -> Vec<Self> {
        [Self::Read, Self::Write, Self::Tools, Self::Metrics, Self::Admin]
            .into_iter()
            .filter(|scope| text.split(' ').any(|word| word == scope.word()))
            .collect()
    }
}

/// A new name of a key, which may be seen by anybody.
pub(crate) fn key_id(seed: &StepSeed, now: Timestamp) -> String {
    drawn_id("key", seed, now)
}

/// A new name of something of the server.
pub(crate) fn drawn_id(kind: &str, seed: &StepSeed, now: Timestamp) -> String {
    // Drawn like a run's: a ULID.
    RunId::draw(seed, now, 0).to_string().replacen(RunId::PREFIX, kind, 1)
}

/// A key as its user holds it.
pub(crate) struct KeyText(String);

/// What is kept of a key. The keys are 32 random bytes, so a plain hash tells nobody theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash(pub(crate) [u8; 32]);

impl KeyText {
    /// A new one.
    pub(crate) fn draw() -> Result<Self, CliError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| CliError::failed("random", &error))?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What somebody holds out as a key.
    pub(crate) fn offered(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// To show it to whoever asked for it, once.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_printed_and_two_are_never_the_same() {
        let (one, other) = (KeyText::draw().unwrap(), KeyText::draw().unwrap());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(KeyText::offered(one.expose()).hash(), one.hash());
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn scopes_read_back_and_strange_words_give_no_right() {
        let all = [Scope::Read, Scope::Write, Scope::Tools, Scope::Metrics, Scope::Admin];
        assert_eq!(Scope::read_all(&Scope::write_all(&all)), all);
        assert_eq!(Scope::read_all("writer root"), []);
    }
}
