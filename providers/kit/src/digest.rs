//! Digest sign-in: the password proves itself and never crosses the network (RFC 7616, and the
//! RFC 2617 that older servers speak).

use std::fmt::Write as _;

use kalends_core::ids::StepSeed;
use kalends_core::ports::HttpHead;
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use crate::auth::challenges;

/// What a server asks with `WWW-Authenticate: Digest` (RFC 7616 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DigestChallenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    hash: Hash,
    /// As the server spelled it, to be sent back; `None` where it named none.
    algorithm: Option<String>,
    session: bool,
    protected: bool,
    stale: bool,
}

impl DigestChallenge {
    /// The strongest challenge of an answer that can be met; `None` where there is none: another
    /// hash, or only `auth-int`.
    pub(crate) fn of(head: &HttpHead) -> Option<Self> {
        let offered = challenges(head).into_iter().filter(|c| c.scheme == "digest");
        offered.filter_map(|c| Self::read(&c.parameters)).max_by_key(|c| c.hash)
    }

    /// Whether only the nonce was too old: the password is not in question (section 3.3).
    pub(crate) const fn is_stale(&self) -> bool {
        self.stale
    }

    fn read(parameters: &[(String, String)]) -> Option<Self> {
        let value = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let algorithm = value("algorithm");
        let (hash, session) = Hash::named(algorithm.unwrap_or("MD5"))?;
        let protected = match value("qop") {
            None | Some("") => false,
            Some(list) if list.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth")) => true,
            Some(_) => return None,
        };
        Some(Self {
            realm: value("realm")?.to_owned(),
            nonce: value("nonce")?.to_owned(),
            opaque: value("opaque").map(str::to_owned),
            hash,
            algorithm: algorithm.map(str::to_owned),
            session,
            protected,
            stale: value("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

/// Answers to one challenge, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DigestAnswers {
    challenge: DigestChallenge,
    cnonce: String,
    count: u32,
}

impl DigestAnswers {
    /// Begins to answer; what the client adds to the hash comes from the host's randomness.
    pub(crate) fn new(challenge: DigestChallenge, drawn: &StepSeed) -> Self {
        let cnonce = hex(&drawn.0[..16]);
        Self { challenge, cnonce, count: 0 }
    }

    /// Whether a challenge asks for the nonce that was already answered.
    pub(crate) fn answered(&self, challenge: &DigestChallenge) -> bool {
        self.challenge.nonce == challenge.nonce
    }

    /// The value of `Authorization` for the next request (section 3.4). `target` is the path and
    /// query as they are sent.
    pub(crate) fn authorization(
        &mut self,
        (user, password): (&str, &str),
        method: &str,
        target: &str,
    ) -> String {
        self.count = self.count.saturating_add(1);
        let (asked, count) = (&self.challenge, format!("{:08x}", self.count));
        let response = self.response((user, password), method, target, &count);
        let mut value = format!("Digest {}", user_name(user));
        let mut add = |name: &str, text: &str| {
            // A String takes every write.
            let _ = write!(value, ", {name}={text}");
        };
        add("realm", &quoted(&asked.realm));
        add("nonce", &quoted(&asked.nonce));
        add("uri", &quoted(target));
        if let Some(algorithm) = &asked.algorithm {
            add("algorithm", algorithm);
        }
        if asked.protected {
            add("qop", "auth");
            add("nc", &count);
        }
        if asked.protected || asked.session {
            add("cnonce", &quoted(&self.cnonce));
        }
        add("response", &quoted(&response));
        if let Some(opaque) = &asked.opaque {
            add("opaque", &quoted(opaque));
        }
        value
    }

    fn response(
        &self,
        (user, password): (&str, &str),
        method: &str,
        target: &str,
        count: &str,
    ) -> String {
        let DigestChallenge { hash, realm, nonce, session, protected, .. } = &self.challenge;
        let mut secret = hash.of(&format!("{user}:{realm}:{password}"));
        if *session {
            secret = hash.of(&format!("{secret}:{nonce}:{}", self.cnonce));
        }
        let request = hash.of(&format!("{method}:{target}"));
        if *protected {
            hash.of(&format!("{secret}:{nonce}:{count}:{}:auth:{request}", self.cnonce))
        } else {
            hash.of(&format!("{secret}:{nonce}:{request}"))
        }
    }
}

/// In order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
    Sha512Cut,
}

impl Hash {
    /// The hash, and whether the secret is bound to a session (section 3.4.2).
    fn named(algorithm: &str) -> Option<(Self, bool)> {
        let name = algorithm.to_ascii_uppercase();
        let (name, session) =
            name.strip_suffix("-SESS").map_or((name.as_str(), false), |name| (name, true));
        let hash = match name {
            "MD5" => Self::Md5,
            "SHA-256" => Self::Sha256,
            "SHA-512-256" => Self::Sha512Cut,
            _ => return None,
        };
        Some((hash, session))
    }

    fn of(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
            Self::Sha512Cut => hex(&Sha512_256::digest(text.as_bytes())),
        }
    }
}

/// A name that no quoted text can hold is spelled as RFC 8187 does (section 3.4).
fn user_name(user: &str) -> String {
    if user.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return format!("username={}", quoted(user));
    }
    let mut value = "username*=UTF-8''".to_owned();
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<DigestChallenge> {
        let headers = vec![("www-authenticate".to_owned(), value.to_owned())];
        DigestChallenge::of(&HttpHead { status: 401, headers })
    }

    fn response(value: &str) -> &str {
        value.split("response=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    fn answers(challenge: &str, cnonce: &str) -> DigestAnswers {
        DigestAnswers { challenge: asked(challenge).unwrap(), cnonce: cnonce.to_owned(), count: 0 }
    }

    /// RFC 7616 section 3.9.1.
    #[test]
    fn the_examples_of_the_rfc_are_met() {
        for (algorithm, expected) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
                 algorithm={algorithm}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let mut answers = answers(&challenge, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
            let value =
                answers.authorization(("Mufasa", "Circle of Life"), "GET", "/dir/index.html");
            assert_eq!(response(&value), expected);
            assert!(value.contains("qop=auth, nc=00000001"), "{value}");
            assert!(value.contains("opaque=\"FQhe"), "{value}");
        }
    }

    /// RFC 2617 section 3.5, and its answer where the server names no `qop` (RFC 2069).
    #[test]
    fn older_servers_are_answered_too() {
        let nonce = "Digest realm=\"testrealm@host.com\", \
                     nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let tell = |challenge: &str| {
            let value = answers(challenge, "0a4f113b").authorization(
                ("Mufasa", "Circle Of Life"),
                "GET",
                "/dir/index.html",
            );
            (response(&value).to_owned(), value.contains("nc="))
        };
        let counted = ("6629fae49393a05397450978507c4ef1".to_owned(), true);
        assert_eq!(tell(&format!("{nonce}, qop=\"auth\"")), counted);
        let plain = ("670fd8c2df070c60b045671b8b24ff02".to_owned(), false);
        assert_eq!(tell(nonce), plain);
    }

    #[test]
    fn each_request_counts_one_more() {
        let mut answers = answers("Digest realm=r, nonce=n, qop=auth", "c");
        let first = answers.authorization(("u", "p"), "GET", "/");
        let second = answers.authorization(("u", "p"), "GET", "/");
        assert!(first.contains("nc=00000001") && second.contains("nc=00000002"), "{second}");
        assert_ne!(response(&first), response(&second));
    }

    #[test]
    fn the_strongest_that_can_be_met_is_taken() {
        let best = asked(
            "Digest realm=r, nonce=a, algorithm=MD5, Digest realm=r, nonce=b, \
             algorithm=SHA-256, Digest realm=r, nonce=c, algorithm=NEWER, Basic realm=q",
        );
        assert_eq!(best.unwrap().nonce, "b");
        assert!(asked("Digest realm=r, nonce=n, algorithm=md5-sess").unwrap().session);
        assert!(asked("Digest realm=r, nonce=n, stale=TRUE").unwrap().is_stale());
        assert_eq!(asked("Digest realm=r, nonce=n, qop=\"auth-int\""), None);
        assert_eq!(asked("Digest nonce=n"), None);
        assert_eq!(asked("Basic realm=r"), None);
    }

    #[test]
    fn names_with_other_letters_and_quotes_are_spelled_out() {
        assert_eq!(user_name("a\"b\\"), "username=\"a\\\"b\\\\\"");
        assert_eq!(user_name("zoë x"), "username*=UTF-8''zo%C3%AB%20x");
    }
}
