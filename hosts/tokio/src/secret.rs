//! What is kept of an account under seal: its address and its credential.

use std::fmt;

use kalends_core::ports::Credential;
use serde::{Deserialize, Serialize};

/// Address and credential of an account. The address is a secret too: that of a feed often is
/// its only key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Where the provider is talked to.
    pub address: String,
    /// What it is talked to with.
    pub credential: Credential,
    /// What the last discovery wanted its provider to be given again, opaque; or empty.
    pub memory: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl Secret {
    /// The form that is sealed and stored: JSON with a version.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let credential = match &self.credential {
            Credential::Bearer(token) => Stored::Bearer { token: token.clone() },
            Credential::Basic { user, password } => {
                Stored::Basic { user: user.clone(), password: password.clone() }
            }
            Credential::Digest { user, password } => {
                Stored::Digest { user: user.clone(), password: password.clone() }
            }
            Credential::None => Stored::None,
        };
        let (address, memory) = (self.address.clone(), self.memory.clone());
        let form = Form { v: VERSION, address, credential, memory };
        serde_json::to_vec(&form).unwrap_or_default()
    }

    /// Reads what [`Secret::to_bytes`] wrote; `None` for anything else, newer versions too.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(bytes).ok()?;
        let credential = match form.credential {
            Stored::Bearer { token } => Credential::Bearer(token),
            Stored::Basic { user, password } => Credential::Basic { user, password },
            Stored::Digest { user, password } => Credential::Digest { user, password },
            Stored::None => Credential::None,
        };
        let Form { v, address, memory, .. } = form;
        (v == VERSION).then_some(Self { address, credential, memory })
    }
}

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Form {
    v: u8,
    address: String,
    credential: Stored,
    memory: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Stored {
    Bearer { token: String },
    Basic { user: String, password: String },
    Digest { user: String, password: String },
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_fixed_and_reads_back() {
        let basic = Credential::Basic { user: "alice".to_owned(), password: "p\"w".to_owned() };
        for (credential, form) in [
            (basic, r#"{"kind":"basic","user":"alice","password":"p\"w"}"#),
            (Credential::Bearer("t".to_owned()), r#"{"kind":"bearer","token":"t"}"#),
            (
                Credential::Digest { user: "u".to_owned(), password: "p".to_owned() },
                r#"{"kind":"digest","user":"u","password":"p"}"#,
            ),
            (Credential::None, r#"{"kind":"none"}"#),
        ] {
            let (address, memory) = ("https://a/".to_owned(), "m".to_owned());
            let secret = Secret { address, credential, memory };
            let bytes = secret.to_bytes();
            let whole =
                format!(r#"{{"v":1,"address":"https://a/","credential":{form},"memory":"m"}}"#);
            assert_eq!(String::from_utf8(bytes.clone()).unwrap(), whole);
            assert_eq!(Secret::from_bytes(&bytes), Some(secret));
        }
        assert_eq!(
            Secret::from_bytes(br#"{"v":2,"address":"","credential":{"kind":"none"},"memory":""}"#),
            None
        );
    }

    #[test]
    fn printing_shows_no_secret() {
        let secret = Secret {
            address: "https://feed/key".to_owned(),
            credential: Credential::Bearer("token".to_owned()),
            memory: "home".to_owned(),
        };
        let shown = format!("{secret:?}");
        assert!(!["key", "token", "home"].iter().any(|open| shown.contains(open)), "{shown}");
    }
}
