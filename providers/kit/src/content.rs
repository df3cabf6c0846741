//! What kind of body an answer has.

use kalends_core::ports::HttpHead;

/// The media type in lower case, without parameters; empty where none is said.
#[must_use]
pub fn media_type(head: &HttpHead) -> String {
    let value = head.header("content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether it may be XML: said so, or nothing said.
#[must_use]
pub fn is_xml(head: &HttpHead) -> bool {
    let kind = media_type(head);
    kind.is_empty() || (kind.contains("xml") && !kind.contains("html"))
}

/// Whether it says it is iCalendar.
#[must_use]
pub fn is_calendar(head: &HttpHead) -> bool {
    media_type(head) == "text/calendar"
}

/// Whether it is a web page, by its type or by how it begins: a login page, mostly.
#[must_use]
pub fn is_web_page(head: &HttpHead, body: &[u8]) -> bool {
    if media_type(head).contains("html") {
        return true;
    }
    let start = body.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(body.len());
    let begins: Vec<u8> = body[start..].iter().take(14).map(u8::to_ascii_lowercase).collect();
    begins.starts_with(b"<!doctype html") || begins.starts_with(b"<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(kind: &str) -> HttpHead {
        HttpHead { status: 200, headers: vec![("content-type".into(), kind.into())] }
    }

    #[test]
    fn kinds_are_told_apart() {
        assert!(is_xml(&head("Application/XML; charset=utf-8")));
        assert!(is_xml(&HttpHead { status: 207, headers: vec![] }));
        assert!(!is_xml(&head("text/html")));
        assert!(!is_xml(&head("application/xhtml+xml")));
        assert!(is_calendar(&head("text/calendar;charset=utf-8;charset=utf-8")));
        assert!(is_web_page(&head("text/html"), b""));
        assert!(is_web_page(&head("text/calendar"), b" \n<!DOCTYPE HTML><html>"));
        assert!(!is_web_page(&head("text/calendar"), b"BEGIN:VCALENDAR"));
    }
}
