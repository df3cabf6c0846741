//! One content line.

use std::borrow::Cow;
use std::ops::Range;

use ical::tree::line::IcalLine;

use super::{decoded, unescaped};

/// A property: a content line and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Property<'a> {
    line: IcalLine<'a>,
    /// Its bytes in the text, line ending included.
    pub(crate) span: Range<usize>,
}

impl<'a> Property<'a> {
    pub(crate) fn new(line: IcalLine<'a>, span: Range<usize>) -> Self {
        Self { line, span }
    }

    /// The one whose line begins here.
    pub(crate) fn at(text: &'a [u8], start: usize) -> Option<Self> {
        let text = text.get(start..)?;
        let (line, rest) = IcalLine::take(text).ok()?;
        Some(Self::new(line, start..start + text.len() - rest.len()))
    }

    /// The name as written.
    pub(crate) fn name(&self) -> &str {
        self.line.name.get()
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// The first value of a parameter, without quotes and with RFC 6868 decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let node =
            self.line.params.iter().find(|node| node.name.get().eq_ignore_ascii_case(name))?;
        node.values.first().map(|value| uncircumflexed(unquoted(value.get())))
    }

    pub(crate) fn has_parameter(&self, name: &str, value: &str) -> bool {
        self.parameter(name).is_some_and(|found| found.eq_ignore_ascii_case(value))
    }

    /// All parameters as written, each with a `;` before it.
    pub(crate) fn parameters(&self) -> String {
        self.line.params.iter().map(|node| format!(";{node}")).collect()
    }

    /// The parameters as written, without those of these names.
    pub(crate) fn parameters_without(&self, names: &[&str]) -> String {
        let kept = |name: &str| !names.iter().any(|gone| name.eq_ignore_ascii_case(gone));
        let nodes = self.line.params.iter().filter(|node| kept(node.name.get()));
        nodes.map(|node| format!(";{node}")).collect()
    }

    /// The value as written, still escaped.
    pub(crate) fn value(&self) -> String {
        let raw = self.line.raw_value();
        if self.is_quoted_printable() {
            return decoded(&from_quoted_printable(&raw)).replace("\r\n", "\n");
        }
        decoded(&raw).into_owned()
    }

    /// The value as one text (RFC 5545 section 3.3.11).
    pub(crate) fn text(&self) -> String {
        let raw = self.line.raw_value();
        if self.is_quoted_printable() {
            return unescaped(&self.value());
        }
        unescaped(&decoded(&raw))
    }

    /// Whether the value is in the transfer encoding of vCalendar 1.0.
    pub(crate) fn is_quoted_printable(&self) -> bool {
        let bare = |name: &str| name.eq_ignore_ascii_case("QUOTED-PRINTABLE");
        !self.line.params.is_empty()
            && (self.has_parameter("ENCODING", "QUOTED-PRINTABLE")
                || self.line.params.iter().any(|node| bare(node.name.get())))
    }
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches('"')
}

/// RFC 6868 section 3.1: `^n`, `^^` and `^'`.
fn uncircumflexed(value: &str) -> Cow<'_, str> {
    if !value.contains('^') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(letter) = rest.next() {
        let meant = match letter {
            '^' => match rest.clone().next() {
                Some('n') => Some('\n'),
                Some('^') => Some('^'),
                Some('\'') => Some('"'),
                Some(_) | None => None,
            },
            _ => None,
        };
        if meant.is_some() {
            rest.next();
        }
        out.push(meant.unwrap_or(letter));
    }
    Cow::Owned(out)
}

/// RFC 2045 section 6.7, of one line; what is no code stays as it is.
fn from_quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        let code = raw.get(at + 1..at + 3).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match code.filter(|_| *byte == b'=').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(meant) => {
                out.push(meant);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}
