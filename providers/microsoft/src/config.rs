//! What a connection is set up with.

use kalends_kit::Secret;

/// Where Microsoft Graph is, for who does not say otherwise.
pub const GRAPH: &str = "https://graph.microsoft.com/v1.0";

/// Where to talk. The token comes with each exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrosoftConfig {
    /// The root of the API with its version: [`GRAPH`], or that of a national cloud.
    pub api: String,
    /// What the last discovery asked to be remembered, as it was; empty before the first.
    pub remember: String,
}

/// As it is kept of an account.
impl From<&Secret> for MicrosoftConfig {
    fn from(secret: &Secret) -> Self {
        Self { api: secret.address.clone(), remember: secret.memory.clone() }
    }
}

impl Default for MicrosoftConfig {
    fn default() -> Self {
        Self { api: GRAPH.to_owned(), remember: String::new() }
    }
}
