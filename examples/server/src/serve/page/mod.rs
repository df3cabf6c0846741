//! A page for people: what there is, how it is, and what waits for their word.
//!
//! It is written on the server, and shows what the commands say. A browser is signed in by a link that
//! is good once, which `serve` prints, or by a key. Whatever changes something bears a token of the
//! sign-in, so that no other page can send it.

mod deeds;
mod looks;
mod model;
mod session;
mod sign_in;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::state::Server;

pub(super) use session::invite;

/// Nothing from elsewhere, and nobody else's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The addresses of the page.
pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/page", get(looks::home))
        .route("/page/status", get(looks::status))
        .route("/page/plan", get(looks::plan))
        .route("/page/events/{event}", get(looks::event))
        .route("/page/sign-in", get(sign_in::form).post(sign_in::by_key))
        .route("/page/enter/{ticket}", get(sign_in::offer).post(sign_in::by_link))
        .route("/page/sign-out", post(sign_in::out))
        .route("/page/sync", post(deeds::sync))
        .route("/page/edges", post(deeds::edge))
        .route("/page/undo", post(deeds::undo))
        .route("/page/held", post(deeds::judge))
        .route("/page/parked", post(deeds::retry))
        .route("/page/accounts", post(deeds::add_account))
        .route("/page/connect", post(deeds::connect))
        .route("/page/style.css", get(style))
        .route("/page/htmx.js", get(script))
        .layer(from_fn(own_forms))
        .layer(map_response(bounded))
}

/// Turns away what a page from elsewhere sends, as browsers tell it.
async fn own_forms(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if request.method() == Method::POST && matches!(from, Some("cross-site" | "same-site")) {
        return deeds::foreign();
    }
    next.run(request).await
}

async fn bounded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert(header::CONTENT_SECURITY_POLICY, fixed(POLICY));
    headers.insert(header::REFERRER_POLICY, fixed("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, fixed("DENY"));
    response
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("../../../assets/style.css")).into_response()
}

async fn script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("../../../assets/htmx.min.js")).into_response()
}
