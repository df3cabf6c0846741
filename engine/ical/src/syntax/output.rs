//! Content lines out.

/// The most octets of a line, its ending not counted (RFC 5545 section 3.1).
const FOLD_OCTETS: usize = 75;

/// Content lines, folded as they are written.
#[derive(Debug)]
pub(crate) struct Lines {
    out: Vec<u8>,
    eol: &'static [u8],
}

impl Lines {
    /// Lines that end as RFC 5545 asks.
    pub(crate) const fn new() -> Self {
        Self::ending(b"\r\n")
    }

    pub(crate) const fn ending(eol: &'static [u8]) -> Self {
        Self { out: Vec::new(), eol }
    }

    /// Writes one content line; never cuts a UTF-8 sequence.
    pub(crate) fn line(&mut self, content: &str) {
        let mut rest = content;
        let mut room = FOLD_OCTETS;
        while rest.len() > room {
            let cut = (0..=room).rev().find(|cut| rest.is_char_boundary(*cut)).unwrap_or(room);
            let (head, tail) = rest.split_at(cut);
            self.out.extend_from_slice(head.as_bytes());
            self.out.extend_from_slice(self.eol);
            self.out.push(b' ');
            rest = tail;
            room = FOLD_OCTETS - 1;
        }
        self.out.extend_from_slice(rest.as_bytes());
        self.out.extend_from_slice(self.eol);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn folds_at_75_octets_and_never_inside_a_letter() {
        let mut lines = Lines::new();
        lines.line(&format!("SUMMARY:{}", "ü".repeat(100)));
        let text = String::from_utf8(lines.into_bytes()).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "ü".repeat(100)));
    }
}
