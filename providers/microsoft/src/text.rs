//! HTML bodies as plain text: what is compared and mirrored.

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];
/// Elements whose content is not shown.
const HIDDEN: &[&str] = &["head", "style", "script", "title"];
/// The longest character reference that is looked for.
const REFERENCE_BYTES_MAX: usize = 12;

/// The text that a page shows, line by line; white space as a reader sees it. No part of a page is
/// looked at more than a few times, whatever stands in it.
pub(crate) fn plain(html: &str) -> String {
    read(html).out.trim().to_owned()
}

fn read(html: &str) -> Text {
    // Beyond the last end of a tag there are only lone signs.
    let mut text = Text { tags_end: html.rfind('>').map_or(0, |at| at + 1), ..Text::default() };
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.words(&rest[..at]);
        rest = &rest[at..];
        let in_tags = html.len() - rest.len() < text.tags_end;
        rest = match (rest.starts_with('<'), in_tags) {
            (true, true) => tag(rest, &mut text),
            (true, false) => lone(rest, &mut text),
            (false, _) => reference(rest, &mut text),
        };
    }
    text.words(rest);
    text
}

#[derive(Default)]
struct Text {
    out: String,
    /// White space came since the last word.
    space: bool,
    /// Where the last tag ends.
    tags_end: usize,
    /// Bytes that were looked at.
    #[cfg(test)]
    looked_at: usize,
}

impl Text {
    /// Finds something in what follows: the one way in which more is looked at than is passed.
    fn find(&mut self, rest: &str, what: impl Fn(&str) -> Option<usize>) -> Option<usize> {
        let found = what(rest);
        #[cfg(test)]
        {
            self.looked_at += found.unwrap_or(rest.len());
        }
        found
    }

    fn words(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_ascii_whitespace() {
                self.space = true;
            } else {
                self.push(c);
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.space && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push(' ');
        }
        self.space = false;
        self.out.push(c);
    }

    fn line(&mut self) {
        self.space = false;
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }
}

/// Reads one tag, and of an element that is not shown all of it; gives what follows.
fn tag<'a>(rest: &'a str, text: &mut Text) -> &'a str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        let end = text.find(comment, |rest| rest.find("-->"));
        return end.map_or("", |end| &comment[end + 3..]);
    }
    let Some(end) = text.find(rest, |rest| rest.find('>')) else { return lone(rest, text) };
    let (inside, after) = (&rest[1..end], &rest[end + 1..]);
    let bare = inside.trim_start_matches('/');
    let name: String =
        bare.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    if name == "br" {
        text.space = false;
        text.out.push('\n');
    } else if BLOCKS.contains(&name.as_str()) {
        text.line();
    } else if HIDDEN.contains(&name.as_str()) && !inside.starts_with('/') && !inside.ends_with('/')
    {
        return past_end(after, &name, text);
    }
    after
}

/// A sign that begins no tag: shown as it is.
fn lone<'a>(rest: &'a str, text: &mut Text) -> &'a str {
    text.push('<');
    &rest[1..]
}

/// What follows the end tag of an element.
fn past_end<'a>(rest: &'a str, name: &str, text: &mut Text) -> &'a str {
    let end_tag = |rest: &str| {
        let is_named = |at: &usize| {
            let found = rest.get(at + 2..at + 2 + name.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        rest.match_indices("</").map(|(at, _)| at).find(is_named)
    };
    let end = text.find(rest, end_tag).map_or("", |at| &rest[at..]);
    text.find(end, |end| end.find('>')).map_or("", |close| &end[close + 1..])
}

fn reference<'a>(rest: &'a str, text: &mut Text) -> &'a str {
    let end = rest.bytes().take(REFERENCE_BYTES_MAX).position(|byte| byte == b';');
    let Some((end, c)) = end.and_then(|end| Some((end, character(&rest[1..end])?))) else {
        text.push('&');
        return &rest[1..];
    };
    if c == '\u{a0}' {
        text.space = true;
    } else {
        text.push(c);
    }
    &rest[end + 1..]
}

fn character(name: &str) -> Option<char> {
    let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "rsquo" => '’',
        "lsquo" => '‘',
        "rdquo" => '”',
        "ldquo" => '“',
        _ => match name.strip_prefix('#') {
            Some(hex) if hex.starts_with(['x', 'X']) => number(&hex[1..], 16)?,
            Some(decimal) => number(decimal, 10)?,
            None => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_read_as_a_person_sees_it() {
        for (html, text) in [
            (
                "<html><head>\r\n<meta charset=\"utf-8\"><style>p {}</style></head><body>\r\nLunch\r\n</body></html>\r\n",
                "Lunch",
            ),
            ("<div>One</div><div>Two &amp; three</div>", "One\nTwo & three"),
            ("a<br>b<br/>\n c", "a\nb\nc"),
            ("<p>x</p>\r\n<p>&nbsp;</p>\r\n<p>y</p>", "x\ny"),
            ("1 &lt; 2 &#8211; &#x263A; &copy; & more", "1 < 2 – ☺ &copy; & more"),
            ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
            ("a <!-- not --> b<script>no()</script>", "a b"),
            ("no end <b", "no end <b"),
            ("", ""),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    /// Ten times the page is ten times the work, for every page that invites more.
    #[test]
    fn long_pages_are_read_in_the_time_of_their_length() {
        for part in [
            "<",
            "<b",
            "<style></style>",
            "<script>",
            "<!--",
            "<!-- -->",
            "&",
            "&#99999",
            "<p",
            "</script",
            "<title></",
            "a<br>",
            "<STYLE></sTyLe\n>",
        ] {
            let looked_at = |times: usize| read(&part.repeat(times)).looked_at;
            let (short, long) = (looked_at(100), looked_at(1_000));
            assert!(long <= short * 10 + 100, "{part}: {short} and then {long}");
            let bytes = part.len() * 1_000;
            assert!(long <= bytes * 2, "{part}: {long} of {bytes}");
        }
    }

    proptest! {
        #[test]
        fn no_page_panics(html in "(<[a-z/]{0,6}>?|&[#a-z0-9]{0,5};?|\\PC){0,30}") {
            let _ = plain(&html);
        }

        #[test]
        fn plain_words_stay(words in "[a-z]{1,8}( [a-z]{1,8}){0,5}") {
            prop_assert_eq!(plain(&words), words);
        }
    }
}
