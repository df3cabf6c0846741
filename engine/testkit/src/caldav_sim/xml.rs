//! A small namespace-resolved element tree: read from requests with quick-xml, written by `render`.

use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `DAV:` (RFC 4918).
pub(crate) const DAV: &str = "DAV:";
/// CalDAV (RFC 4791).
pub(crate) const CAL: &str = "urn:ietf:params:xml:ns:caldav";
/// calendarserver.org extensions (`getctag`).
pub(crate) const CS: &str = "http://calendarserver.org/ns/";
/// Apple's calendar properties (`calendar-color`).
pub(crate) const ICAL: &str = "http://apple.com/ns/ical/";

/// A namespace or a local name: nearly all are known here, and need no room of their own.
pub(crate) type Word = Cow<'static, str>;

/// A qualified name.
pub(crate) type Name = (Word, Word);

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) ns: Word,
    pub(crate) name: Word,
    pub(crate) attrs: BTreeMap<String, String>,
    pub(crate) children: Vec<Self>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn new(ns: &'static str, name: &'static str) -> Self {
        Self { ns: Cow::Borrowed(ns), name: Cow::Borrowed(name), ..Self::default() }
    }

    pub(crate) fn named((ns, name): &Name) -> Self {
        Self { ns: ns.clone(), name: name.clone(), ..Self::default() }
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    pub(crate) fn attr(mut self, name: &str, value: &str) -> Self {
        self.attrs.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    pub(crate) fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    pub(crate) fn is(&self, ns: &str, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    pub(crate) fn qname(&self) -> Name {
        (self.ns.clone(), self.name.clone())
    }

    pub(crate) fn child(&self, ns: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(ns, name))
    }

    pub(crate) fn all<'a>(&'a self, ns: &'a str, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(ns, name))
    }

    /// Whether this element or one below it has the name.
    pub(crate) fn contains(&self, ns: &str, name: &str) -> bool {
        self.is(ns, name) || self.children.iter().any(|child| child.contains(ns, name))
    }
}

/// Reads one document. The error says what is malformed.
pub(crate) fn parse(body: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(body).map_err(|_| "body is not UTF-8".to_owned())?;
    let mut reader = NsReader::from_str(text);
    let mut stack = vec![Element::default()];
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|error| error.to_string())?;
        let ns = match resolved {
            ResolveResult::Bound(Namespace(ns)) => namespace(ns),
            ResolveResult::Unbound => Cow::Borrowed(""),
            ResolveResult::Unknown(prefix) => {
                return Err(format!("undeclared prefix {prefix:?}"));
            }
        };
        match event {
            Event::Start(tag) => stack.push(open(ns, &tag)?),
            Event::Empty(tag) => {
                let element = open(ns, &tag)?;
                top(&mut stack)?.children.push(element);
            }
            Event::End(_) => {
                let done = stack.pop().ok_or("unbalanced element")?;
                top(&mut stack)?.children.push(done);
            }
            Event::Text(text) => {
                top(&mut stack)?.text.push_str(&text.xml10_content());
            }
            Event::CData(text) => {
                top(&mut stack)?.text.push_str(&text.xml10_content());
            }
            Event::GeneralRef(entity) => {
                let resolved = entity_text(&entity)?;
                top(&mut stack)?.text.push(resolved);
            }
            Event::DocType(_) => return Err("a document type is not accepted".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    finish(stack)
}

fn finish(mut stack: Vec<Element>) -> Result<Element, String> {
    let root = stack.pop().ok_or("unbalanced element")?;
    if !stack.is_empty() {
        return Err(format!("element {} is not closed", root.name));
    }
    let mut roots = root.children.into_iter();
    match (roots.next(), roots.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err("no root element".to_owned()),
        (Some(_), Some(_)) => Err("more than one root element".to_owned()),
    }
}

fn top(stack: &mut [Element]) -> Result<&mut Element, String> {
    stack.last_mut().ok_or_else(|| "unbalanced element".to_owned())
}

fn namespace(ns: &str) -> Word {
    let known = [DAV, CAL, CS, ICAL].into_iter().find(|known| *known == ns);
    known.map_or_else(|| Cow::Owned(ns.to_owned()), Cow::Borrowed)
}

fn open(ns: Word, tag: &quick_xml::events::BytesStart<'_>) -> Result<Element, String> {
    let name = Cow::Owned(tag.local_name().as_ref().to_owned());
    let mut element = Element { ns, name, ..Element::default() };
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = attribute.key.as_ref().to_owned();
        if name == "xmlns" || name.starts_with("xmlns:") {
            continue;
        }
        let value = attribute.value.replace("&quot;", "\"").replace("&amp;", "&");
        element.attrs.insert(name, value);
    }
    Ok(element)
}

fn entity_text(entity: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    if let Some(char) = entity.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(char);
    }
    match entity.xml10_content().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        other => Err(format!("unknown entity {other}")),
    }
}
