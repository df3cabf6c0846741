//! Whether credentials given for one host may be shown to another.

use crate::url::Url;

/// Domains of providers that spread one service over many hosts of theirs, and let nobody else
/// name one.
const FAMILIES: &[&str] = &["icloud.com", "icloud.com.cn"];

/// Whether what was given for one host may be shown to another: the same one, one below it, or one
/// of the same family of a provider that is known to spread its service.
///
/// Two names under one domain are not enough: under some domains strangers register names, and who
/// does that where is known to no short list.
#[must_use]
pub fn same_site(given: &Url, other: &Url) -> bool {
    let (given, other) = (bare(given), bare(other));
    let family = |domain: &&&str| is_within(given, domain);
    given == other
        || is_within(other, given)
        || FAMILIES.iter().find(family).is_some_and(|domain| is_within(other, domain))
}

fn bare(url: &Url) -> &str {
    url.host().trim_end_matches('.')
}

/// Whether a host is the domain or below it; below a number is nothing.
pub(crate) fn is_within(host: &str, domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    let named = !last.chars().all(|c| c.is_ascii_digit());
    let above = host.strip_suffix(domain);
    above.is_some_and(|above| above.is_empty() || (named && above.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        same_site(
            &Url::parse(&format!("https://{a}/")).unwrap(),
            &Url::parse(&format!("https://{b}/")).unwrap(),
        )
    }

    #[test]
    fn a_host_and_what_is_below_it_are_one_site() {
        assert!(same("h", "h"));
        assert!(same("10.0.0.1", "10.0.0.1"));
        assert!(same("example.org", "dav.example.org"));
        assert!(same("dav.example.org.", "dav.example.org"));
        assert!(same("caldav.icloud.com", "p12-caldav.icloud.com"));
        assert!(same("icloud.com", "caldav.icloud.com"));
    }

    #[test]
    fn a_neighbour_is_another_site() {
        for (given, other) in [
            ("a.example.org", "a.example.com"),
            ("a.example.org", "b.example.org"),
            ("a.example.org", "example.org"),
            ("a.ddns.net", "b.ddns.net"),
            ("one.duckdns.org", "two.duckdns.org"),
            ("one.co.uk", "two.co.uk"),
            ("10.0.0.1", "11.0.0.1"),
            ("0.0.1", "10.0.0.1"),
            ("h", "g"),
            ("example.org", "evilexample.org"),
            ("caldav.icloud.com", "evilicloud.com"),
            ("caldav.icloud.com", "icloud.com.example.org"),
            ("evil.example.org", "caldav.icloud.com"),
        ] {
            assert!(!same(given, other), "{given} {other}");
        }
    }
}
