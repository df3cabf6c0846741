//! Who is asking: Basic (RFC 7617), Bearer (RFC 6750) and Digest (RFC 7616), and what strangers get.

use super::digest::Verdict;
use super::profile::{Access, Anonymous, DigestAccess, DigestHash};
use super::reply::Reply;
use super::state::State;
use crate::wire::SimRequest;

/// The login, empty for a stranger who may look; or the refusal.
pub(crate) fn login(
    state: &mut State,
    access: &Access,
    request: &SimRequest,
    path: &str,
) -> Result<String, Reply> {
    if access.anonymous == Anonymous::Open {
        let first = state.users.keys().next().map(String::as_str);
        return Ok(state.owner_of(path).or(first).unwrap_or_default().to_owned());
    }
    let Some(header) = request.get("authorization") else {
        let looks = request.method == "PROPFIND" || request.method == "OPTIONS";
        if access.anonymous == Anonymous::Discovery && looks && state.owner_of(path).is_none() {
            return Ok(String::new());
        }
        return Err(challenge(state, access, false));
    };
    let login = known(state, access, request, header)?;
    match state.owner_of(path) {
        Some(owner) if owner != login => Err(Reply::status(403)),
        Some(_) | None => Ok(login),
    }
}

fn known(
    state: &mut State,
    access: &Access,
    request: &SimRequest,
    header: &str,
) -> Result<String, Reply> {
    let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("digest") {
        // A challenge that a fault gave is checked on servers, too, that do not ask for Digest.
        let of_fault = DigestAccess { hash: DigestHash::Md5, nonce_uses: u32::MAX };
        let digest = access.digest.unwrap_or(of_fault);
        let users = state.users.iter().filter(|(_, user)| !user.revoked);
        let users = users.map(|(login, user)| (login.as_str(), user.password.as_str()));
        return match state.nonces.judge(digest, users, request, value) {
            Verdict::Login(login) => Ok(login),
            Verdict::Stale => Err(challenge(state, access, true)),
            Verdict::Refused => Err(challenge(state, access, false)),
        };
    }
    let user = state.users.iter().find(|(login, user)| {
        let known = match scheme.to_ascii_lowercase().as_str() {
            "basic" if access.digest.is_none() => {
                decode(value.trim()) == Some(format!("{login}:{}", user.password))
            }
            "bearer" => user.bearer.as_deref() == Some(value.trim()),
            _ => false,
        };
        known && !user.revoked
    });
    let login = user.map(|(login, _)| login.clone());
    login.ok_or_else(|| challenge(state, access, false))
}

fn challenge(state: &mut State, access: &Access, stale: bool) -> Reply {
    if let Some(digest) = access.digest {
        let value = state.nonces.challenge(digest, stale);
        return Reply::status(401).header("WWW-Authenticate", &value);
    }
    let values = access.challenges.iter();
    values.fold(Reply::status(401), |reply, value| reply.header("WWW-Authenticate", value))
}

/// Base64 (RFC 4648 section 4) to text.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut held = 0_u32;
    let mut bits = 0_u32;
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap_or(0));
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        assert_eq!(decode("YWxpY2U6c2VjcmV0").as_deref(), Some("alice:secret"));
        assert_eq!(decode("w6k6eA==").as_deref(), Some("é:x"));
        assert_eq!(decode("w6k6eA").as_deref(), Some("é:x"));
        assert_eq!(decode("no base64!"), None);
    }
}
