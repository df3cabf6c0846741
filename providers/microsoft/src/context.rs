//! What every exchange of one connection knows.

use core::fmt::Write as _;

use kalends_core::graph::Window as Wanted;
use kalends_core::ids::ProviderId;
use kalends_core::provider::{Failure, FailureClass};
use kalends_kit::{Url, same_site};

use crate::config::MicrosoftConfig;
use crate::remember::Remembered;

/// The connection, read from its configuration.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The root of the API, without a slash at its end.
    pub(crate) api: String,
    base: Url,
    pub(crate) remembered: Remembered,
    /// What a listing is to hold at least.
    pub(crate) wanted: Wanted,
}

impl Context {
    pub(crate) fn new(config: &MicrosoftConfig, wanted: Wanted) -> Result<Self, Failure> {
        let api = config.api.trim_end_matches('/').to_owned();
        let base = Url::parse(&api)
            .map_err(|e| fail(FailureClass::Refused, "graph.address", &e.to_string()))?;
        Ok(Self { api, base, remembered: Remembered::from_text(&config.remember), wanted })
    }

    /// The address of a path below the API, which begins with a slash and is encoded already.
    pub(crate) fn at(&self, path: &str) -> Result<Url, Failure> {
        Url::parse(&format!("{}{path}", self.api))
            .map_err(|e| fail(FailureClass::Refused, "graph.address", &e.to_string()))
    }

    /// The address of a link that an answer gave. The token goes to no other site, and over no
    /// other scheme.
    pub(crate) fn link(&self, link: &str) -> Result<Url, Failure> {
        let url = self.base.join(link).map_err(|_| foreign_link())?;
        if url.scheme() == self.base.scheme() && same_site(&self.base, &url) {
            Ok(url)
        } else {
            Err(foreign_link())
        }
    }
}

/// The path of a calendar. Ids are opaque: each character with a meaning in paths is encoded.
pub(crate) fn calendar_path(calendar: &ProviderId) -> String {
    format!("/me/calendars/{}", encoded(&calendar.0))
}

/// The path of an event. Never without its calendar: events of shared calendars are not found
/// otherwise.
pub(crate) fn event_path(calendar: &ProviderId, event: &str) -> String {
    format!("{}/events/{}", calendar_path(calendar), encoded(event))
}

/// A text as part of a path or as the value of a query (RFC 3986 section 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A failure with nothing said of when to try again.
pub(crate) fn fail(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}

fn foreign_link() -> Failure {
    fail(
        FailureClass::Protocol,
        "graph.link",
        "the server names a next page that is not its own: check the address",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_characters_in_paths() {
        let (calendar, event) = (ProviderId("A/b+c=".into()), "x'y_-z");
        let path = event_path(&calendar, event);
        assert_eq!(path, "/me/calendars/A%2Fb%2Bc%3D/events/x%27y_-z");
    }

    #[test]
    fn the_token_goes_to_no_other_site() {
        let context = Context::new(&MicrosoftConfig::default(), Wanted::default()).unwrap();
        for link in [
            "https://graph.microsoft.com/v1.0/me/x?$deltatoken=a%2Fb",
            "https://graph.microsoft.com/other/prefix?$skiptoken=1",
        ] {
            assert_eq!(context.link(link).unwrap().to_string(), link);
        }
        for link in
            ["https://graph.evil.example/v1.0/me", "http://graph.microsoft.com/", "file:///x"]
        {
            assert_eq!(context.link(link).unwrap_err().code, "graph.link", "{link}");
        }
    }
}
