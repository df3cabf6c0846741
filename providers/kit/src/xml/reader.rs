//! From pieces to trees.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::escape::{EscapeError, unescape};
use quick_xml::events::BytesStart;

use super::element::{Element, Ns, kept};
use super::fault::XmlFault;
use super::frame::{Framer, Piece};

/// What is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XmlLimits {
    /// Levels of elements, the root being the first.
    pub depth: usize,
    /// Bytes of one text.
    pub text_bytes: usize,
    /// Elements in one tree under the root.
    pub tree_elements: usize,
    /// Bytes of all text in one tree under the root.
    pub tree_bytes: usize,
}

impl Default for XmlLimits {
    fn default() -> Self {
        Self {
            depth: 32,
            text_bytes: 8 * 1024 * 1024,
            tree_elements: 10_000,
            tree_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Attributes read of one tag; more are a fault.
const ATTRIBUTES_MAX: usize = 64;

/// Reads a document that comes in chunks, and gives the trees under its root one at a time.
#[derive(Debug)]
pub struct XmlReader {
    framer: Framer,
    limits: XmlLimits,
    /// Prefixes in force: level they were declared at, prefix, namespace.
    scopes: Vec<(usize, String, Ns)>,
    open: OpenTags,
    root: Option<(Ns, Cow<'static, str>)>,
    /// The open elements under the root.
    building: Vec<Element>,
    elements: usize,
    bytes: usize,
    begun: bool,
    closed: bool,
}

impl XmlReader {
    /// A reader at the beginning of a document.
    #[must_use]
    pub const fn new(limits: XmlLimits) -> Self {
        Self {
            framer: Framer::new(limits.text_bytes),
            limits,
            scopes: Vec::new(),
            open: OpenTags::new(),
            root: None,
            building: Vec::new(),
            elements: 0,
            bytes: 0,
            begun: false,
            closed: false,
        }
    }

    /// Takes the next chunk.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.closed {
            self.framer.push(bytes);
        }
    }

    /// The next tree under the root, if one is whole.
    ///
    /// # Errors
    /// [`XmlFault`] where the stream cannot be read on; what was given before stands.
    pub fn next_tree(&mut self) -> Result<Option<Element>, XmlFault> {
        while !self.closed {
            let Some(piece) = self.framer.next()? else {
                return Ok(None);
            };
            let bytes = self.framer.lend();
            let tree = self.piece(&piece, &bytes);
            self.framer.give_back(bytes);
            let tree = tree?;
            self.begun = true;
            if tree.is_some() {
                return Ok(tree);
            }
        }
        Ok(None)
    }

    /// Whether the root is this one; false as long as it has not come.
    #[must_use]
    pub fn root_is(&self, ns: Ns, name: &str) -> bool {
        self.root.as_ref().is_some_and(|(root_ns, root)| *root_ns == ns && root == name)
    }

    /// Whether a root has come.
    #[must_use]
    pub const fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Says that no more comes.
    ///
    /// # Errors
    /// [`XmlFault::Cut`] where the root is not closed.
    pub fn finish(&self) -> Result<(), XmlFault> {
        if self.closed { Ok(()) } else { Err(XmlFault::Cut) }
    }

    #[cfg(test)]
    pub(super) const fn is_empty(&self) -> bool {
        self.framer.is_empty()
    }

    fn piece(&mut self, piece: &Piece, bytes: &[u8]) -> Result<Option<Element>, XmlFault> {
        let at = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        match piece {
            Piece::Tag(range) => return self.tag(at(range)),
            Piece::Text(range) => self.text(at(range), true)?,
            Piece::Raw(range) => self.text(at(range), false)?,
            Piece::Instruction(range) => instruction(at(range))?,
        }
        Ok(None)
    }

    fn tag(&mut self, body: &[u8]) -> Result<Option<Element>, XmlFault> {
        let body = core::str::from_utf8(body).map_err(|_| XmlFault::Encoding)?;
        if let Some(name) = body.strip_prefix('/') {
            return self.close(name.trim_end());
        }
        let (body, empty) = match body.strip_suffix('/') {
            Some(body) => (body, true),
            None => (body, false),
        };
        let name_len = body.find(|c: char| c.is_ascii_whitespace()).unwrap_or(body.len());
        let name = &body[..name_len];
        if name.is_empty() {
            return Err(XmlFault::Syntax);
        }
        self.spend(body.len())?;
        self.open_tag(&BytesStart::from_content(body, name_len))?;
        if empty { self.close(name) } else { Ok(None) }
    }

    fn open_tag(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlFault> {
        if self.open.len() >= self.limits.depth {
            return Err(XmlFault::Deep);
        }
        let level = self.open.len();
        let mut attributes = Vec::new();
        // Most tags are a name alone.
        let mut rest = (tag.len() > tag.name().0.len()).then(|| tag.attributes());
        let read = rest.as_mut().map(|rest| rest.with_checks(false));
        for (count, attribute) in read.into_iter().flatten().enumerate() {
            let attribute = attribute.map_err(|_| XmlFault::Syntax)?;
            if count >= ATTRIBUTES_MAX {
                return Err(XmlFault::Large);
            }
            let key: &str = attribute.key.0;
            let value = unescape(&attribute.value).map_err(|e| entity_fault(&e))?;
            if key == "xmlns" {
                self.scopes.push((level, String::new(), Ns::of(&value)));
            } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                self.scopes.push((level, prefix.to_owned(), Ns::of(&value)));
            } else if !key.contains(':') {
                attributes.push((key.to_owned(), value.into_owned()));
            }
        }
        let name = tag.name().0;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let ns = self.scope(prefix);
        let local = kept(local);
        self.open.push(name);
        if level == 0 {
            self.root = Some((ns, local));
            return Ok(());
        }
        self.elements += 1;
        if self.elements > self.limits.tree_elements {
            return Err(XmlFault::Large);
        }
        self.building.push(Element {
            ns,
            name: local,
            attributes,
            text: String::new(),
            children: Vec::new(),
            damaged: false,
        });
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<Option<Element>, XmlFault> {
        if !self.open.pop(name) {
            return Err(XmlFault::Syntax);
        }
        let level = self.open.len();
        self.scopes.retain(|(declared, _, _)| *declared < level);
        let Some(element) = self.building.pop() else {
            self.closed = level == 0;
            return Ok(None);
        };
        match self.building.last_mut() {
            Some(parent) => {
                parent.damaged |= element.damaged;
                parent.children.push(element);
                Ok(None)
            }
            None => {
                self.elements = 0;
                self.bytes = 0;
                Ok(Some(element))
            }
        }
    }

    fn text(&mut self, bytes: &[u8], escaped: bool) -> Result<(), XmlFault> {
        if !self.building.is_empty() {
            self.spend(bytes.len())?;
        }
        let Some(element) = self.building.last_mut() else {
            let mark = if self.begun { &b""[..] } else { &b"\xEF\xBB\xBF"[..] };
            let bytes = bytes.strip_prefix(mark).unwrap_or(bytes);
            let blank = bytes.iter().all(u8::is_ascii_whitespace);
            // Text between the trees of the root says nothing; before it, it is no XML.
            return if blank || self.open.len() > 0 { Ok(()) } else { Err(XmlFault::Syntax) };
        };
        let text = match core::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                element.damaged = true;
                String::from_utf8_lossy(bytes)
            }
        };
        if escaped {
            let plain = unescape(&text).map_err(|e| entity_fault(&e))?;
            element.text.push_str(&plain);
        } else {
            element.text.push_str(&text);
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), XmlFault> {
        self.bytes += bytes;
        if self.bytes > self.limits.tree_bytes { Err(XmlFault::Large) } else { Ok(()) }
    }

    fn scope(&self, prefix: &str) -> Ns {
        let found = self.scopes.iter().rev().find(|(_, declared, _)| declared == prefix);
        found.map_or(Ns::Other, |(_, _, ns)| *ns)
    }
}

/// The names of the open tags, as written, one after the other in one text.
#[derive(Debug)]
struct OpenTags {
    names: String,
    starts: Vec<usize>,
}

impl OpenTags {
    const fn new() -> Self {
        Self { names: String::new(), starts: Vec::new() }
    }

    const fn len(&self) -> usize {
        self.starts.len()
    }

    fn push(&mut self, name: &str) {
        self.starts.push(self.names.len());
        self.names.push_str(name);
    }

    /// Closes the innermost; false where that has another name, or none is open.
    fn pop(&mut self, name: &str) -> bool {
        let Some(start) = self.starts.pop() else { return false };
        let same = self.names.get(start..) == Some(name);
        self.names.truncate(start);
        same
    }
}

fn instruction(body: &[u8]) -> Result<(), XmlFault> {
    let text = core::str::from_utf8(body).map_err(|_| XmlFault::Encoding)?.to_ascii_lowercase();
    let Some(after) = text.strip_prefix("xml ").and_then(|rest| rest.split("encoding").nth(1))
    else {
        return Ok(());
    };
    let name = after.trim_start_matches(['=', ' ', '"', '\'']);
    let plain = ["utf-8", "utf8", "us-ascii"].iter().any(|known| name.starts_with(known));
    if plain { Ok(()) } else { Err(XmlFault::Encoding) }
}

fn entity_fault(error: &EscapeError) -> XmlFault {
    if matches!(error, EscapeError::UnrecognizedEntity(..)) {
        XmlFault::Entity
    } else {
        XmlFault::Syntax
    }
}
