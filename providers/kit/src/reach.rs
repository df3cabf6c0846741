//! Which addresses belong to the public internet.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::site::is_within;
use crate::url::Url;

/// Endings of names that are known in one network only (RFC 6761, RFC 6762, RFC 8375, and
/// `internal`, which is reserved for it).
const LOCAL_ENDINGS: &[&str] = &["localhost", "local", "internal", "home.arpa", "lan"];

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

/// Whether a host, as far as its spelling tells, is reached over the public internet. A number in
/// an odd spelling is not, nor is a name that another reader may take for another one.
pub(crate) fn is_public_host(url: &Url) -> bool {
    let host = url.host().trim_end_matches('.');
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return is_public(address);
    }
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|c: char| c.is_ascii_digit());
    let is_local = LOCAL_ENDINGS.iter().any(|ending| is_within(host, ending));
    plain && !is_number && host.contains('.') && !is_local
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
    fn hosts_are_judged_by_their_spelling() {
        let public = |host: &str| is_public_host(&Url::parse(&format!("http://{host}/")).unwrap());
        for host in [
            "localhost",
            "a.localhost",
            "printer",
            "printer.local",
            "db.internal",
            "nas.lan.",
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "0x7f000001",
            "2130706433",
            "1.0x7f",
            "[::1]",
            "[fe80::1%25eth0]",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "ｌocalhost.example",
        ] {
            assert!(!public(host), "{host}");
        }
        for host in ["example.org", "example.org.", "1.1.1.1", "[2606:4700::1111]", "9gag.com"] {
            assert!(public(host), "{host}");
        }
    }
}
