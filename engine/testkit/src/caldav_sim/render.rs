//! Writes an element tree as XML in one of several dialects (fault C10: clients must not care).

use std::borrow::Cow;

use super::xml::{CAL, CS, DAV, Element, ICAL};

/// How replies spell their XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlStyle {
    /// How namespaces are bound.
    pub prefixes: Prefixes,
    /// Long texts as CDATA sections.
    pub cdata: bool,
    /// Carriage returns as `&#13;`, as sabre/dav does.
    pub cr_entity: bool,
    /// A comment inside each element that has children.
    pub comments: bool,
    /// A document type whose nested entities expand to gigabytes; `displayname` uses them.
    pub entity_bomb: bool,
    /// One octet that is no UTF-8 in front of the first closing tag.
    pub invalid_utf8: bool,
    /// A text node of this many octets inside the root element; 0 for none.
    pub huge_text_octets: usize,
}

impl Default for XmlStyle {
    fn default() -> Self {
        Self {
            prefixes: Prefixes::Usual,
            cdata: false,
            cr_entity: false,
            comments: false,
            entity_bomb: false,
            invalid_utf8: false,
            huge_text_octets: 0,
        }
    }
}

/// How namespaces are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// `D`, `C`, `CS`, `I`, declared on the root.
    Usual,
    /// Unusual prefixes declared on the root, `C` for `DAV:` among them.
    Odd,
    /// `xmlns=` on each element, no prefix anywhere.
    DefaultNamespace,
}

/// The document as octets.
pub(crate) fn render(root: &Element, style: &XmlStyle) -> Vec<u8> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    if style.entity_bomb {
        out.push_str(&bomb());
    }
    element(&mut out, root, style, true);
    let mut bytes = out.into_bytes();
    if style.invalid_utf8 {
        let at = bytes.windows(2).position(|pair| pair == b"</").unwrap_or(bytes.len());
        bytes.splice(at..at, [0xC3, 0x28]);
    }
    bytes
}

fn bomb() -> String {
    let mut out = String::from("<!DOCTYPE bomb [<!ENTITY b0 \"boom\">");
    for level in 1..10 {
        let below = format!("&b{};", level - 1).repeat(10);
        out.push_str(&format!("<!ENTITY b{level} \"{below}\">"));
    }
    out.push_str("]>\n");
    out
}

fn element(out: &mut String, element_: &Element, style: &XmlStyle, root: bool) {
    out.push('<');
    tag_name(out, element_, style.prefixes);
    declare(out, element_, style.prefixes, root);
    for (name, value) in &element_.attrs {
        attribute(out, &[" ", name], &escape(value, false).replace('"', "&quot;"));
    }
    let bombed = style.entity_bomb && element_.is(DAV, "displayname");
    let huge = if root { style.huge_text_octets } else { 0 };
    if element_.children.is_empty() && element_.text.is_empty() && !bombed && huge == 0 {
        out.push_str("/>");
        return;
    }
    out.push('>');
    out.push_str(&"z".repeat(huge));
    if bombed {
        out.push_str("&b9;");
    }
    if style.comments && !element_.children.is_empty() {
        out.push_str("<!-- <D:href>/not/an/href</D:href> -->");
    }
    text(out, &element_.text, style);
    for child in &element_.children {
        element(out, child, style, false);
    }
    out.push_str("</");
    tag_name(out, element_, style.prefixes);
    out.push('>');
}

/// An attribute whose name comes in pieces; its value is escaped already.
fn attribute(out: &mut String, name: &[&str], value: &str) {
    name.iter().chain(&["=\"", value, "\""]).for_each(|piece| out.push_str(piece));
}

fn text(out: &mut String, text: &str, style: &XmlStyle) {
    if style.cdata && !text.is_empty() {
        out.push_str("<![CDATA[");
        out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
        out.push_str("]]>");
    } else {
        out.push_str(&escape(text, style.cr_entity));
    }
}

fn escape(text: &str, cr_entity: bool) -> Cow<'_, str> {
    let is_special = |byte| matches!(byte, b'&' | b'<' | b'>') || (cr_entity && byte == b'\r');
    if !text.bytes().any(is_special) {
        return Cow::Borrowed(text);
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Cow::Owned(if cr_entity { escaped.replace('\r', "&#13;") } else { escaped })
}

fn tag_name(out: &mut String, element: &Element, prefixes: Prefixes) {
    let prefix = match prefixes {
        Prefixes::DefaultNamespace => None,
        Prefixes::Usual => prefix_of(&element.ns, ["D", "C", "CS", "I"]),
        Prefixes::Odd => prefix_of(&element.ns, ["C", "x-1", "D", "_q"]),
    };
    if let Some(prefix) = prefix {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(&element.name);
}

fn prefix_of(ns: &str, [dav, cal, cs, ical]: [&'static str; 4]) -> Option<&'static str> {
    match ns {
        DAV => Some(dav),
        CAL => Some(cal),
        CS => Some(cs),
        ICAL => Some(ical),
        _ => None,
    }
}

fn declare(out: &mut String, element: &Element, prefixes: Prefixes, root: bool) {
    let known = match prefixes {
        Prefixes::DefaultNamespace => None,
        Prefixes::Usual => Some(["D", "C", "CS", "I"]),
        Prefixes::Odd => Some(["C", "x-1", "D", "_q"]),
    };
    if let (true, Some(names)) = (root, known) {
        for (prefix, ns) in names.iter().zip([DAV, CAL, CS, ICAL]) {
            attribute(out, &[" xmlns:", prefix], ns);
        }
    }
    let prefixed = known.is_some_and(|names| prefix_of(&element.ns, names).is_some());
    if !prefixed {
        attribute(out, &[" xmlns"], &escape(&element.ns, false));
    }
}
