//! Who is asking: Basic (RFC 7617) and Bearer (RFC 6750), and what strangers get.

use super::profile::{Access, Anonymous};
use super::reply::Reply;
use super::state::State;
use super::wire::SimRequest;

/// The login, empty for a stranger who may look; or the refusal.
pub(crate) fn login(
    state: &State,
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
        return Err(challenge(access));
    };
    let user = state.users.iter().find(|(login, user)| {
        let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
        let known = match scheme.to_ascii_lowercase().as_str() {
            "basic" => decode(value.trim()) == Some(format!("{login}:{}", user.password)),
            "bearer" => user.bearer.as_deref() == Some(value.trim()),
            _ => false,
        };
        known && !user.revoked
    });
    let (login, _) = user.ok_or_else(|| challenge(access))?;
    match state.owner_of(path) {
        Some(owner) if owner != login => Err(Reply::status(403)),
        Some(_) | None => Ok(login.clone()),
    }
}

fn challenge(access: &Access) -> Reply {
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
