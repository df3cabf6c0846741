//! What a browser is shown on the way: text and one button, and nothing from elsewhere.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::view::AskView;

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;\
    padding:0 1rem;color-scheme:light dark}button{font:inherit;padding:.5rem 1rem}";
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action *; \
    frame-ancestors 'none'; base-uri 'none'";

/// What is asked for, and the button that goes on.
pub(super) fn consent(
    (user, name): (&str, &str),
    (provider, asks): (&str, &[AskView]),
    token: &str,
) -> Response {
    let items: String =
        asks.iter().map(|ask| format!("<li>{}</li>", escaped(&ask.means))).collect();
    let (user, name, provider) = (escaped(user), escaped(name), escaped(provider));
    let body = format!(
        "<h1>Connect {provider}</h1>\
         <p>Your calendars become part of the calendars of <strong>{user}</strong> on this server, \
         as the account <strong>{name}</strong>. Go on only if that is you, or somebody you \
         trust.</p><p>{provider} will ask whether this server may:</p><ul>{items}</ul>\
         <p>You can take that back at any time: remove the account here, or end it at {provider}.\
         </p><form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"{token}\"><button>Go on to {provider}</button></form>"
    );
    page(StatusCode::OK, "Connect a calendar", &body)
}

/// How it ended.
pub(super) fn ended(status: StatusCode, title: &str, text: &str) -> Response {
    let body = format!("<h1>{}</h1><p>{}</p>", escaped(title), escaped(text));
    page(status, title, &body)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title>\
         <style>{STYLE}</style><main>{body}</main></html>",
        escaped(title)
    );
    let mut response = (status, Html(text)).into_response();
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // The address holds a ticket. With none at all, browsers keep from us that our own form is
        // ours.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text() {
        assert_eq!(escaped("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    }
}
