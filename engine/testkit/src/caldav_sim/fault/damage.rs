//! Faults that spoil a finished reply or its way to the client.

use super::super::render::{Prefixes, XmlStyle};
use crate::wire::{Delivery, SimReply};

/// Damage to a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Unusual prefixes (C10).
    OddPrefixes,
    /// Default namespaces (C10).
    DefaultNamespaces,
    /// Text as CDATA (C10).
    Cdata,
    /// Carriage returns as `&#13;` (C10).
    CrEntity,
    /// Comments that look like elements (C10).
    Comments,
    /// A document type with an entity bomb (C10).
    EntityBomb,
    /// Octets that are no UTF-8 (C10).
    InvalidUtf8,
    /// A text node of so many octets (C10).
    HugeText(usize),
    /// The body ends half way, with a matching Content-Length (C10).
    TruncatedBody,
    /// The content type says plain text (C10).
    WrongContentType,
    /// Content-Length is larger than the body (X7).
    WrongLength,
    /// A gzip body with a bad checksum (X8).
    BadGzip,
    /// 204 with a body (X11).
    NoContentWithBody,
    /// Some other body.
    Body(Vec<u8>),
    /// A bare status, though the server acted (C41).
    Status(u16),
    /// The connection does this (X1 to X6, X9, X10, X15, X16, C41).
    Deliver(Delivery),
}

impl Damage {
    /// Changes the XML dialect, before the reply is written.
    pub(crate) fn style(&self, style: &mut XmlStyle) {
        match self {
            Self::OddPrefixes => style.prefixes = Prefixes::Odd,
            Self::DefaultNamespaces => style.prefixes = Prefixes::DefaultNamespace,
            Self::Cdata => style.cdata = true,
            Self::CrEntity => style.cr_entity = true,
            Self::Comments => style.comments = true,
            Self::EntityBomb => style.entity_bomb = true,
            Self::InvalidUtf8 => style.invalid_utf8 = true,
            Self::HugeText(octets) => style.huge_text_octets = *octets,
            Self::TruncatedBody
            | Self::WrongContentType
            | Self::WrongLength
            | Self::BadGzip
            | Self::NoContentWithBody
            | Self::Body(_)
            | Self::Status(_)
            | Self::Deliver(_) => {}
        }
    }

    /// Spoils the finished reply. `Content-Length` is set before this.
    pub(crate) fn spoil(&self, reply: &mut SimReply) {
        match self {
            Self::TruncatedBody => {
                reply.body.truncate(reply.body.len() / 2);
                reply.set("Content-Length", &reply.body.len().to_string());
            }
            Self::WrongContentType => reply.set("Content-Type", "text/plain"),
            Self::WrongLength => {
                reply.set("Content-Length", &(reply.body.len() + 17).to_string());
            }
            Self::BadGzip => {
                reply.body = bad_gzip(&reply.body);
                reply.set("Content-Encoding", "gzip");
                reply.set("Content-Length", &reply.body.len().to_string());
            }
            Self::NoContentWithBody => {
                reply.status = 204;
                reply.body = b"unexpected".to_vec();
                reply.set("Content-Length", "10");
            }
            Self::Body(body) => {
                body.clone_into(&mut reply.body);
                reply.set("Content-Length", &body.len().to_string());
            }
            Self::Status(status) => {
                *reply = SimReply::new(*status, "").header("Content-Length", "0")
            }
            Self::Deliver(delivery) => reply.delivery = *delivery,
            Self::OddPrefixes
            | Self::DefaultNamespaces
            | Self::Cdata
            | Self::CrEntity
            | Self::Comments
            | Self::EntityBomb
            | Self::InvalidUtf8
            | Self::HugeText(_) => {}
        }
    }

    /// Whether the server acts on the request.
    pub(crate) fn commits(&self) -> bool {
        match self {
            Self::Deliver(delivery) => delivery.commits(),
            Self::OddPrefixes
            | Self::DefaultNamespaces
            | Self::Cdata
            | Self::CrEntity
            | Self::Comments
            | Self::EntityBomb
            | Self::InvalidUtf8
            | Self::HugeText(_)
            | Self::TruncatedBody
            | Self::WrongContentType
            | Self::WrongLength
            | Self::BadGzip
            | Self::NoContentWithBody
            | Self::Body(_)
            | Self::Status(_) => true,
        }
    }
}

/// Stored deflate blocks in a gzip frame (RFC 1951, RFC 1952) whose checksum is wrong.
fn bad_gzip(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = body.chunks(0xffff).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(0xdead_beef_u32.to_le_bytes());
    out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}
