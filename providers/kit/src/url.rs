//! Addresses: only as much as the protocols here need.

use core::fmt;

use crate::path::normal_path;

/// How an address is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `http:`.
    Http,
    /// `https:`, and `webcal:` which is read as it.
    Https,
    /// `file:`, served by the host.
    File,
}

/// Why a text is no address that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme, or none.
    #[error("give an address that begins with https:// or http://")]
    Scheme,
    /// No host.
    #[error("give an address with a host name")]
    Host,
    /// A port that is no number under 65536.
    #[error("give a port between 1 and 65535")]
    Port,
    /// User or password inside.
    #[error("give user and password apart from the address")]
    UserInfo,
    /// Control characters.
    #[error("take the control characters out of the address")]
    Characters,
}

/// An absolute address; the path in [`normal_path`] form, no fragment.
///
/// `Debug` shows the host only: the path of a feed is a secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({}..)", self.origin())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)?;
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

impl Url {
    /// Reads an absolute address.
    ///
    /// # Errors
    /// [`UrlError`] says what to give instead.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(UrlError::Characters);
        }
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" | "webcal" | "webcals" => Scheme::Https,
            "http" => Scheme::Http,
            "file" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                return Ok(Self {
                    scheme: Scheme::File,
                    host: String::new(),
                    port: None,
                    path: normal_path(path),
                    query: None,
                });
            }
            _ => return Err(UrlError::Scheme),
        };
        let rest = rest.strip_prefix("//").ok_or(UrlError::Host)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (host, port) = authority_parts(authority, scheme)?;
        let (path, query) = path_and_query(tail);
        Ok(Self { scheme, host, port, path: normal_path(path), query })
    }

    /// What a reference found in an answer to this address means (RFC 3986 section 5).
    ///
    /// # Errors
    /// [`UrlError`] where it is an address of another kind.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.trim();
        if reference.chars().any(char::is_control) {
            return Err(UrlError::Characters);
        }
        if let Some(absolute) = self.absolute(reference) {
            return absolute;
        }
        let (path, query) = path_and_query(reference);
        let (host, path) = (self.host.clone(), self.path_to(path));
        Ok(Self { scheme: self.scheme, host, port: self.port, path, query })
    }

    /// The path of [`Url::join`], for who needs no more of it.
    ///
    /// # Errors
    /// As [`Url::join`].
    pub fn join_path(&self, reference: &str) -> Result<String, UrlError> {
        let reference = reference.trim();
        if reference.chars().any(char::is_control) {
            return Err(UrlError::Characters);
        }
        if let Some(absolute) = self.absolute(reference) {
            return absolute.map(|url| url.path);
        }
        Ok(self.path_to(path_and_query(reference).0))
    }

    /// What a reference with a host of its own means.
    fn absolute(&self, reference: &str) -> Option<Result<Self, UrlError>> {
        if has_scheme(reference) {
            return Some(Self::parse(reference));
        }
        let rest = reference.strip_prefix("//")?;
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::File => "file",
        };
        Some(Self::parse(&format!("{scheme}://{rest}")))
    }

    fn path_to(&self, path: &str) -> String {
        if path.is_empty() {
            return self.path.clone();
        }
        if path.starts_with('/') {
            return normal_path(path);
        }
        let folder = self.path.rfind('/').map_or("/", |at| &self.path[..=at]);
        normal_path(&format!("{folder}{path}"))
    }

    /// The same place with another path.
    #[must_use]
    pub fn with_path(&self, path: &str) -> Self {
        Self { path: normal_path(path), query: None, ..self.clone() }
    }

    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::File => return "file://".to_owned(),
        };
        match self.port {
            Some(port) => format!("{scheme}://{}:{port}", self.host),
            None => format!("{scheme}://{}", self.host),
        }
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host in lower case, IPv6 in brackets; empty for files.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path, from its slash on.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.host == "[::1]"
            || (self.host.starts_with("127.")
                && self.host.split('.').count() == 4
                && self.host.split('.').all(|part| part.parse::<u8>().is_ok()))
    }
}

