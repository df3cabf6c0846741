//! A browser that signs in: it is shown what is asked for, sent to the provider, and comes back.

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use kalends::core::ports::Clock as _;
use kalends_tokio::{
    Grant, OauthAttempt, Secret, SignIn, SignInError, SystemClock, ask_for_tokens,
};
use serde::Deserialize;
use url::Url;

use super::super::actor::Actor;
use super::super::browser::{cookie, is_own_form, is_same};
use super::super::problem::Problem;
use super::super::state::Server;
use super::begin::service;
use super::page;
use super::rows::{ConsentRow, SignInRow};
use super::ticket::Ticket;
use crate::commands::{account_add, account_sign_in};
use crate::data::Data;
use crate::error::CliError;
use crate::failpoint::Passing;
use crate::limited;
use crate::sign_in::Service;

/// The cookie that ties a sign-in to a browser.
const COOKIE: &str = "kalends-sign-in";
/// The cookie of a browser that was shown what is asked for.
const SHOWN: &str = "kalends-sign-in-shown";

/// What the page's form sends.
#[derive(Deserialize)]
struct Consent {
    token: String,
}

/// The addresses that browsers visit.
pub(in crate::serve) fn router() -> Router<Server> {
    Router::new()
        .route("/sign-in/callback", get(back))
        .route("/sign-in/{ticket}", get(look).post(go_on))
}

/// What is asked for. Looking takes nothing up: programs look at addresses before people do.
async fn look(State(server): State<Server>, Path(ticket): Path<String>) -> Response {
    match offered(&server, &Ticket::offered(&ticket)) {
        Ok((row, service)) => {
            shown(&server, &ticket, (&row, &service)).unwrap_or_else(|error| failed(&error))
        }
        Err(response) => *response,
    }
}

/// The page, with a cookie and a form that go together: whoever only has the address cannot send
/// somebody else's browser past it.
fn shown(
    server: &Server,
    ticket: &str,
    (row, service): (&SignInRow, &Service),
) -> Result<Response, CliError> {
    let seen = Ticket::draw()?;
    let asks = limited::asks(&service.client.scopes);
    let what = (provider(&row.kind), asks.as_slice());
    let mut response = page::consent((&row.user, &row.name), what, &seen.form(ticket));
    let secure = if server.doors.is_encrypted() { "; Secure" } else { "" };
    let cookie = format!(
        "{SHOWN}={}; Path=/sign-in/{ticket}; Max-Age=600; HttpOnly; SameSite=Strict{secure}",
        seen.expose()
    );
    set_cookie(&mut response, &cookie)?;
    Ok(response)
}

