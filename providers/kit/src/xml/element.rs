//! A small tree of XML.

use std::borrow::Cow;

/// The namespaces that are told apart; prefixes are arbitrary and forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ns {
    /// `DAV:`.
    Dav,
    /// `urn:ietf:params:xml:ns:caldav`.
    CalDav,
    /// `http://calendarserver.org/ns/`.
    CalendarServer,
    /// Any other, or none.
    Other,
}

impl Ns {
    pub(super) fn of(uri: &str) -> Self {
        match uri {
            "DAV:" => Self::Dav,
            "urn:ietf:params:xml:ns:caldav" => Self::CalDav,
            "http://calendarserver.org/ns/" => Self::CalendarServer,
            _ => Self::Other,
        }
    }
}

/// The names that most elements of a listing bear.
const USUAL: [&str; 10] = [
    "response",
    "href",
    "propstat",
    "prop",
    "status",
    "getetag",
    "calendar-data",
    "resourcetype",
    "collection",
    "sync-token",
];

/// A name that is kept.
pub(super) fn kept(name: &str) -> Cow<'static, str> {
    let usual = USUAL.iter().copied().find(|usual| *usual == name);
    usual.map_or_else(|| Cow::Owned(name.to_owned()), Cow::Borrowed)
}

/// An element with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its namespace.
    pub ns: Ns,
    /// Its name without prefix; the usual ones take no memory of their own.
    pub name: Cow<'static, str>,
    /// The attributes without a namespace, in their order.
    pub attributes: Vec<(String, String)>,
    /// All text directly in it, unescaped.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Self>,
    /// Whether some text in it or below was not UTF-8; such bytes are replaced.
    pub damaged: bool,
}

impl Element {
    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, ns: Ns, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    /// The first child of this name.
    #[must_use]
    pub fn child(&self, ns: Ns, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(ns, name))
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, ns: Ns, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(ns, name))
    }

    /// The first element of this name, here or below.
    #[must_use]
    pub fn find(&self, ns: Ns, name: &str) -> Option<&Self> {
        if self.is(ns, name) {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(ns, name))
    }

    /// An attribute without a namespace.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text without white space around it.
    #[must_use]
    pub fn trimmed(&self) -> &str {
        self.text.trim()
    }
}
