//! Which addresses may be talked to.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

pub use kalends_kit::is_public;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why a host name gave no address to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameError {
    /// It did not resolve.
    #[error("the name does not resolve")]
    Unknown,
    /// It resolved to addresses that this host does not talk to.
    #[error("the name leads to an address that is not allowed")]
    NotAllowed,
}

/// Whether the host of an address, where it is a number, may be talked to. Names are judged by
/// what they resolve to, at the moment of connecting.
pub(super) fn is_allowed(url: &Url, allow_private: bool) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    allow_private || IpAddr::from_str(bare).map_or(true, is_public)
}

/// Resolves names with the system, and keeps what may be talked to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    pub(super) allow_private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => found.collect(),
                Err(_) => return Err(NameError::Unknown.into()),
            };
            if found.is_empty() {
                return Err(NameError::Unknown.into());
            }
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|at| allow_private || is_public(at.ip())).collect();
            if allowed.is_empty() {
                return Err(NameError::NotAllowed.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_numbers_are_judged_before_connecting() {
        for url in ["http://127.1/", "http://[::1]/", "http://0x7f000001/", "http://2130706433/"] {
            let url = Url::parse(url).unwrap();
            assert!(!is_allowed(&url, false), "{url}");
            assert!(is_allowed(&url, true), "{url}");
        }
        assert!(is_allowed(&Url::parse("https://example.org/").unwrap(), false));
    }
}
