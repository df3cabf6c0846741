//! A page for people: what there is, how it is, and what waits for their word.
//!
//! It is written on the server, and shows what the commands say. A browser is signed in by a link that
//! is good once, which `serve` prints on a terminal, or by a key. Whatever changes something bears a token of the
//! sign-in, so that no other page can send it.

mod aside;
mod deeds;
mod edge;
mod event;
mod grid;
mod live;
mod looks;
mod manage;
mod matrix;
mod model;
mod parts;
mod runs;
mod session;
mod sign_in;
mod status;
mod time;
mod week;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use super::browser::is_own_form;
use super::state::Server;

pub(crate) use session::invite;

/// Nothing from elsewhere, and nobody else's frame. Forms go on to where sign-ins begin, which may
/// have another name of this machine.
fn policy(server: &Server) -> String {
    let begins = ["localhost", "127.0.0.1"].map(|host| server.doors.base(host)).join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self' {begins}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The addresses of the page.
pub(super) fn router(server: &Server) -> Router<Server> {
    Router::new()
        .route("/page", get(looks::home))
        .route("/page/live", get(live::live))
        .route("/page/parts", get(parts::parts))
        .route("/page/plan", get(looks::plan))
        .route("/page/events/{event}", get(event::show))
        .route("/page/sign-in", get(sign_in::form).post(sign_in::by_key))
        .route("/page/enter/{ticket}", get(sign_in::offer).post(sign_in::by_link))
        .route("/page/sign-out", post(sign_in::out))
        .route("/page/sync", post(deeds::sync))
        .route("/page/edges", post(deeds::edge))
        .route("/page/edges/{edge}", get(edge::show).post(edge::change))
        .route("/page/runs", get(runs::older))
        .route("/page/undo", post(deeds::undo))
        .route("/page/held", post(deeds::judge))
        .route("/page/parked", post(deeds::retry))
        .route("/page/accounts", get(manage::show).post(deeds::add_account))
        .route("/page/accounts/remove", post(manage::remove))
        .route("/page/calendars", post(manage::scope))
        .route("/page/calendars/replace", post(manage::replace))
        .route("/page/feeds", post(manage::add_feed))
        .route("/page/feeds/remove", post(manage::end_feed))
        .route("/page/erasure/call-off", post(deeds::call_off))
        .route("/page/connect", post(deeds::connect))
        .route("/page/reconnect", post(deeds::reconnect))
        .merge(time::router())
        .route("/page/style.css", get(style))
        .route("/page/icon.svg", get(icon))
        .route("/favicon.ico", get(icon))
        .route("/page/{*nowhere}", any(looks::nowhere))
        .route("/page/htmx.js", get(async || script(include_str!("../../../assets/htmx.min.js"))))
        .route("/page/live.js", get(async || script(include_str!("../../../assets/live.js"))))
        .layer(from_fn_with_state(server.clone(), own_forms))
        .layer(map_response_with_state(server.clone(), bounded))
}

/// Turns away what a page from elsewhere sends, as browsers tell it.
async fn own_forms(State(server): State<Server>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !is_own_form(request.headers(), &server.doors) {
        return deeds::foreign();
    }
    next.run(request).await
}

async fn bounded(State(server): State<Server>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    // The public address was read as one, so that it is text of a header.
    let policy = HeaderValue::from_str(&policy(&server));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        policy.unwrap_or(fixed("default-src 'none'; frame-ancestors 'none'")),
    );
    // With none at all, browsers keep from us that our own forms are ours.
    headers.insert(header::REFERRER_POLICY, fixed("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, fixed("DENY"));
    response
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, format!("{}{}", include_str!("../../../assets/style.css"), grid::rules()))
        .into_response()
}

/// What browsers show beside the page's name, and ask for by themselves.
async fn icon() -> Response {
    let kind = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (kind, include_str!("../../../assets/icon.svg")).into_response()
}

fn script(text: &'static str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, text).into_response()
}
