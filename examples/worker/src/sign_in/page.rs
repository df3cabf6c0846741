//! What a browser is shown on the way: text and one button, and nothing from elsewhere.

use worker::{Headers, Response, Url};

use crate::problem::Problem;
use crate::services::{Service, means};

/// The form goes on to the provider, wherever that is.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action *; \
    frame-ancestors 'none'; base-uri 'none'";
const STYLE: &str = "body{font:1rem/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}\
    button{font:inherit;padding:.5rem 1rem}";

/// What is asked for, and the button that goes on.
pub(super) fn consent(
    user: &str,
    name: &str,
    service: &Service,
    token: &str,
) -> Result<Response, Problem> {
    let scopes = service.client.scopes.iter();
    let asks: String = scopes.map(|scope| format!("<li>{}</li>", means(scope))).collect();
    let (user, name, at) = (escaped(user), escaped(name), service.name);
    let text = format!(
        "<p>The calendars of <b>{user}</b> are kept here. Go on, and an account of yours at {at} joins \
         them as <b>{name}</b>. Kalends asks {at} to let it:</p><ul>{asks}</ul>\
         <form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <button>Go on to {at}</button></form><p>If you are not {user}, close this window.</p>"
    );
    page(200, &format!("Connect {at}"), &text)
}

/// How it ended.
pub(super) fn ended(status: u16, title: &str, text: &str) -> Result<Response, Problem> {
    page(status, title, &format!("<p>{}</p>", escaped(text)))
}

pub(super) fn not_agreed() -> Result<Response, Problem> {
    let text = "Open the address that you were given, and go on from there.";
    ended(403, "Nothing was agreed to", text)
}

pub(super) fn over() -> Result<Response, Problem> {
    let text = "This address is good once, in one browser, for ten minutes. Begin again.";
    ended(410, "This sign-in is over", text)
}

/// Sends the browser to the provider.
pub(super) fn sent_to(address: &str) -> Result<Response, Problem> {
    let headers = Headers::new();
    headers.set("location", address)?;
    headers.set("referrer-policy", "no-referrer")?;
    Ok(Response::empty()?.with_status(303).with_headers(headers))
}

/// Sends the browser to where it was asked for: an address of the list.
pub(super) fn sent_back(back: &str, name: &str, value: &str) -> Result<Response, Problem> {
    let mut url = Url::parse(back).map_err(worker::Error::from)?;
    url.query_pairs_mut().append_pair(name, value);
    sent_to(url.as_str())
}

fn page(status: u16, title: &str, text: &str) -> Result<Response, Problem> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style>\
         <main><h1>{title}</h1>{text}</main></html>"
    );
    let headers = Headers::new();
    headers.set("content-type", "text/html; charset=utf-8")?;
    headers.set("content-security-policy", POLICY)?;
    // The address holds a ticket.
    headers.set("referrer-policy", "same-origin")?;
    headers.set("cache-control", "no-store")?;
    Ok(Response::from_bytes(html.into_bytes())?.with_status(status).with_headers(headers))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}
