//! What a connection is set up with.

use kalends_kit::Secret;

/// Google's own address of its APIs.
pub const API: &str = "https://www.googleapis.com";

/// Where to talk, and what was found out before. The token comes with each exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleConfig {
    /// The address that `/calendar/v3` is below, without a slash at its end: [`API`], a simulator's or
    /// a proxy's.
    pub api: String,
    /// The scopes that the person granted, parted by spaces as the token's answer has them; empty
    /// where nobody knows, which is taken as all.
    pub granted: String,
    /// What the last discovery asked to be remembered, as it was; empty before the first.
    pub remember: String,
}

/// As it is kept of an account.
impl From<&Secret> for GoogleConfig {
    fn from(secret: &Secret) -> Self {
        let granted = secret.sign_in.as_deref().map(|signed| signed.grant.scopes.clone());
        Self {
            api: secret.address.clone(),
            granted: granted.unwrap_or_default(),
            remember: secret.memory.clone(),
        }
    }
}

impl Default for GoogleConfig {
    fn default() -> Self {
        Self { api: API.to_owned(), granted: String::new(), remember: String::new() }
    }
}
