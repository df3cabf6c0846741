//! Texts: escapes of values and of parameters.

/// RFC 5545 section 3.3.11, read leniently: a backslash before any other sign than a letter or
/// digit is dropped, before those it stays. Control characters other than tabs go, since neither
/// databases nor other calendars take them.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (plain, special) =
            rest.split_at(rest.bytes().position(is_special).unwrap_or(rest.len()));
        out.push_str(plain);
        let mut letters = special.chars();
        match letters.next() {
            None => return out,
            Some('\\') => match letters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) if other.is_alphanumeric() => {
                    out.push('\\');
                    out.push(other);
                }
                Some(other) => push(&mut out, other),
                None => out.push('\\'),
            },
            Some(other) => push(&mut out, other),
        }
        rest = letters.as_str();
    }
}

/// Whether a letter that begins with this byte may be more than itself: a backslash, or a control
/// character, of which those beyond ASCII begin with 0xC2. All else is copied as it stands.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | 0..=8 | 0x0b..=0x1f | 0x7f | 0xc2)
}

fn push(out: &mut String, letter: char) {
    if !letter.is_control() || matches!(letter, '\t' | '\n') {
        out.push(letter);
    }
}

/// The texts of a list, cut at the commas that are not escaped.
pub(crate) fn list(text: &str) -> Vec<String> {
    let mut cuts = Vec::new();
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b',' && !escaped {
            cuts.push(at);
        }
        escaped = byte == b'\\' && !escaped;
    }
    let starts = std::iter::once(0).chain(cuts.iter().map(|cut| cut + 1));
    let ends = cuts.iter().copied().chain(std::iter::once(text.len()));
    starts.zip(ends).map(|(start, end)| unescaped(&text[start..end])).collect()
}

/// RFC 5545 section 3.3.11, without control characters other than line breaks and tabs.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push('\t'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

/// A parameter's value: RFC 6868 for what cannot stand in it, in quotes where RFC 5545 section 3.2
/// asks for them.
pub(crate) fn parameter(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            '\n' => out.push_str("^n"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    if out.contains([':', ';', ',']) { format!("\"{out}\"") } else { out }
}

#[cfg(test)]
mod tests {
    use super::{escaped, list, parameter, unescaped};

    #[test]
    fn escapes_are_read_leniently() {
        let cases = [
            (r"a\, b\; c\\ d", r"a, b; c\ d"),
            (r"one\ntwo\Nthree", "one\ntwo\nthree"),
            (r#"at\: \"noon\""#, r#"at: "noon""#),
            (r"C:\temp", r"C:\temp"),
            (r"C:\new", "C:\new"),
            ("end\\", "end\\"),
            ("nul\0 bell\u{7}", "nul bell"),
            ("a\tb\u{7f}\u{85}\u{9f}", "a\tb"),
            ("§ Zürich \u{a0}€", "§ Zürich \u{a0}€"),
        ];
        for (written, meant) in cases {
            assert_eq!(unescaped(written), meant, "{written}");
        }
    }

    #[test]
    fn a_list_is_cut_at_bare_commas_only() {
        assert_eq!(list(r"a\,b,c\\,d"), ["a,b", r"c\", "d"]);
    }

    #[test]
    fn what_is_escaped_reads_back() {
        let text = "a;b,c\\d\n\te:f\"g";
        assert_eq!(unescaped(&escaped(text)), text);
    }

    #[test]
    fn parameters_are_quoted_where_they_must_be() {
        assert_eq!(parameter("Europe/Berlin"), "Europe/Berlin");
        assert_eq!(parameter("Doe; \"J\""), "\"Doe; ^'J^'\"");
    }
}
