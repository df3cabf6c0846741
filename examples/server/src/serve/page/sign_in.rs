//! Signing a browser in to the page, by a link that is good once or by a key.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use serde::Deserialize;

use super::super::key::{KeyText, Scope};
use super::super::sign_in::Ticket;
use super::super::state::Server;
use super::looks::rendered;
use super::session::{COOKIE, Entry, LASTS_MS, Visitor, cookie};
use crate::error::CliError;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    /// Whether a link brought the browser here.
    by_link: bool,
    problem: &'a str,
}

#[derive(Deserialize)]
pub(super) struct KeyForm {
    key: String,
}

pub(super) async fn form() -> Response {
    shown(StatusCode::OK, false, "")
}

/// Looking takes the link not: programs look at addresses before people do.
pub(super) async fn offer(State(server): State<Server>, Path(ticket): Path<String>) -> Response {
    let now = SystemClock.now();
    match server.registry.has_link(&Ticket::offered(&ticket), now) {
        Ok(true) => shown(StatusCode::OK, true, ""),
        Ok(false) => over(),
        Err(error) => shown(StatusCode::INTERNAL_SERVER_ERROR, false, &error.message),
    }
}

pub(super) async fn by_link(State(server): State<Server>, Path(ticket): Path<String>) -> Response {
    match server.registry.take_link(&Ticket::offered(&ticket), SystemClock.now()) {
        Ok(Some(user)) => entered(&server, &user, None),
        Ok(None) => over(),
        Err(error) => shown(StatusCode::INTERNAL_SERVER_ERROR, false, &error.message),
    }
}

pub(super) async fn by_key(
    State(server): State<Server>,
    Form(KeyForm { key }): Form<KeyForm>,
) -> Response {
    let found = server.registry.find_key(&KeyText::offered(key.trim()).hash());
    // Whoever has a key is not kept out by those who guess.
    let who = match &found {
        Ok(Some((key, _))) => key.id.as_str(),
        Ok(None) | Err(_) => "page/sign-in",
    };
    if let Some(wait_s) = server.limits.wait_s(who) {
        server.metrics.limited();
        return super::deeds::too_many(wait_s);
    }
    match found {
        // Whoever is signed in may do everything, so the key must allow it.
        Ok(Some((key, user)))
            if [Scope::Read, Scope::Write].iter().all(|scope| key.scopes.contains(scope)) =>
        {
            entered(&server, &user.name, Some(&key.id))
        }
        Ok(_) => shown(
            StatusCode::UNAUTHORIZED,
            false,
            "That is no key of this server that may change things.",
        ),
        Err(error) => shown(StatusCode::INTERNAL_SERVER_ERROR, false, &error.message),
    }
}

pub(super) async fn out(
    State(server): State<Server>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<super::deeds::Bare>,
) -> Response {
    if !visitor.made(&form.token) {
        return super::deeds::foreign();
    }
    if let Some(ticket) = cookie(&headers)
        && let Err(error) = server.registry.close_page(&Ticket::offered(ticket))
    {
        return shown(StatusCode::INTERNAL_SERVER_ERROR, false, &error.message);
    }
    Redirect::to("/page/sign-in").into_response()
}

fn entered(server: &Server, user: &str, key: Option<&str>) -> Response {
    match enter(server, &Entry { user, key, is_link: false }) {
        Ok(response) => response,
        Err(error) => shown(StatusCode::INTERNAL_SERVER_ERROR, false, &error.message),
    }
}

fn enter(server: &Server, entry: &Entry<'_>) -> Result<Response, CliError> {
    let ticket = Ticket::draw()?;
    let until = SystemClock.now().saturating_add_millis(LASTS_MS);
    server.registry.open_page(&ticket, entry, until)?;
    let secure = if server.doors.is_encrypted() { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path=/page; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        ticket.expose(),
        LASTS_MS / 1_000
    );
    let cookie =
        HeaderValue::from_str(&cookie).map_err(|error| CliError::failed("cookie", &error))?;
    let mut response = Redirect::to("/page").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

fn over() -> Response {
    shown(
        StatusCode::GONE,
        false,
        "That link was used, or its time is over: `kalends user link` makes another.",
    )
}

fn shown(status: StatusCode, by_link: bool, problem: &str) -> Response {
    match rendered(Ok(SignInPage { by_link, problem })) {
        page if page.status() == StatusCode::OK => (status, page).into_response(),
        failed => failed,
    }
}
