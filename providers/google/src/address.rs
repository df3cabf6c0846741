//! Ids and values as parts of addresses.

/// A text as one segment of a path or one value of a query: all but unreserved characters as
/// percent codes (RFC 3986 section 2.3).
pub(crate) fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}

/// A query of names and values.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_id_is_taken_for_a_part_of_the_address() {
        assert_eq!(encoded("a/b@group.v#x?y"), "a%2Fb%40group.v%23x%3Fy");
        assert_eq!(query(&[("a", "1"), ("b", "x y=z")]), "a=1&b=x%20y%3Dz");
    }
}
