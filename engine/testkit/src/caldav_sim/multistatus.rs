//! Builds `multistatus` replies (RFC 4918 section 13).

use super::context::Cx;
use super::properties::{self, Target};
use super::xml::{DAV, Element, Name};

/// Which properties a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// These.
    Named(Vec<Name>),
    /// `allprop`: what RFC 4918 defines.
    All,
    /// `propname`: names only.
    Names,
}

impl Wanted {
    /// Reads the `prop`, `allprop` or `propname` child; an empty request means `allprop`.
    pub(crate) fn read(request: Option<&Element>) -> Self {
        let Some(request) = request else {
            return Self::All;
        };
        if request.child(DAV, "propname").is_some() {
            return Self::Names;
        }
        match request.child(DAV, "prop") {
            Some(prop) => Self::Named(prop.children.iter().map(Element::qname).collect()),
            None => Self::All,
        }
    }
}

pub(crate) fn status_line(status: u16) -> Element {
    let reason = match status {
        200 => "OK",
        403 => "Forbidden",
        404 => "Not Found",
        507 => "Insufficient Storage",
        _ => "Status",
    };
    Element::new(DAV, "status").text(&format!("HTTP/1.1 {status} {reason}"))
}

/// A response with a status for the whole resource.
pub(crate) fn gone(cx: &Cx<'_>, path: &str, status: u16) -> Element {
    Element::new(DAV, "response").with(cx.href(path)).with(status_line(status))
}

/// A response with propstats. `data` allows `calendar-data`, which only reports give.
pub(crate) fn found(cx: &Cx<'_>, target: &Target, wanted: &Wanted, data: bool) -> Element {
    let mut present = Vec::new();
    let mut missing = Vec::new();
    let names = match wanted {
        Wanted::Named(names) => names.clone(),
        Wanted::All | Wanted::Names => properties::usual(),
    };
    let spelling = &cx.profile.spelling;
    for name in names {
        let hidden = spelling.etag_propstat_missing && (&*name.0, &*name.1) == (DAV, "getetag");
        match properties::value(cx, target, &name, data).filter(|_| !hidden) {
            Some(_) if *wanted == Wanted::Names => present.push(Element::named(&name)),
            Some(value) => present.push(value),
            None => missing.push(Element::named(&name)),
        }
    }
    if spelling.unknown_properties {
        let odd = Element::new("http://odd.example/ns/", "shape")
            .with(Element::new("http://odd.example/ns/", "href").text("/not/an/href"));
        present.insert(0, odd);
        present.push(Element::new(DAV, "never-heard-of").text("1"));
    }
    let mut response = Element::new(DAV, "response").with(cx.href(&target.path()));
    if !present.is_empty() || missing.is_empty() {
        response = response.with(propstat(present, 200));
    }
    if !missing.is_empty() && matches!(wanted, Wanted::Named(_)) {
        response = response.with(propstat(missing, 404));
    }
    response
}

pub(crate) fn propstat(properties: Vec<Element>, status: u16) -> Element {
    Element::new(DAV, "propstat")
        .with(Element::new(DAV, "prop").with_all(properties))
        .with(status_line(status))
}

/// The whole document; a listing whose last member vanished says so. What stands in it of an object
/// without its text is a listing.
pub(crate) fn document(cx: &Cx<'_>, mut responses: Vec<Element>) -> Element {
    if cx.profile.spelling.members_hidden {
        responses.retain(|response| response.child(DAV, "href").is_none_or(is_collection));
    }
    if cx.profile.spelling.last_member_gone
        && let Some(last) = responses.pop()
    {
        let href = last.child(DAV, "href").cloned().unwrap_or_default();
        responses.push(Element::new(DAV, "response").with(href).with(status_line(404)));
    }
    Element::new(DAV, "multistatus").with_all(responses)
}

fn is_collection(href: &Element) -> bool {
    href.text.trim_end().ends_with('/')
}
