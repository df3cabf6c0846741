//! Cuts a stream of bytes at the edges of tags, without looking into them.

use std::ops::Range;

use super::fault::XmlFault;

/// The largest tag, comment or instruction, in bytes.
const MARKUP_BYTES_MAX: usize = 64 * 1024;

/// A piece of the stream, by where it stands in what [`Framer::lend`] gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What stands between tags, still escaped.
    Text(Range<usize>),
    /// The content of a CDATA section, as it is.
    Raw(Range<usize>),
    /// What stands between `<` and `>`.
    Tag(Range<usize>),
    /// The content of an XML declaration or another instruction.
    Instruction(Range<usize>),
}

/// Holds what has come and is not cut yet: at most one piece and one chunk.
#[derive(Debug)]
pub(super) struct Framer {
    buffer: Vec<u8>,
    start: usize,
    /// How far the piece that begins at `start` was searched for its end; bytes after `start`.
    searched: usize,
    quote: Option<u8>,
    text_bytes_max: usize,
}

impl Framer {
    pub(super) const fn new(text_bytes_max: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, searched: 0, quote: None, text_bytes_max }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole piece, if there is one. Comments are left out.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, XmlFault> {
        loop {
            let rest = &self.buffer[self.start..];
            let cut = match rest {
                [] => return Ok(None),
                [b'<', b'!', ..] | [b'<'] => match self.declaration()? {
                    Some(cut) => cut,
                    None => return Ok(None),
                },
                [b'<', b'?', ..] => match self.until(b"?>", 2, MARKUP_BYTES_MAX)? {
                    Some(body) => Some(Piece::Instruction(body)),
                    None => return Ok(None),
                },
                [b'<', ..] => match self.tag()? {
                    Some(body) => Some(Piece::Tag(body)),
                    None => return Ok(None),
                },
                _ => match self.text()? {
                    Some(body) => Some(Piece::Text(body)),
                    None => return Ok(None),
                },
            };
            if cut.is_some() {
                return Ok(cut);
            }
        }
    }

    /// The bytes that a piece stands in, until they are given back.
    pub(super) fn lend(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Takes the bytes back before the next piece is cut.
    pub(super) fn give_back(&mut self, bytes: Vec<u8>) {
        self.buffer = bytes;
    }

    /// Whether all that came was cut.
    #[cfg(test)]
    pub(super) const fn is_empty(&self) -> bool {
        self.start == self.buffer.len()
    }

    fn declaration(&mut self) -> Result<Option<Option<Piece>>, XmlFault> {
        let rest = &self.buffer[self.start..];
        for (opening, closing, max) in [
            (&b"<!--"[..], &b"-->"[..], MARKUP_BYTES_MAX),
            (&b"<![CDATA["[..], &b"]]>"[..], self.text_bytes_max),
        ] {
            if rest.starts_with(opening) {
                let body = self.until(closing, opening.len(), max)?;
                return Ok(body.map(|body| (closing == b"]]>").then_some(Piece::Raw(body))));
            }
            if opening.starts_with(rest) {
                return Ok(None);
            }
        }
        Err(XmlFault::Doctype)
    }

    fn tag(&mut self) -> Result<Option<Range<usize>>, XmlFault> {
        let from = self.searched.max(1);
        let rest = self.buffer[self.start..].get(from..).unwrap_or_default();
        // Held here while it goes on, since every byte of every tag is looked at.
        let mut quote = self.quote;
        for (at, byte) in rest.iter().enumerate() {
            match (quote, *byte) {
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'>') => {
                    self.quote = None;
                    return Ok(Some(self.take(1, from + at, from + at + 1)));
                }
                (None, b'<') => return Err(XmlFault::Syntax),
                (None, _) => {}
            }
        }
        self.quote = quote;
        self.wait(MARKUP_BYTES_MAX)
    }

    fn text(&mut self) -> Result<Option<Range<usize>>, XmlFault> {
        let rest = &self.buffer[self.start..];
        match place_of(b'<', rest.get(self.searched..).unwrap_or_default()) {
            Some(at) => {
                let end = at + self.searched;
                if end > self.text_bytes_max {
                    return Err(XmlFault::Large);
                }
                Ok(Some(self.take(0, end, end)))
            }
            None => self.wait(self.text_bytes_max),
        }
    }

    fn until(
        &mut self,
        closing: &[u8],
        skip: usize,
        max: usize,
    ) -> Result<Option<Range<usize>>, XmlFault> {
        let rest = &self.buffer[self.start..];
        let from = self.searched.saturating_sub(closing.len()).max(skip);
        let found = rest
            .get(from..)
            .and_then(|tail| tail.windows(closing.len()).position(|window| window == closing));
        match found {
            Some(at) => {
                let end = from + at;
                if end > max {
                    return Err(XmlFault::Large);
                }
                Ok(Some(self.take(skip, end, end + closing.len())))
            }
            None => self.wait(max),
        }
    }

    fn wait(&mut self, max: usize) -> Result<Option<Range<usize>>, XmlFault> {
        self.searched = self.buffer.len() - self.start;
        if self.searched > max { Err(XmlFault::Large) } else { Ok(None) }
    }

    /// Takes `from..to`, and goes on after `next`; all counted from the start of the piece.
    fn take(&mut self, from: usize, to: usize, next: usize) -> Range<usize> {
        let body = self.start + from..self.start + to;
        self.start += next;
        self.searched = 0;
        body
    }
}

/// Where a byte stands first. Whole blocks without it are passed over at once: most bytes of a
/// listing are the texts of its objects.
fn place_of(wanted: u8, bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let without = |block: &&[u8]| !block.iter().fold(false, |any, byte| any | (*byte == wanted));
    let passed = BLOCK * bytes.chunks_exact(BLOCK).take_while(without).count();
    let rest = bytes.get(passed..).unwrap_or_default();
    rest.iter().position(|byte| *byte == wanted).map(|at| passed + at)
}
