//! Bounds on what is kept and written, cut on character borders.

/// The most bytes of text that one event puts into a mirror, and the most raw bytes kept of an
/// item that could not be read.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The most bytes of a title or a place in a mirror; the description takes what is left of
/// [`TEXT_BYTES_MAX`].
pub const LINE_BYTES_MAX: usize = 4 * 1024;

/// The most bytes of the stored form of one event in one calendar; what is larger is set aside. A
/// row of it and of a change that waits stays under 2 MB, and so does a journal entry that holds
/// both as they were before and after.
pub const EVENT_BYTES_MAX: usize = 450 * 1024;

/// The most bytes of the payload of one journal entry; sealed, it stays under 2 MB. A change that
/// comes to more has several entries.
pub const ENTRY_BYTES_MAX: usize = 1_900_000;

/// The text, cut to at most `bytes_max` bytes at a character border.
#[must_use]
pub fn bound(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text, cut to at most `chars_max` characters; `None`: whole.
#[must_use]
pub fn bound_chars(text: &str, chars_max: Option<u32>) -> &str {
    let cut = chars_max
        .filter(|max| text.len() > *max as usize)
        .and_then(|max| text.char_indices().nth(max as usize));
    cut.map_or(text, |(at, _)| &text[..at])
}

/// The octets that a text takes in iCalendar: escaped (RFC 5545 section 3.3.11) and folded
/// (section 3.1).
#[must_use]
pub fn octets(text: &str) -> usize {
    folded(text.chars().map(char_octets).sum())
}

/// The text, cut to at most `octets_max` octets of iCalendar at a character border.
#[must_use]
pub fn bound_octets(text: &str, octets_max: usize) -> &str {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += char_octets(c);
        if folded(taken) > octets_max {
            return &text[..at];
        }
    }
    text
}

const fn char_octets(c: char) -> usize {
    match c {
        '\\' | ';' | ',' | '\n' => 2,
        _ => c.len_utf8(),
    }
}

/// A line end and a space after at most 75 octets, and a character is never parted.
const fn folded(octets: usize) -> usize {
    octets + octets.div_ceil(71) * 3
}

/// Raw bytes, cut to at most `bytes_max`; text is cut at a character border.
#[must_use]
pub fn bound_raw(raw: &[u8], bytes_max: usize) -> &[u8] {
    if raw.len() <= bytes_max {
        return raw;
    }
    let mut end = bytes_max;
    while end > bytes_max.saturating_sub(3) && raw[end] & 0b1100_0000 == 0b1000_0000 {
        end -= 1;
    }
    &raw[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_count_escapes_and_folds() {
        assert_eq!((octets(""), octets("a"), octets("é,\n")), (0, 4, 9));
        assert_eq!(octets(&"a".repeat(142)), 148);
        let text = "é".repeat(100);
        for max in 0..220 {
            let cut = bound_octets(&text, max);
            assert!(octets(cut) <= max && text.starts_with(cut), "{max}");
        }
        assert_eq!(bound_octets(&text, 300), text);
    }
}