fn set_cookie(response: &mut Response, cookie: &str) -> Result<(), CliError> {
    let cookie =
        HeaderValue::from_str(cookie).map_err(|error| CliError::failed("cookie", &error))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

/// Ties the sign-in to this browser, and sends it to the provider.
async fn go_on(
    State(server): State<Server>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Consent>, FormRejection>,
) -> Response {
    let seen = cookie(&headers, SHOWN).map(Ticket::offered);
    let is_agreed = seen.zip(form.ok()).is_some_and(|(seen, Form(Consent { token }))| {
        is_same(&seen.form(&ticket), &token) && is_own_form(&headers, &server.doors)
    });
    if !is_agreed {
        return unseen();
    }
    let ticket = Ticket::offered(&ticket);
    match offered(&server, &ticket) {
        Ok((row, service)) => match sent_on(&server, &ticket, (&row, &service)).await {
            Ok(response) => response,
            Err(error) => failed(&error),
        },
        Err(response) => *response,
    }
}

fn offered(server: &Server, ticket: &Ticket) -> Result<(SignInRow, Service), Box<Response>> {
    let row = server.registry.offered_sign_in(ticket, SystemClock.now());
    let row = row.map_err(|error| Box::new(failed(&error)))?;
    let row = row.ok_or_else(|| Box::new(over()))?;
    let service = service(&row.kind, row.write).map_err(|error| Box::new(failed(&error)))?;
    Ok((row, service))
}

async fn sent_on(
    server: &Server,
    ticket: &Ticket,
    (row, service): (&SignInRow, &Service),
) -> Result<Response, CliError> {
    let browser = Ticket::draw()?;
    let now = SystemClock.now();
    if !server.registry.tie_sign_in(ticket, &browser, now)? {
        return Ok(over());
    }
    let scopes = service.client.scopes.join(" ");
    let consent = ConsentRow { kind: row.kind.clone(), name: row.name.clone(), scopes, at: now };
    server.registry.keep_consent(&row.user, &consent)?;
    let data = of_user(server, row).await?;
    let (hint, claims) = account_sign_in::expected(&data, service, &row.name).await?;
    let attempt = attempt(server, service, &browser);
    let address = attempt.address(&service.client, hint.as_deref(), claims.as_deref());
    let mut response = Redirect::to(&address).into_response();
    let secure = if server.doors.is_encrypted() { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path=/sign-in/callback; Max-Age=600; HttpOnly; SameSite=Lax{secure}",
        browser.expose()
    );
    set_cookie(&mut response, &cookie)?;
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// What the provider sends the browser back with, good once and in this browser alone.
async fn back(
    State(server): State<Server>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(browser) = cookie(&headers, COOKIE).map(Ticket::offered) else { return over() };
    let row = match server.registry.take_sign_in(&browser, SystemClock.now()) {
        Ok(Some(row)) => row,
        Ok(None) => return over(),
        Err(error) => return failed(&error),
    };
    let added = added(&server, &row, &browser, &query.unwrap_or_default()).await;
    let mut response = match (&row.back, added) {
        (Some(back), Ok(())) => sent_back(back, "account", &row.name),
        (Some(back), Err(error)) => sent_back(back, "error", &error.code),
        (None, Ok(())) => {
            let text = format!("The account {} is connected. You can close this window.", row.name);
            page::ended(StatusCode::OK, "Connected", &text)
        }
        (None, Err(error)) => failed(&error),
    };
    let ended = format!("{COOKIE}=; Path=/sign-in/callback; Max-Age=0; HttpOnly; SameSite=Lax");
    set_cookie(&mut response, &ended).map_or_else(|error| failed(&error), |()| response)
}

async fn added(
    server: &Server,
    row: &SignInRow,
    browser: &Ticket,
    query: &str,
) -> Result<(), CliError> {
    let service = service(&row.kind, row.write)?;
    let attempt = attempt(server, &service, browser);
    let code = attempt.code(query).map_err(|error| refused(&error))?;
    let data = of_user(server, row).await?;
    let http = Passing(data.http()?);
    let tokens = ask_for_tokens(&http, service.client.redeem(&attempt, &code)).await;
    let tokens = tokens.map_err(|failure| CliError::from(&failure))?;
    let sign_in = SignIn { grant: Grant::of(tokens), client: service.client };
    let secret = Secret::signed_in(service.api, sign_in);
    account_add::add(&data, row.name.clone(), service.kind, secret).await?;
    server.desks.wake(&data).await;
    Ok(())
}

fn attempt(server: &Server, service: &Service, browser: &Ticket) -> OauthAttempt {
    let redirect = format!("{}/sign-in/callback", server.doors.base(service.host));
    OauthAttempt::new(&redirect, &browser.seed())
}

async fn of_user(server: &Server, row: &SignInRow) -> Result<Data, CliError> {
    let user = server.registry.user(&row.user)?;
    let user = user.ok_or_else(|| CliError::not_found("the user is gone"))?;
    let data = server.data.of_graph(user.graph).await?;
    let by = row.by.clone().and_then(|by| Actor::of(server.registry.clone(), by));
    Ok(by.map_or(data.clone(), |actor| data.by(actor)))
}

/// Only addresses of the list are kept, so this is one of them.
fn sent_back(back: &str, name: &str, value: &str) -> Response {
    match Url::parse(back) {
        Ok(mut url) => {
            url.query_pairs_mut().append_pair(name, value);
            Redirect::to(url.as_str()).into_response()
        }
        Err(_) => over(),
    }
}

fn refused(error: &SignInError) -> CliError {
    CliError::new("sign-in", error.to_string(), crate::error::Exit::SignIn)
}

fn provider(kind: &str) -> &'static str {
    if kind == crate::accounts::GOOGLE { "Google" } else { "Microsoft" }
}

fn over() -> Response {
    let text = "This address is good once, in one browser, for ten minutes. Begin again.";
    page::ended(StatusCode::GONE, "This sign-in is over", text)
}

/// A browser that was not at the page, or was sent on by another one.
fn unseen() -> Response {
    let text = "Open the address that you were given, and go on from there.";
    page::ended(StatusCode::FORBIDDEN, "Nothing was agreed to", text)
}

fn failed(error: &CliError) -> Response {
    let status = Problem::from(error.clone()).status();
    page::ended(status, "That did not work", &error.message)
}
