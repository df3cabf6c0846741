//! Texts: escapes of values and of parameters.

/// RFC 5545 section 3.3.11, read leniently: a backslash before any other sign than a letter or
/// digit is dropped, before those it stays. Control characters other than tabs go, since neither
/// databases nor other calendars take them.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            push(&mut out, letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(other) if other.is_alphanumeric() => {
                out.push('\\');
                out.push(other);
            }
            Some(other) => push(&mut out, other),
            None => out.push('\\'),
        }
    }
    out
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
