//! What a browser is shown on the way: text and one button, and nothing from elsewhere.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::view::AskView;

/// The form goes on to the provider, wherever that is.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action *; \
    frame-ancestors 'none'; base-uri 'none'";

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    title: String,
    user: &'a str,
    name: &'a str,
    provider: &'a str,
    asks: &'a [AskView],
    token: &'a str,
}

#[derive(Template)]
#[template(path = "sign_in_ended.html")]
struct Ended<'a> {
    title: &'a str,
    text: &'a str,
}

/// What is asked for, and the button that goes on.
pub(super) fn consent(
    (user, name): (&str, &str),
    (provider, asks): (&str, &[AskView]),
    token: &str,
) -> Response {
    let title = format!("Connect {provider}");
    page(StatusCode::OK, &Consent { title, user, name, provider, asks, token })
}

/// How it ended.
pub(super) fn ended(status: StatusCode, title: &str, text: &str) -> Response {
    page(status, &Ended { title, text })
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    let mut response = match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be written.\n").into_response()
        }
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a name that is read as a part of the page.
    #[test]
    fn what_others_wrote_is_text() {
        let text = Ended { title: "<b>", text: "<a href='x'>&\"" }.render().unwrap();
        assert!(!text.contains("<b>") && !text.contains("<a href"), "{text}");
    }
}
