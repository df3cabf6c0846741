//! Which addresses may be talked to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address belongs to the public internet: not loopback, not private, not
/// link-local, not reserved, and not one of those dressed up as IPv6.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = (a, b, c) == (192, 0, 0);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let reserved = a == 0 || a >= 240;
    !(v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_documentation()
        || shared
        || protocol
        || benchmark
        || reserved)
}

/// Global unicast is 2000::/3; of it, documentation (2001:db8::/32) goes nowhere.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    first & 0xE000 == 0x2000 && !(first == 0x2001 && second == 0x0DB8)
}

/// The IPv4 address inside a mapped (RFC 4291), NAT64 (RFC 6052) or 6to4 (RFC 3056) address.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = v6.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match s {
        [0x0064, 0xFF9B, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => v6.to_ipv4_mapped(),
    }
}

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
    fn private_addresses_are_told_from_public_ones_however_they_are_written() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:c0a8:0101::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

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
