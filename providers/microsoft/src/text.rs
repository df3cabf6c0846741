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

/// The text that a page shows, line by line; white space as a reader sees it.
pub(crate) fn plain(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.words(&rest[..at]);
        rest = &rest[at..];
        rest =
            if rest.starts_with('<') { tag(rest, &mut text) } else { reference(rest, &mut text) };
    }
    text.words(rest);
    text.out.trim().to_owned()
}

#[derive(Default)]
struct Text {
    out: String,
    /// White space came since the last word.
    space: bool,
}

impl Text {
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
        return comment.find("-->").map_or("", |end| &comment[end + 3..]);
    }
    let Some(end) = rest.find('>') else {
        // A lone sign: shown as it is.
        text.push('<');
        return &rest[1..];
    };
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
        return past_end(after, &name);
    }
    after
}

/// What follows the end tag of an element.
fn past_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let lower = rest.to_ascii_lowercase();
    let end = lower.find(&format!("</{name}"));
    let close = end.and_then(|at| lower[at..].find('>').map(|close| at + close + 1));
    close.map_or("", |at| &rest[at..])
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
