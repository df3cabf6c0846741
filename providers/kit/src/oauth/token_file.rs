//! Ready tokens in a file: however people have them.

use core::fmt;

use kalends_core::account::Tokens;
use kalends_core::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Ready tokens, and the program they were made for where the file says so. `Debug` shows none.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TokenFile {
    /// The tokens; `access` is empty where there is only one to refresh.
    pub tokens: Tokens,
    /// The program's id and secret.
    pub client: Option<(String, Option<String>)>,
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFile").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

/// Why a file holds no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFileError {
    /// It is neither a token nor JSON that is known.
    #[error(
        "the file holds neither an access token, nor the JSON of an answer with tokens, nor \
         google-auth's authorized user"
    )]
    Shape,
    /// It holds JSON without a token.
    #[error("the file names no access_token, token or refresh_token")]
    NoToken,
}

#[derive(Deserialize)]
struct Form {
    access_token: Option<String>,
    token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
    expiry: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    scopes: Option<Vec<String>>,
}

impl TokenFile {
    /// Reads a bare access token, a JSON string, the answer of a token endpoint
    /// (`access_token`, `refresh_token`, `expires_in`), or what google-auth and gcloud write for an
    /// authorised user (`token`, `refresh_token`, `client_id`, `client_secret`, `expiry`).
    ///
    /// # Errors
    /// [`TokenFileError`] says what is missing.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, TokenFileError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let bare = |token: &str| {
            let good = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '{' | '<');
            let is_token = !token.is_empty() && token.chars().all(good);
            let tokens = Tokens { access: token.to_owned(), ..Tokens::default() };
            is_token.then_some(Self { tokens, client: None }).ok_or(TokenFileError::Shape)
        };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::String(token)) => bare(token.trim()),
            Ok(value @ Value::Object(_)) => {
                Self::form(serde_json::from_value(value).map_err(|_| TokenFileError::Shape)?, now)
            }
            Ok(Value::Null | Value::Bool(_) | Value::Array(_)) => Err(TokenFileError::Shape),
            Ok(Value::Number(_)) | Err(_) => bare(text),
        }
    }

    fn form(form: Form, now: Timestamp) -> Result<Self, TokenFileError> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let access = filled(form.access_token).or(filled(form.token));
        let refresh = filled(form.refresh_token);
        if access.is_none() && refresh.is_none() {
            return Err(TokenFileError::NoToken);
        }
        let from_now = |seconds: i64| now.saturating_add_millis(seconds.saturating_mul(1_000));
        let expires = form.expires_in.map(from_now);
        let expires = expires.or(form.expiry.as_deref().and_then(instant));
        let scopes = form.scope.or(form.scopes.map(|scopes| scopes.join(" ")));
        let tokens = Tokens { access: access.unwrap_or_default(), refresh, expires, scopes };
        let client = filled(form.client_id).map(|id| (id, filled(form.client_secret)));
        Ok(Self { tokens, client })
    }
}

/// RFC 3339, and UTC where no offset is said.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

    fn read(text: &str) -> Result<TokenFile, TokenFileError> {
        TokenFile::read(text, NOW)
    }

    #[test]
    fn a_bare_token_is_read_with_or_without_quotes() {
        for text in ["ya29.a0-_x", "\u{feff}ya29.a0-_x\r\n", " \"ya29.a0-_x\" \n"] {
            let file = read(text).unwrap_or_default();
            assert_eq!(file.tokens.access, "ya29.a0-_x", "{text:?}");
            assert!(file.tokens.refresh.is_none() && file.client.is_none());
        }
        for text in ["", "two words", "[]", "null", "<html>", "{"] {
            assert_eq!(read(text), Err(TokenFileError::Shape), "{text:?}");
        }
    }

    #[test]
    fn an_answer_with_tokens_is_read() {
        let text = r#"{"access_token":"a","refresh_token":"r","expires_in":60,"scope":"x"}"#;
        let file = read(text).unwrap_or_default();
        assert_eq!(file.tokens.access, "a");
        assert_eq!(file.tokens.refresh.as_deref(), Some("r"));
        assert_eq!(file.tokens.expires, Some(NOW.saturating_add_millis(60_000)));
        assert_eq!(read(r#"{"id_token":"x"}"#), Err(TokenFileError::NoToken));
    }

    #[test]
    fn what_google_auth_writes_is_read() {
        let text = r#"{"token":"a","refresh_token":"r","token_uri":"https://x","client_id":"c",
            "client_secret":"s","scopes":["x","y"],"expiry":"2026-05-28T20:26:40.5"}"#;
        let file = read(text).unwrap_or_default();
        assert_eq!(file.client, Some(("c".to_owned(), Some("s".to_owned()))));
        assert_eq!(file.tokens.scopes.as_deref(), Some("x y"));
        assert_eq!(file.tokens.expires, Some(NOW.saturating_add_millis(500)));
        let text = r#"{"type":"authorized_user","refresh_token":"r","client_id":"c"}"#;
        let file = read(text).unwrap_or_default();
        assert!(file.tokens.access.is_empty() && file.tokens.refresh.is_some());
    }

    #[test]
    fn printing_shows_no_token() {
        let file = read(r#"{"access_token":"a-1","client_id":"c","client_secret":"s-1"}"#);
        assert!(!format!("{file:?}").contains("-1"));
    }
}
