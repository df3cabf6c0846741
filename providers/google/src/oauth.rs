//! Google as a place to sign in: where, for what, and with which parameters, as data.

use kalends_kit::oauth::OauthClient;

use crate::scopes::{ASK_BUSY, OWN_CALENDARS, READ_EVENTS, READ_LIST, WRITE_EVENTS};

const AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const TOKEN: &str = "https://oauth2.googleapis.com/token";
const REVOKE: &str = "https://oauth2.googleapis.com/revoke";

/// What people are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asks {
    /// To read their calendars, to make some of ours beside them, and to ask when others have time: the
    /// least that mirrors and proposals need.
    Overlays,
    /// To write to their own calendars too, for mirrors among a person's events.
    Calendars,
}

impl Asks {
    /// The scopes, without one that another holds already.
    #[must_use]
    pub fn scopes(self) -> Vec<String> {
        let scopes: &[&str] = match self {
            Self::Overlays => &[READ_EVENTS, READ_LIST, OWN_CALENDARS, ASK_BUSY],
            Self::Calendars => &[WRITE_EVENTS, READ_LIST, OWN_CALENDARS, ASK_BUSY],
        };
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }
}

/// A program that Google knows, with its secret where it has one (desktop programs do).
///
/// `auth` is another address to sign in at, without a slash at its end: a simulator's or a
/// proxy's, which answers for both of Google's hosts under their paths.
#[must_use]
pub fn oauth_client(id: &str, secret: Option<&str>, auth: Option<&str>, asks: Asks) -> OauthClient {
    let place = |whole: &str, path: &str| match auth {
        Some(base) => format!("{}{path}", base.trim_end_matches('/')),
        None => whole.to_owned(),
    };
    // Without the first there is no refresh token, and without the second none the second time; by
    // the third what was granted before stays granted.
    let extra =
        [("access_type", "offline"), ("prompt", "consent"), ("include_granted_scopes", "true")];
    OauthClient {
        authorize: place(AUTHORIZE, "/o/oauth2/v2/auth"),
        token: place(TOKEN, "/token"),
        revoke: Some(place(REVOKE, "/revoke")),
        id: id.to_owned(),
        secret: secret.map(str::to_owned),
        scopes: asks.scopes(),
        extra: extra.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_asked_for_and_a_refresh_token_with_it() {
        let client = oauth_client("id", Some("secret"), None, Asks::Overlays);
        assert_eq!(client.authorize, AUTHORIZE);
        assert_eq!(client.scopes, [READ_EVENTS, READ_LIST, OWN_CALENDARS, ASK_BUSY]);
        assert!(client.extra.contains(&("access_type".to_owned(), "offline".to_owned())));
        assert!(!Asks::Calendars.scopes().contains(&READ_EVENTS.to_owned()), "writing reads too");
        let there = oauth_client("id", None, Some("http://127.0.0.1:8/"), Asks::Calendars);
        assert_eq!(there.authorize, "http://127.0.0.1:8/o/oauth2/v2/auth");
        assert_eq!(there.token, "http://127.0.0.1:8/token");
        assert_eq!(there.revoke.as_deref(), Some("http://127.0.0.1:8/revoke"));
    }
}
