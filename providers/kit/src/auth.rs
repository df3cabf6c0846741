//! Credentials on the wire.

use kalends_core::ports::{Credential, HttpHead};

use crate::url::{Scheme, Url};

/// The code of the warning that credentials cross the network readable.
pub const PLAIN_CREDENTIALS: &str = "http.plain-credentials";

/// The value of `Authorization` before any challenge; `None` where no credential is needed, or
/// where the credential waits for one (RFC 7617, RFC 6750).
#[must_use]
pub fn authorization(credential: &Credential) -> Option<String> {
    match credential {
        Credential::Bearer(token) => Some(format!("Bearer {token}")),
        Credential::Basic { user, password } => {
            Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
        }
        Credential::Digest { .. } | Credential::None => None,
    }
}

/// Whether what is sent there cannot be read on the way: TLS, or this machine. Only there are
/// credentials sent before the server asks.
#[must_use]
pub fn is_private(url: &Url) -> bool {
    match url.scheme() {
        Scheme::Https => true,
        Scheme::Http => url.is_loopback(),
        Scheme::File => false,
    }
}

/// [`PLAIN_CREDENTIALS`] where the credential will cross the network readable: to be shown to the
/// person who chose the address.
#[must_use]
pub fn plain_warning(url: &Url, credential: &Credential) -> Option<&'static str> {
    let carries = authorization(credential).is_some();
    (carries && url.scheme() == Scheme::Http && !is_private(url)).then_some(PLAIN_CREDENTIALS)
}

/// What a 401 asks for (RFC 9110 section 11.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offers {
    /// Basic.
    pub basic: bool,
    /// Bearer.
    pub bearer: bool,
    /// Digest.
    pub digest: bool,
}

/// Reads every `WWW-Authenticate`, several headers or one joined by commas.
#[must_use]
pub fn offers(head: &HttpHead) -> Offers {
    let mut found = Offers::default();
    for challenge in challenges(head) {
        match challenge.scheme.as_str() {
            "basic" => found.basic = true,
            "bearer" => found.bearer = true,
            "digest" => found.digest = true,
            _ => {}
        }
    }
    found
}

/// One challenge of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The scheme, lower case.
    pub(crate) scheme: String,
    /// Its parameters, names in lower case, values without quotes.
    pub(crate) parameters: Vec<(String, String)>,
}

/// Every challenge of an answer, in order (RFC 9110 section 11.6.1).
pub(crate) fn challenges(head: &HttpHead) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for (_, value) in head.headers.iter().filter(|(name, _)| name == "www-authenticate") {
        let mut here: Vec<Challenge> = Vec::new();
        for part in outside_quotes(value) {
            // `scheme name=value`, `scheme`, or another parameter of the scheme before.
            let (word, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
            let begins = !word.is_empty() && !word.contains('=') && !rest.trim().starts_with('=');
            if begins {
                let scheme = word.to_ascii_lowercase();
                here.push(Challenge { scheme, parameters: Vec::new() });
            }
            let parameter = if begins { rest } else { part };
            if let (Some(last), Some((name, value))) = (here.last_mut(), parameter.split_once('='))
            {
                last.parameters.push((name.trim().to_ascii_lowercase(), unquoted(value.trim())));
            }
        }
        found.extend(here);
    }
    found
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let (mut text, mut escaped) = (String::new(), false);
    for c in inner.chars() {
        match c {
            _ if escaped => {
                text.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => break,
            _ => text.push(c),
        }
    }
    text
}

fn outside_quotes(value: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(value[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(value[start..].trim());
    parts
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut word = 0_u32;
        for at in 0..3 {
            word = word << 8 | u32::from(group.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            if at <= group.len() {
                text.push(char::from(DIGITS[(word >> (18 - 6 * at) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn basic_is_utf8() {
        let basic = Credential::Basic { user: "zoë".into(), password: "p:w".into() };
        assert_eq!(authorization(&basic).unwrap(), "Basic em/DqzpwOnc=");
        assert_eq!(authorization(&Credential::None), None);
    }

    #[test]
    fn plain_http_is_warned_of_but_for_this_machine() {
        let basic = Credential::Basic { user: "u".into(), password: "p".into() };
        let warn = |url: &str, c: &Credential| plain_warning(&Url::parse(url).unwrap(), c);
        assert_eq!(warn("http://h/", &basic), Some(PLAIN_CREDENTIALS));
        assert_eq!(warn("http://h/", &Credential::None), None);
        assert_eq!(warn("http://127.0.0.1/", &basic), None);
        assert_eq!(warn("https://h/", &basic), None);
    }

    #[test]
    fn challenges_joined_or_apart_are_read() {
        let head = |values: &[&str]| HttpHead {
            status: 401,
            headers: values.iter().map(|v| ("www-authenticate".into(), (*v).into())).collect(),
        };
        let joined =
            offers(&head(&["Digest realm=\"a, Basic b\", nonce=\"n\", Basic realm=\"x\""]));
        assert_eq!(joined, Offers { basic: true, bearer: false, digest: true });
        let apart = offers(&head(&["bearer", "BASIC realm=\"q\\\", Digest\""]));
        assert_eq!(apart, Offers { basic: true, bearer: true, digest: false });
        assert!(!offers(&head(&["Digest realm=\"Basic\""])).basic);
    }
}
