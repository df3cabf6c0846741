//! Whether a push of Google's Pub/Sub is Google's: the token that it bears, judged without asking
//! anybody (OpenID Connect Core 1.0, 3.1.3.7; RFC 7515).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kalends_core::time::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

/// How far the clocks of Google and of this machine may be apart.
const APART_S: i64 = 300;
/// The longest token that is looked at.
const TOKEN_MAX: usize = 8_192;
/// Who signs.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// A set of public keys, as <https://www.googleapis.com/oauth2/v3/certs> gives it. Others than RSA
/// keys are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct PublicKeys {
    keys: Vec<PublicKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct PublicKey {
    kid: String,
    kty: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

/// Whose pushes are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFrom {
    /// The audience that the subscription was set up with.
    pub audience: String,
    /// The service account that the subscription signs as.
    pub email: String,
}

/// Why a push is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushRefusal {
    /// It is no signed token.
    #[error("it is no signed token")]
    Form,
    /// It is signed in another way than RS256.
    #[error("it is signed in another way")]
    Algorithm,
    /// No known key has its name: the set may be older than the key.
    #[error("the key that signed it is not known: fetch the set anew")]
    Key,
    /// The signature does not belong to it.
    #[error("the signature does not belong to it")]
    Signature,
    /// Its time is over, or did not begin.
    #[error("its time is over, or did not begin")]
    Time,
    /// It is for somebody else, or from somebody else.
    #[error("it is for somebody else, or from somebody else")]
    Party,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    email: String,
    #[serde(default)]
    email_verified: bool,
    iat: i64,
    exp: i64,
}

/// Judges the bearer token of a push. Nothing of it is believed before its signature holds.
///
/// # Errors
/// [`PushRefusal`].
pub fn verify_push(
    token: &str,
    keys: &PublicKeys,
    from: &PushFrom,
    now: Timestamp,
) -> Result<(), PushRefusal> {
    let (signed, signature) = token.rsplit_once('.').ok_or(PushRefusal::Form)?;
    let (head, claims) = signed.split_once('.').ok_or(PushRefusal::Form)?;
    if token.len() > TOKEN_MAX {
        return Err(PushRefusal::Form);
    }
    let head: Head = read(head)?;
    if head.alg != "RS256" {
        return Err(PushRefusal::Algorithm);
    }
    let is_its = |key: &&PublicKey| key.kid == head.kid && key.kty == "RSA";
    let key = keys.keys.iter().find(is_its).ok_or(PushRefusal::Key)?;
    let key = RsaPublicKeyComponents { n: bytes(&key.n)?, e: bytes(&key.e)? };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &bytes(signature)?)
        .map_err(|_| PushRefusal::Signature)?;
    let claims: Claims = read(claims)?;
    let now_s = now.as_millis().div_euclid(1_000);
    if now_s >= claims.exp.saturating_add(APART_S) || now_s < claims.iat.saturating_sub(APART_S) {
        return Err(PushRefusal::Time);
    }
    let is_ours = ISSUERS.contains(&claims.iss.as_str())
        && claims.aud == from.audience
        && claims.email == from.email
        && claims.email_verified;
    if is_ours { Ok(()) } else { Err(PushRefusal::Party) }
}

fn bytes(text: &str) -> Result<Vec<u8>, PushRefusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| PushRefusal::Form)
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, PushRefusal> {
    serde_json::from_slice(&bytes(text)?).map_err(|_| PushRefusal::Form)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Tokens that another implementation (Python's cryptography) signed.
    const VECTORS: &str = include_str!("../tests/push_tokens.json");

    fn vectors() -> BTreeMap<String, String> {
        serde_json::from_str(VECTORS).unwrap()
    }

    fn verify(token: &str, now_s: i64) -> Result<(), PushRefusal> {
        let vectors = vectors();
        let key = |kid: &str| {
            serde_json::json!({
                "kid": kid, "kty": "RSA", "n": vectors["n"], "e": vectors["e"]
            })
        };
        let other = serde_json::json!({"kid": "ec", "kty": "EC", "crv": "P-256"});
        let keys = serde_json::json!({"keys": [other, key("one")]});
        let keys: PublicKeys = serde_json::from_value(keys).unwrap();
        let from = PushFrom {
            audience: "https://cal.example.org/notices".to_owned(),
            email: "push@project.iam.gserviceaccount.com".to_owned(),
        };
        verify_push(token, &keys, &from, Timestamp::from_seconds(now_s))
    }

    /// Catches a push that is let in though it is forged, old, for another service, by another
    /// account, or signed in no way at all.
    #[test]
    fn a_push_is_let_in_only_where_all_of_its_token_holds() {
        let vectors = vectors();
        let at = 1_800_000_100;
        assert_eq!(verify(&vectors["good"], at), Ok(()));
        for (name, refusal) in [
            ("audience", PushRefusal::Party),
            ("issuer", PushRefusal::Party),
            ("email", PushRefusal::Party),
            ("unverified", PushRefusal::Party),
            ("none", PushRefusal::Algorithm),
            ("kid", PushRefusal::Key),
        ] {
            assert_eq!(verify(&vectors[name], at), Err(refusal), "{name}");
        }
        assert_eq!(verify(&vectors["good"], 1_800_003_900), Err(PushRefusal::Time));
        assert_eq!(verify(&vectors["good"], 1_799_999_699), Err(PushRefusal::Time));
        assert_eq!(verify(&vectors["good"], 1_800_003_899), Ok(()));
        let parts: Vec<&str> = vectors["good"].split('.').collect();
        let other: Vec<&str> = vectors["audience"].split('.').collect();
        let mixed = format!("{}.{}.{}", parts[0], other[1], parts[2]);
        assert_eq!(verify(&mixed, at), Err(PushRefusal::Signature));
        for text in ["", ".", "a.b", "a.b.c", &"x".repeat(20_000), &format!("{}.", mixed)] {
            assert!(verify(text, at).is_err(), "{text:.20}");
        }
    }
}
