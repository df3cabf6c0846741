//! Digest, checked as strictly as RFC 7616 section 3.4 words it.

use std::collections::BTreeMap;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::profile::{DigestAccess, DigestHash};
use crate::wire::SimRequest;

pub(crate) const REALM: &str = "calendars";
pub(crate) const OPAQUE: &str = "c0";

/// The nonces that were given out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nonces {
    issued: u64,
    /// The last count of each that is still good.
    live: BTreeMap<String, u32>,
}

/// What a `Digest` header is worth.
pub(crate) enum Verdict {
    /// Its login may come in.
    Login(String),
    /// The password is right, the nonce is too old.
    Stale,
    /// It is wrong.
    Refused,
}

impl Nonces {
    /// Takes a nonce that was given out elsewhere, as a fault does.
    pub(crate) fn admit(&mut self, nonce: &str) {
        self.live.insert(nonce.to_owned(), 0);
    }

    /// The challenge with a new nonce.
    pub(crate) fn challenge(&mut self, access: DigestAccess, stale: bool) -> String {
        self.issued += 1;
        let nonce = format!("n{}", self.issued);
        self.live.insert(nonce.clone(), 0);
        let algorithm = access.hash.name();
        let stale = if stale { ", stale=true" } else { "" };
        format!(
            "Digest realm=\"{REALM}\", qop=\"auth\", algorithm={algorithm}, nonce=\"{nonce}\", \
             opaque=\"{OPAQUE}\"{stale}"
        )
    }

    /// Judges the parameters of an `Authorization: Digest`.
    pub(crate) fn judge<'a>(
        &mut self,
        access: DigestAccess,
        users: impl Iterator<Item = (&'a str, &'a str)>,
        request: &SimRequest,
        parameters: &str,
    ) -> Verdict {
        let Some(said) = read(parameters) else { return Verdict::Refused };
        let value = |name: &str| said.get(name).map_or("", String::as_str);
        let user = users.into_iter().find(|(login, _)| *login == value("username"));
        let Some((login, password)) = user else { return Verdict::Refused };
        let target = request.target();
        let hash = |text: String| access.hash.of(&text);
        let (nonce, nc, cnonce) = (value("nonce"), value("nc"), value("cnonce"));
        let mut secret = hash(format!("{login}:{REALM}:{password}"));
        if access.hash == DigestHash::Md5Session {
            secret = hash(format!("{secret}:{nonce}:{cnonce}"));
        }
        let asked = hash(format!("{}:{target}", request.method));
        let expected = hash(format!("{secret}:{nonce}:{nc}:{cnonce}:auth:{asked}"));
        let algorithm = said.get("algorithm").map_or("MD5", String::as_str);
        let worded = value("realm") == REALM
            && value("opaque") == OPAQUE
            && value("qop") == "auth"
            && value("uri") == target
            && nc.len() == 8
            && cnonce.len() >= 16
            && algorithm == access.hash.name()
            && value("response") == expected;
        if !worded {
            return Verdict::Refused;
        }
        match (self.live.get_mut(nonce), u32::from_str_radix(nc, 16)) {
            (Some(last), Ok(count)) if count > access.nonce_uses && *last > 0 => {
                self.live.remove(nonce);
                Verdict::Stale
            }
            // No count twice. One may be left out: some answers are given before anyone signs in.
            (Some(last), Ok(count)) if count > *last => {
                *last = count;
                Verdict::Login(login.to_owned())
            }
            (Some(_), _) => Verdict::Refused,
            (None, _) => Verdict::Stale,
        }
    }
}

impl DigestHash {
    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Session => "MD5-sess",
            Self::Sha256 => "SHA-256",
        }
    }

    fn of(self, text: &str) -> String {
        let bytes = match self {
            Self::Md5 | Self::Md5Session => Md5::digest(text.as_bytes()).to_vec(),
            Self::Sha256 => Sha256::digest(text.as_bytes()).to_vec(),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// `name=value` or `name="value"`, parted by commas; `None` where anything else stands there, a
/// name comes twice, or quotes stand where they must not.
fn read(parameters: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut rest = parameters.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let quoted = after.starts_with('"');
        let (value, after) = match after.strip_prefix('"') {
            Some(inner) => inner.split_once('"')?,
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        if quoted == ["qop", "nc", "algorithm"].contains(&name) {
            return None;
        }
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            return None;
        }
        rest = match after.trim() {
            "" => "",
            after => after.strip_prefix(',')?.trim(),
        };
    }
    Some(found)
}
