//! An answer before it is written out, so that its XML can be spelled in any dialect.

use super::render::{XmlStyle, render};
use super::xml::{DAV, Element};
use crate::wire::SimReply;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Empty,
    Xml(Box<Element>),
    Bytes(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// A 207 (RFC 4918 section 13).
    pub(crate) fn multistatus(root: Element) -> Self {
        Self::status(207).body(Body::Xml(Box::new(root)))
    }

    /// A refusal that names its precondition (RFC 4918 section 16).
    pub(crate) fn refused(status: u16, ns: &'static str, name: &'static str) -> Self {
        Self::refused_with(status, Element::new(ns, name))
    }

    pub(crate) fn refused_with(status: u16, condition: Element) -> Self {
        let error = Element::new(DAV, "error").with(condition);
        Self::status(status).body(Body::Xml(Box::new(error)))
    }

    /// A refusal in words.
    pub(crate) fn words(status: u16, why: &str) -> Self {
        Self::status(status)
            .header("Content-Type", "text/plain; charset=utf-8")
            .body(Body::Bytes(why.as_bytes().to_vec()))
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The octets of the reply in a dialect.
    pub(crate) fn write(self, style: &XmlStyle) -> SimReply {
        let (bytes, kind) = match self.body {
            Body::Empty => (Vec::new(), None),
            Body::Xml(root) => (render(&root, style), Some("application/xml; charset=utf-8")),
            Body::Bytes(bytes) => (bytes, None),
        };
        let mut reply = SimReply::new(self.status, bytes);
        reply.headers = self.headers;
        if let Some(kind) = kind {
            reply.set("Content-Type", kind);
        }
        reply
    }
}
