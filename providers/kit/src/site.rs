//! Whether credentials given for one host may be shown to another.

use crate::url::Url;

/// Endings under which strangers register names, besides two-letter country codes with a short
/// second level (`co.uk`), which are told by their form.
const SHARED_ENDINGS: &[&str] = &[
    "duckdns.org",
    "dyndns.org",
    "dedyn.io",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "myftp.org",
    "no-ip.org",
    "onrender.com",
    "pages.dev",
    "synology.me",
    "workers.dev",
];

/// Whether both hosts are one, or belong to one registrable domain, as far as it can be told
/// without the whole list of public endings; in doubt, false.
#[must_use]
pub fn same_site(a: &Url, b: &Url) -> bool {
    if a.host() == b.host() {
        return true;
    }
    match (registrable(a.host()), registrable(b.host())) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn registrable(host: &str) -> Option<String> {
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let last = labels.last()?;
    let is_address = host.starts_with('[') || last.chars().all(|c| c.is_ascii_digit());
    if labels.len() < 2 || is_address {
        return None;
    }
    let ending = labels[labels.len() - 2..].join(".");
    let second = labels[labels.len() - 2];
    let shared =
        SHARED_ENDINGS.contains(&ending.as_str()) || (last.len() == 2 && second.len() <= 3);
    let wanted = if shared { 3 } else { 2 };
    (labels.len() >= wanted).then(|| labels[labels.len() - wanted..].join("."))
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
    fn one_domain_is_one_site() {
        assert!(same("caldav.icloud.com", "p12-caldav.icloud.com"));
        assert!(same("h", "h"));
        assert!(same("10.0.0.1", "10.0.0.1"));
        assert!(same("a.example.co.uk", "b.example.co.uk"));
    }

    #[test]
    fn another_domain_is_not() {
        assert!(!same("a.example.org", "a.example.com"));
        assert!(!same("one.co.uk", "two.co.uk"));
        assert!(!same("one.duckdns.org", "two.duckdns.org"));
        assert!(!same("10.0.0.1", "11.0.0.1"));
        assert!(!same("h", "g"));
        assert!(!same("evilexample.org", "example.org"));
    }
}
