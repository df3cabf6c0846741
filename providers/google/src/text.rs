//! Descriptions, which are HTML at Google wherever somebody formatted one.
//!
//! A text with a tag that Google's editor makes is read as HTML, and so is one with an entity that it
//! makes of `&`, `<` and `>`; any other is taken as it stands. A plain text that would be taken for HTML
//! is written as HTML that says it.

/// Tags that Google's editor makes; nothing else makes a text HTML.
const TAGS: &[&str] = &[
    "a",
    "b",
    "br",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "html-blob",
    "i",
    "li",
    "ol",
    "p",
    "span",
    "strong",
    "u",
    "ul",
];

/// What a description says as plain text.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    if !is_html(&text) {
        return without_controls(&text);
    }
    let mut page = Page::default();
    let mut rest = text.as_str();
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '<' => page.tag(rest),
            '&' => page.entity(rest),
            other => {
                page.out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    without_controls(&page.out)
}

/// The description that reads back as this text.
pub(crate) fn written(text: &str) -> String {
    if !is_html(text) {
        return text.to_owned();
    }
    let mut out = String::from("<span>");
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' => out.push_str("<br>"),
            other => out.push(other),
        }
    }
    out.push_str("</span>");
    out
}

fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn is_html(text: &str) -> bool {
    has_tag(text) || text.match_indices('&').any(|(at, _)| named(&text[at..]).is_some())
}

fn has_tag(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if tag(rest).is_some_and(|tag| TAGS.contains(&tag.name.as_str())) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// A tag at the beginning of a text.
struct Tag<'a> {
    name: String,
    closes: bool,
    attributes: &'a str,
    len: usize,
}

fn tag(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    let end = inner.find(['>', '<']).filter(|at| inner[*at..].starts_with('>'))?;
    let inside = &inner[..end];
    let (closes, inside) = inside.strip_prefix('/').map_or((false, inside), |rest| (true, rest));
    let name_end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let (name, attributes) = inside.split_at(name_end.unwrap_or(inside.len()));
    let follows = attributes.is_empty() || attributes.starts_with([' ', '/', '\n']);
    let name = name.to_ascii_lowercase();
    (!name.is_empty() && follows).then_some(Tag { name, closes, attributes, len: end + 2 })
}

#[derive(Default)]
struct Page {
    out: String,
    /// Where the text of a link began, and where it leads.
    link: Option<(usize, String)>,
}

impl Page {
    /// Takes what begins with `<`, and says how much.
    fn tag(&mut self, text: &str) -> usize {
        let Some(tag) = tag(text) else {
            self.out.push('<');
            return 1;
        };
        match (tag.name.as_str(), tag.closes) {
            ("br", _) => self.out.push('\n'),
            ("p" | "div" | "li" | "ul" | "ol" | "h1" | "h2" | "h3", true) => self.line(),
            ("ul" | "ol", false) => self.line(),
            ("li", false) => {
                self.line();
                self.out.push_str("- ");
            }
            ("a", false) => self.link = Some((self.out.len(), href(tag.attributes))),
            ("a", true) => self.close_link(),
            _ => {}
        }
        tag.len
    }

    /// Ends the line, if one has begun.
    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn close_link(&mut self) {
        let Some((start, place)) = self.link.take() else {
            return;
        };
        if !place.is_empty() && self.out.get(start..).is_some_and(|text| !text.contains(&place)) {
            self.out.push_str(&format!(" ({place})"));
        }
    }

    /// Takes what begins with `&`, and says how much.
    fn entity(&mut self, text: &str) -> usize {
        let (letter, len) = named(text).unwrap_or(('&', 1));
        self.out.push(letter);
        len
    }
}

/// The letter that an entity at the beginning of a text stands for, and how long its name is.
fn named(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    Some((entity(&text[1..end])?, end + 1))
}

fn href(attributes: &str) -> String {
    let value = attributes.split_once("href=").map_or("", |(_, rest)| rest);
    let inside = |quote: char| value.strip_prefix(quote)?.split(quote).next();
    let place = inside('"').or_else(|| inside('\'')).unwrap_or_default();
    place.replace("&amp;", "&")
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = match hex {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn html_reads_as_what_people_see() {
        for (html, text) in [
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<p>One &amp; <b>two</b></p><p>three</p>", "One & two\nthree\n"),
            ("<ul><li>x</li><li>y</li></ul>", "- x\n- y\n"),
            ("<a href=\"https://h/?a=1&amp;b\">here</a>", "here (https://h/?a=1&b)"),
            ("<a href='https://h/'>https://h/</a>", "https://h/"),
            ("<html-blob>a&nbsp;&#39;b&#x27;</html-blob>", "a 'b'"),
            ("R&amp;D\n1 &lt; 2", "R&D\n1 < 2"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn a_plain_text_stays_as_it_is() {
        for text in ["a < b & c > d", "R&D; &c;", "<foo>", "mail <a@b.c>", "3 <b", "<", "&#;"] {
            assert_eq!(plain(text), text);
            assert_eq!(written(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in "([a-z<>&;/# \n]|<b>|<br>|</p>|&amp;|<a href=\"x\">){0,20}") {
            prop_assert_eq!(plain(&written(&text)), text);
        }

        #[test]
        fn any_text_reads_as_something(text in "\\PC{0,40}") {
            let _ = plain(&text);
            let _ = plain(&format!("<b>{text}"));
        }
    }
}
