//! Replacements in a text, by place.

use std::ops::Range;

use crate::syntax::{Component, Lines, Property};

/// Replacements that do not overlap; those at one place stand in the order they were made.
#[derive(Debug)]
pub(super) struct Edits<'t> {
    text: &'t [u8],
    eol: &'static [u8],
    list: Vec<(Range<usize>, Vec<u8>)>,
}

impl<'t> Edits<'t> {
    /// New lines end as the text's first line does.
    pub(super) fn of(text: &'t [u8]) -> Self {
        let first = text.iter().position(|byte| *byte == b'\n');
        let bare = first.is_some_and(|at| at == 0 || text[at - 1] != b'\r');
        Self { text, eol: if bare { b"\n" } else { b"\r\n" }, list: Vec::new() }
    }

    /// More edits of the same text, apart from these.
    pub(super) fn apart(&self) -> Self {
        Self { text: self.text, eol: self.eol, list: Vec::new() }
    }

    /// Takes edits made apart.
    pub(super) fn take(&mut self, mut others: Self) {
        self.list.append(&mut others.list);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn lines(&self) -> Lines {
        Lines::ending(self.eol)
    }

    /// Puts bytes in at a place.
    pub(super) fn insert(&mut self, at: usize, bytes: Vec<u8>) {
        self.list.push((at..at, bytes));
    }

    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.list.push((range, Vec::new()));
    }

    /// Makes `lines` all there is of some properties of a component: the first that is there makes
    /// room for them, the others go; without any they come before the component's children.
    pub(super) fn set(&mut self, component: &Component<'_>, names: &[&str], lines: &[String]) {
        let named = |property: &&Property<'_>| names.iter().any(|name| property.is(name));
        let mut old = component.properties.iter().filter(named);
        let bytes = self.written(lines);
        match old.next() {
            Some(first) if self.text[first.span.clone()] == *bytes => {}
            Some(first) => self.list.push((first.span.clone(), bytes)),
            None if lines.is_empty() => {}
            None => self.insert(component.properties_end, bytes),
        }
        for more in old {
            self.remove(more.span.clone());
        }
    }

    /// Replaces one property by a line, or takes it out.
    pub(super) fn replace(&mut self, property: &Property<'_>, line: Option<String>) {
        let bytes = self.written(line.as_slice());
        self.list.push((property.span.clone(), bytes));
    }

    fn written(&self, contents: &[String]) -> Vec<u8> {
        let mut lines = self.lines();
        for content in contents {
            lines.line(content);
        }
        lines.into_bytes()
    }

    /// The part of the text in `range` with the edits that lie in it.
    pub(super) fn apply(mut self, range: Range<usize>) -> Vec<u8> {
        self.list.sort_by_key(|(range, _)| range.start);
        let mut out = Vec::with_capacity(range.len() + 256);
        let mut at = range.start;
        for (edited, bytes) in self.list {
            out.extend_from_slice(&self.text[at..edited.start.max(at)]);
            out.extend_from_slice(&bytes);
            at = edited.end.max(at);
        }
        out.extend_from_slice(&self.text[at..range.end.max(at)]);
        out
    }
}
