//! What a server sends as markup, and what it names its things.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::provider::{Done, FailureClass, Listing, ObjectName, Output, ProviderOp};

mod common;
use common::*;

#[test]
fn hostile_xml_is_refused() {
    let bomb = "<!DOCTYPE m [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;\">]>\
                <m xmlns=\"DAV:\"><response><href>&b;</href></response></m>";
    let deep = format!("<multistatus xmlns=\"DAV:\">{}", "<a>".repeat(100_000));
    let other = "<other xmlns=\"DAV:\"/>";
    for body in [bomb, &deep, other, "", "\u{0}", "<multistatus xmlns=\"DAV:\">"] {
        for listing in [Listing::Names, Listing::Since("t".into())] {
            let heard = run(&known(), &list(listing), 1_000, |_| xml(207, body));
            assert_eq!(heard.failure().class, FailureClass::Protocol);
            assert!(heard.outputs.is_empty());
        }
    }
}

/// Catches markup in what a server names its things, that is markup in what it is sent: another request
/// than was meant would be made with somebody's password.
#[test]
fn markup_in_a_token_or_a_name_stays_text() {
    let token =
        "1</sync-token></sync-collection><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///\">]>&y;'\"";
    let place = "/c/work/a&b</href><href>/c/other/x.ics";
    let text = |text: &str| {
        let pairs =
            [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&apos;")];
        pairs.iter().fold(text.to_owned(), |text, (plain, safe)| text.replace(plain, safe))
    };
    let shown = SYNC
        .replace("http://sabre.io/ns/sync/12", &text(token))
        .replace("/c/work/locked.ics", &text(place));
    let mut sent = Vec::new();
    let mut ask = |op: &ProviderOp| {
        run(&known(), op, 64, |request| {
            sent.push(String::from_utf8(request.body.clone()).unwrap());
            xml(207, &shown)
        })
    };
    let heard = ask(&since("t1"));
    let Done::Listed(listed) = &heard.done else { panic!("{:?}", heard.done) };
    assert_eq!(listed.token.as_deref(), Some(token), "as the server means it");
    let names = heard.outputs.iter().filter_map(|output| match output {
        Output::Name { id, .. } => Some(id.clone()),
        _ => None,
    });
    let named = names.filter(|id| id.0.starts_with("/c/work/a")).collect::<Vec<_>>();
    assert_eq!(named.len(), 1, "{:?}", heard.outputs);
    ask(&since(token));
    let names = vec![ObjectName::Known(named[0].clone())];
    ask(&ProviderOp::Fetch { calendar: calendar(), names });
    for body in &sent {
        let count = |tag: &str| body.matches(tag).count();
        assert!(count("<!") == 0 && count("&y;") == 0 && count("/c/other/x") <= 1, "{body}");
        let (tokens, hrefs) = (count("sync-token>"), count("href>"));
        assert!(tokens <= 2 && hrefs <= 2, "{body}");
    }
    assert!(sent.iter().any(|body| body.contains("&lt;/sync-token&gt;")), "{sent:?}");
    let fetched = sent.iter().rfind(|body| body.contains("multiget")).unwrap();
    assert!(fetched.contains("/c/work/a") && fetched.contains("/c/other/x"), "{fetched}");
}
