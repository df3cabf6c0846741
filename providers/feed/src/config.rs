//! What a feed is set up with.

use core::fmt;

use kalends_kit::Secret;

/// Where a feed is. The address is a secret: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FeedConfig {
    /// The address: `https:`, `http:`, `webcal:`, or `file:` where the host serves files.
    pub url: String,
    /// What the last discovery asked to be remembered, as it was; empty before the first.
    pub remember: String,
}

/// As it is kept of an account.
impl From<&Secret> for FeedConfig {
    fn from(secret: &Secret) -> Self {
        Self { url: secret.address.clone(), remember: secret.memory.clone() }
    }
}

impl fmt::Debug for FeedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedConfig").finish_non_exhaustive()
    }
}