fn has_scheme(reference: &str) -> bool {
    let Some((scheme, rest)) = reference.split_once(':') else {
        return false;
    };
    rest.starts_with("//")
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn authority_parts(text: &str, scheme: Scheme) -> Result<(String, Option<u16>), UrlError> {
    if text.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let (host, port) = match text.rfind(':') {
        Some(at) if !text[at..].contains(']') => (&text[..at], &text[at + 1..]),
        _ => (text, ""),
    };
    let fits = |c: char| c.is_alphanumeric() || "-._[]:%".contains(c);
    if host.is_empty() || !host.chars().all(fits) {
        return Err(UrlError::Host);
    }
    let port = match port {
        "" => None,
        digits => {
            let number = digits.parse::<u16>().map_err(|_| UrlError::Port)?;
            if number == 0 {
                return Err(UrlError::Port);
            }
            Some(number)
        }
    };
    let default = match scheme {
        Scheme::Http => Some(80),
        Scheme::Https => Some(443),
        Scheme::File => None,
    };
    Ok((host.to_lowercase(), port.filter(|port| Some(*port) != default)))
}

fn path_and_query(tail: &str) -> (&str, Option<String>) {
    let tail = tail.split('#').next().unwrap_or_default();
    match tail.split_once('?') {
        Some((path, query)) => (path, Some(query.replace(' ', "%20"))),
        None => (tail, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn addresses_are_read_and_printed() {
        assert_eq!(url("HTTPS://Dav.Example.ORG:443").to_string(), "https://dav.example.org/");
        assert_eq!(url("http://h:8080/a b?x=1#f").to_string(), "http://h:8080/a%20b?x=1");
        assert_eq!(url("webcal://h/f.ics").to_string(), "https://h/f.ics");
        assert_eq!(url("http://[::1]:99/").host(), "[::1]");
        assert_eq!(url("file:///a/b.ics").to_string(), "file:///a/b.ics");
        assert_eq!(Url::parse("ftp://h/"), Err(UrlError::Scheme));
        assert_eq!(Url::parse("h/x"), Err(UrlError::Scheme));
        assert_eq!(Url::parse("http:///x"), Err(UrlError::Host));
        assert_eq!(Url::parse("http://h:0/"), Err(UrlError::Port));
        assert_eq!(Url::parse("http://u:p@h/"), Err(UrlError::UserInfo));
        assert_eq!(Url::parse("http://h/\r\nX: 1"), Err(UrlError::Characters));
    }

    #[test]
    fn references_are_resolved() {
        let base = url("https://h/dav/cal/");
        for (reference, full) in [
            ("/x/y.ics", "https://h/x/y.ics"),
            ("y.ics", "https://h/dav/cal/y.ics"),
            ("../z/", "https://h/dav/z/"),
            ("//other/p", "https://other/p"),
            ("http://p01.h:81/p", "http://p01.h:81/p"),
            ("", "https://h/dav/cal/"),
            ("a:b.ics", "https://h/dav/cal/a:b.ics"),
        ] {
            let joined = base.join(reference).unwrap();
            assert_eq!(joined.to_string(), full, "{reference}");
            assert_eq!(base.join_path(reference).unwrap(), joined.path(), "{reference}");
        }
    }

    #[test]
    fn debug_shows_no_path() {
        assert_eq!(format!("{:?}", url("https://h/private-token/f.ics")), "Url(https://h..)");
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(url(&format!("http://{host}:5232/")).is_loopback(), "{host}");
        }
        for host in ["127.example.org", "127.0.0.1.example.org", "10.0.0.1", "h"] {
            assert!(!url(&format!("http://{host}/")).is_loopback(), "{host}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(text in "(https?|file)://[a-z0-9.]{1,9}(:[1-9][0-9]{0,3})?/\\PC{0,30}") {
            if let Ok(read) = Url::parse(&text) {
                prop_assert_eq!(Url::parse(&read.to_string()).unwrap(), read);
            }
        }

        #[test]
        fn no_reference_panics(reference in "\\PC{0,60}") {
            let _ = url("https://h/a/b").join(&reference);
        }
    }
}
