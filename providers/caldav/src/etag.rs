//! Version tags of objects.

use core::fmt::Write;

use kalends_core::ids::Version;
use kalends_core::ports::HttpHead;
use sha2::{Digest, Sha256};

/// Where a server shows no tag, the hash of the text stands for it; no server's tag begins so.
const BODY: &str = "body:";

/// One spelling of a tag: strong and quoted, without what proxies that compress append
/// (RFC 9110 section 8.8.3). `None` where there is nothing in it.
pub(crate) fn version(tag: &str) -> Option<Version> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    let inner = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(tag);
    let inner = ["--gzip", "-gzip", ";gzip", "-br", ";br"]
        .iter()
        .find_map(|end| inner.strip_suffix(end))
        .unwrap_or(inner);
    let mut quoted = String::with_capacity(inner.len() + 2);
    quoted.push('"');
    match inner.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"') {
        true => quoted.push_str(inner),
        false => quoted.extend(inner.chars().filter(|c| *c != '"' && !c.is_control())),
    }
    quoted.push('"');
    (quoted.len() > 2).then_some(Version(quoted))
}

/// The tag in an answer's head, in either of the two headers that carry one.
pub(crate) fn of_head(head: &HttpHead) -> Option<Version> {
    head.header("etag").or_else(|| head.header("oc-etag")).and_then(version)
}

/// The version of a text whose server shows no tag.
pub(crate) fn of_body(body: &[u8]) -> Version {
    let mut text = String::from(BODY);
    for byte in &Sha256::digest(body)[..16] {
        let _ = write!(text, "{byte:02x}");
    }
    Version(text)
}

/// Whether a version is a hash of the text: such a one cannot stand in `If-Match`.
pub(crate) fn is_of_body(version: &Version) -> bool {
    version.0.starts_with(BODY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_tag_are_one_version() {
        for tag in ["\"x\"", "W/\"x\"", "x", " \"x-gzip\" ", "W/\"x--gzip\"", "\"x;gzip\""] {
            assert_eq!(version(tag), Some(Version("\"x\"".into())), "{tag}");
        }
        assert_eq!(version("4403-4401"), Some(Version("\"4403-4401\"".into())));
        assert_eq!(version("\"a\r\nb\"").unwrap().0, "\"ab\"");
        assert_eq!(version("\"\""), None);
        assert_eq!(version(" "), None);
    }

    #[test]
    fn a_text_without_a_tag_has_its_hash() {
        assert_eq!(of_body(b"x"), of_body(b"x"));
        assert_ne!(of_body(b"x"), of_body(b"y"));
        assert!(is_of_body(&of_body(b"x")) && !is_of_body(&Version("\"body:\"".into())));
    }
}
