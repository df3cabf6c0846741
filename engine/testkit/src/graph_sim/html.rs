//! Bodies: kept as HTML that the service wraps and cleans, so that nothing comes back as it was
//! sent (3.2).

const HEAD: &str = "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n</head>\r\n<body>\r\n";
const FOOT: &str = "\r\n</body>\r\n</html>\r\n";
/// What a person's meeting program needs to find its block again.
const JOIN_MARK: &str = "<div class=\"me-email-text\">";

/// The stored form of a body.
pub(crate) fn stored(content: &str, is_html: bool) -> String {
    if is_html {
        return format!("{HEAD}{}{FOOT}", clean(inner(content)));
    }
    if content.is_empty() {
        return String::new();
    }
    let text = escape(content).replace("\r\n", "\n").replace('\n', "<br>\r\n");
    format!("{HEAD}<div class=\"PlainText\">{text}</div>{FOOT}")
}

/// The body as text, as `outlook.body-content-type="text"` shows it.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = inner(html);
    while let Some(at) = rest.find('<') {
        push_text(&mut out, &rest[..at]);
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = rest[at..end].trim_matches(['<', '>', '/']).to_ascii_lowercase();
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        if matches!(name, "br" | "p" | "div" | "li" | "tr") && !out.is_empty() {
            out.push_str("\r\n");
        }
        rest = &rest[end..];
    }
    push_text(&mut out, rest);
    out.trim().to_owned()
}

/// A body with the block that online meetings append.
pub(crate) fn with_meeting(html: &str, join_url: &str) -> String {
    if html.contains(JOIN_MARK) {
        return html.to_owned();
    }
    let body = inner(html);
    let block = format!("{JOIN_MARK}<a href=\"{join_url}\">Join the meeting now</a></div>");
    format!("{HEAD}{body}<br>\r\n{block}{FOOT}")
}

/// Whether the block of the meeting is still there: without it the meeting is dropped.
pub(crate) fn has_meeting(html: &str) -> bool {
    html.contains(JOIN_MARK)
}

/// What stands in the body element, or all of a fragment.
fn inner(html: &str) -> &str {
    let lower = html.to_ascii_lowercase();
    let from = lower.find("<body").and_then(|at| lower[at..].find('>').map(|end| at + end + 1));
    let from = from.unwrap_or_default();
    let until = lower.rfind("</body>").filter(|at| *at >= from).unwrap_or(html.len());
    html[from..until].trim_matches(['\r', '\n'])
}

/// Scripts go with what is in them; of what else a sanitiser does, quotes round attributes.
fn clean(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.to_ascii_lowercase().find("<script") {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = tail.to_ascii_lowercase().find("</script>").map(|end| end + "</script>".len());
        rest = &tail[end.unwrap_or(tail.len())..];
    }
    out.push_str(rest);
    out.replace("='", "=\"").replace("'>", "\">")
}

fn push_text(out: &mut String, text: &str) {
    let text = text.replace(['\r', '\n'], " ");
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if text.starts_with(' ') && !out.is_empty() && !out.ends_with(['\n', ' ']) && !words.is_empty()
    {
        out.push(' ');
    }
    out.push_str(&unescape(&words.join(" ")));
    if text.ends_with(' ') && !words.is_empty() {
        out.push(' ');
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::{has_meeting, stored, text, with_meeting};

    #[test]
    fn text_becomes_html_and_is_read_as_the_same_text() {
        for plain in ["Bring the slides", "a < b & c", "one\r\ntwo", "x  "] {
            let html = stored(plain, false);
            assert!(html.starts_with("<html><head>"), "{html}");
            assert_eq!(text(&html), plain.trim());
        }
        assert_eq!(stored("", false), "");
    }

    #[test]
    fn html_is_wrapped_once_and_loses_its_scripts() {
        let html = stored("<p class='a'>Hi <b>you</b></p><script>x()</script>", true);
        assert!(!html.contains("script"), "{html}");
        assert!(html.contains("class=\"a\""), "{html}");
        assert_eq!(stored(&html, true), html);
        assert_eq!(text(&html), "Hi you");
    }

    #[test]
    fn a_meeting_appends_its_block_once() {
        let html = with_meeting(&stored("Agenda", false), "https://teams.example/1");
        assert!(has_meeting(&html));
        assert_eq!(with_meeting(&html, "https://teams.example/1"), html);
        assert!(text(&html).starts_with("Agenda"));
    }
}
