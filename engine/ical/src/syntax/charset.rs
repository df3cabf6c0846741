//! Bytes to text.

use std::borrow::Cow;

/// What Windows-1252 has at 0x80 to 0x9F, where Latin-1 has control characters.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of bytes that should be UTF-8 (RFC 5545 section 3.1.4).
///
/// Without a single UTF-8 sequence of more than one byte they are read as Windows-1252, which old
/// exports are written in; a text that is mostly UTF-8 keeps what is sound and shows U+FFFD for the
/// rest.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if has_utf8(bytes) => String::from_utf8_lossy(bytes),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
    }
}

fn has_utf8(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn latin_1_umlauts_are_read() {
        assert_eq!(decoded(b"M\xfcnchen \x96 K\xf6ln"), "München – Köln");
    }

    #[test]
    fn one_broken_byte_leaves_the_rest_of_a_utf_8_text_whole() {
        assert_eq!(decoded(b"M\xc3\xbcnchen \xff Oslo"), "München \u{fffd} Oslo");
    }
}
