//! What a handler works with, and how hrefs and ETags are spelled.

use super::profile::{EtagShape, EtagSource, HrefStyle, Profile};
use super::reply::Reply;
use super::sent::Sent;
use super::state::{CollectionKind, Resource, State, hash};
use super::xml::{DAV, Element};
use crate::wire::{SimRequest, decode_path, split_origin};

/// One request being handled.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) profile: &'a Profile,
    pub(crate) request: &'a SimRequest,
    /// What it carries.
    pub(crate) sent: &'a Sent,
    pub(crate) now_ms: i64,
    /// Decoded path of the request.
    pub(crate) path: String,
    /// Login; empty for someone unknown.
    pub(crate) user: String,
}

impl Cx<'_> {
    /// An `href` element for a decoded path.
    pub(crate) fn href(&self, path: &str) -> Element {
        Element::new(DAV, "href").text(&self.href_text(path))
    }

    pub(crate) fn href_text(&self, path: &str) -> String {
        match self.profile.spelling.hrefs {
            HrefStyle::Path => encode(path, b"@:!$'()*+,;=~"),
            HrefStyle::Absolute => {
                format!("{}{}", self.request.origin(), encode(path, b"@:!$'()*+,;=~"))
            }
            HrefStyle::EncodeAll => encode(path, b""),
            HrefStyle::Double => encode(path, b"").replace('%', "%25"),
            HrefStyle::Raw => path.to_owned(),
            HrefStyle::NoSlash => {
                let trimmed = path.trim_end_matches('/');
                encode(if trimmed.is_empty() { path } else { trimmed }, b"@:!$'()*+,;=~")
            }
        }
    }

    /// The decoded path that an href in a request means.
    pub(crate) fn resolve(&self, href: &str) -> String {
        let (_, path) = split_origin(href.trim());
        let decoded = decode_path(path);
        if self.profile.spelling.hrefs == HrefStyle::Double {
            return decode_path(&decoded);
        }
        decoded
    }

    /// The calendar at the request's path, with the slash it may lack.
    pub(crate) fn calendar_path(&self) -> Option<String> {
        let path = super::state::with_slash(&self.path);
        self.state.calendars.contains_key(&path).then_some(path)
    }

    /// Whether a resource is shown at all (C30).
    pub(crate) fn shown(&self, resource: &Resource) -> bool {
        let Some(back) = self.profile.reads.window_back_ms else {
            return true;
        };
        let Ok(calendar) = super::ics::read(&resource.text) else {
            return true;
        };
        let from = self.now_ms - back;
        !super::ics_time::instances(&calendar, from, i64::MAX).is_empty()
    }

    /// The members of a calendar that are shown, by name.
    pub(crate) fn members(&self, calendar: &str) -> Vec<String> {
        let Some(calendar) = self.state.calendars.get(calendar) else {
            return Vec::new();
        };
        let shown = calendar.resources.iter().filter(|(_, resource)| self.shown(resource));
        shown.map(|(name, _)| name.clone()).collect()
    }

    /// The refusal of a write that the calendar does not allow.
    pub(crate) fn forbidden(&self, calendar: &str) -> Option<Reply> {
        let held = self.state.calendars.get(calendar)?;
        let writable = held.kind == CollectionKind::Calendar && !held.read_only;
        let need = Element::new(DAV, "need-privileges").with(
            Element::new(DAV, "resource")
                .with(self.href(calendar))
                .with(Element::new(DAV, "privilege").with(Element::new(DAV, "bind"))),
        );
        (!writable).then(|| Reply::refused_with(403, need))
    }

    /// The ETag as it is given away; `None` where the server gives none.
    pub(crate) fn etag(&self, resource: &Resource) -> Option<String> {
        let raw = self.raw_etag(resource);
        match self.profile.storage.etag_shape {
            EtagShape::Strong => Some(format!("\"{raw}\"")),
            EtagShape::Weak => Some(format!("W/\"{raw}\"")),
            EtagShape::Unquoted => Some(raw),
            EtagShape::Gzip => Some(format!("\"{raw}-gzip\"")),
            EtagShape::Missing => None,
        }
    }

    fn raw_etag(&self, resource: &Resource) -> String {
        match self.profile.storage.etag {
            EtagSource::Content => {
                format!("{:016x}", hash(&[&resource.content_hash().to_le_bytes(), b"etag"]))
            }
            EtagSource::Counter => format!("gcs{:08}", resource.updates + resource.touched),
        }
    }

    /// Strong comparison of an `If-Match` value (RFC 9110 section 13.1.1).
    pub(crate) fn matches(&self, header: &str, resource: Option<&Resource>) -> bool {
        let Some(resource) = resource else {
            return false;
        };
        let raw = self.raw_etag(resource);
        let unquoted = self.profile.storage.etag_shape == EtagShape::Unquoted;
        header
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag == format!("\"{raw}\"") || (unquoted && tag == raw))
    }

    /// 412 where `If-Match` does not hold for the resource.
    pub(crate) fn precondition(&self, resource: Option<&Resource>) -> Option<Reply> {
        let tag = self.request.get("if-match")?;
        (!self.matches(tag, resource)).then(|| Reply::status(412))
    }
}

/// Percent-encodes all but unreserved octets, slashes and `kept`.
pub(crate) fn encode(path: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._/".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
