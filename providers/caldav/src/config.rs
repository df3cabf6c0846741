//! What a connection is set up with.

use kalends_core::ports::Credential;
use kalends_kit::Secret;

/// Where and as whom to talk. The password comes with each exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaldavConfig {
    /// The address the person gave: a host's, a service's, a principal's or a calendar home's.
    pub url: String,
    /// The user name; where it is a mail address, it is taken as one of the owner's.
    pub user: String,
    /// What the last discovery asked to be remembered, as it was; empty before the first.
    pub remember: String,
}

/// As it is kept of an account.
impl From<&Secret> for CaldavConfig {
    fn from(secret: &Secret) -> Self {
        let user = match &secret.credential {
            Credential::Basic { user, .. } | Credential::Digest { user, .. } => user.clone(),
            Credential::Bearer(_) | Credential::None => String::new(),
        };
        Self { url: secret.address.clone(), user, remember: secret.memory.clone() }
    }
}
