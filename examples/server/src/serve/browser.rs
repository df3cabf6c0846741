//! What browsers send along: cookies, and where a form came from.

use axum::http::{HeaderMap, HeaderValue, header};
use kalends::core::keys::same_time_for_all;
use url::Url;

use super::state::Doors;

/// The cookie of a name.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))
}

/// Whether two secrets are the same, found out in a time that tells nothing of them.
pub(super) fn is_same(made: &str, sent: &str) -> bool {
    same_time_for_all(made.as_bytes(), sent.as_bytes())
}

/// Whether a form came from a page of this server, as browsers tell it. Over plain HTTP they say no
/// `Sec-Fetch-Site`, but where the form is from; what says neither is no browser of today.
pub(super) fn is_own_form(headers: &HeaderMap, doors: &Doors) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => is_own_origin(origin, text("host"), doors),
        (None, None) => true,
    }
}

/// Whether a request that says where it is from comes from a page of this server.
pub(super) fn is_of_these(origin: &HeaderValue, headers: &HeaderMap, doors: &Doors) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    origin.to_str().is_ok_and(|origin| is_own_origin(origin, host, doors))
}

/// A proxy may have changed `Host`, so the public address counts too.
fn is_own_origin(origin: &str, host: Option<&str>, doors: &Doors) -> bool {
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let public = doors.public.as_deref().and_then(|public| Url::parse(public).ok());
    host == Some(authority)
        || public.is_some_and(|public| public.origin().ascii_serialization() == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_own(sent: &[(&'static str, &'static str)]) -> bool {
        let pairs = sent.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        let public = Some("https://cal.example/".to_owned());
        is_own_form(&pairs.collect(), &Doors { public, ..Doors::default() })
    }

    #[test]
    fn a_form_is_ours_as_its_browser_says() {
        let host = ("host", "127.0.0.1:8080");
        assert!(is_own(&[host]));
        assert!(is_own(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(is_own(&[host, ("origin", "https://cal.example")]), "behind a proxy");
        assert!(is_own(&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        for origin in ["null", "http://evil.example", "http://127.0.0.1", "http://cal.example"] {
            assert!(!is_own(&[host, ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", ""] {
            let sent = [host, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", site)];
            assert!(!is_own(&sent), "{site}");
        }
    }
}
