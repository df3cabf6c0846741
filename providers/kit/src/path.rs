//! Paths as servers spell them, brought to one spelling.

/// The path with every segment decoded once and encoded again: unreserved characters and
/// `@:!$&'()*+,;=` as they are, all else as upper-case percent codes (RFC 3986 section 3.3).
///
/// Dot segments are resolved, encoded ones too. Encoded slashes stay encoded.
#[must_use]
pub fn normal_path(path: &str) -> String {
    let mut normal = String::with_capacity(path.len() + 1);
    let mut decoded = Vec::new();
    let mut ends_in_slash = true;
    for segment in path.trim_start_matches('/').split('/') {
        if segment.bytes().all(is_plain) && !matches!(segment, "" | "." | "..") {
            ends_in_slash = false;
            normal.push('/');
            normal.push_str(segment);
            continue;
        }
        decoded.clear();
        decode(segment.as_bytes(), &mut decoded);
        ends_in_slash = matches!(decoded.as_slice(), b"" | b"." | b"..");
        if decoded == b".." {
            // No segment holds a slash as it is.
            normal.truncate(normal.rfind('/').unwrap_or(0));
        } else if !ends_in_slash {
            normal.push('/');
            decoded.iter().for_each(|byte| push_encoded(&mut normal, *byte));
        }
    }
    if ends_in_slash {
        normal.push('/');
    }
    normal
}

/// The path decoded until nothing is left to decode, without a slash at the end: for comparing what
/// one server spells in several ways. Never sent.
#[must_use]
pub fn loose_path(path: &str) -> String {
    let mut bytes = path.trim_end_matches('/').as_bytes().to_vec();
    for _ in 0..3 {
        let mut decoded = Vec::with_capacity(bytes.len());
        decode(&bytes, &mut decoded);
        if decoded == bytes {
            break;
        }
        bytes = decoded;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether two spellings name one resource.
#[must_use]
pub fn same_path(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if a.contains('%') || b.contains('%') {
        return loose_path(a) == loose_path(b);
    }
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

fn decode(text: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Whether a byte stands in a segment as it is.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'@'
                | b':'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

fn push_encoded(text: &mut String, byte: u8) {
    if is_plain(byte) {
        text.push(char::from(byte));
    } else {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        text.push('%');
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_resource_become_one() {
        for spelled in ["/c/alice%40x/a%20b.ics", "/c/alice@x/a b.ics", "//c//alice%40x/./a b.ics"]
        {
            assert_eq!(normal_path(spelled), "/c/alice@x/a%20b.ics");
        }
        assert_eq!(normal_path("/a/ü/"), "/a/%C3%BC/");
        assert_eq!(normal_path("/a%2fb/c"), "/a%2Fb/c");
        assert_eq!(normal_path("/a/b/../%2e%2e/../c"), "/c");
        assert_eq!(normal_path(""), "/");
        assert_eq!(normal_path("/100%/x"), "/100%25/x");
    }

    #[test]
    fn loose_comparison_sees_through_double_encoding_and_slashes() {
        assert!(same_path("/c/a%2540x", "/c/a@x/"));
        assert!(same_path("/c/a", "/c/a/") && same_path("/", ""));
        assert!(!same_path("/c/a", "/c/b"));
    }

    proptest! {
        #[test]
        fn the_normal_form_is_stable(path in "\\PC{0,40}") {
            let once = normal_path(&path);
            prop_assert!(once.starts_with('/') && once.is_ascii());
            prop_assert_eq!(normal_path(&once), once);
        }
    }
}
