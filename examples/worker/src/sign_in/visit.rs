//! A browser that signs in: it is shown what is asked for, sent to the provider, and comes back.

use kalends_kit::oauth::Attempt;
use worker::{Env, Method, Request, RequestInit, Response};

use super::finish::Ending;
use super::page;
use super::rows::{self, SignInRow};
use super::ticket::Ticket;
use crate::body;
use crate::front::object;
use crate::problem::Problem;
use crate::registry::Registry;
use crate::services::service;
use crate::settings::public;

/// The cookie that ties a sign-in to a browser, and the one of a browser that was at the page.
const BROWSER: &str = "kalends-sign-in";
const SHOWN: &str = "kalends-sign-in-shown";
/// The most bytes of the page's form, which holds one token.
const FORM_BYTES_MAX: usize = 1 << 10;

/// Answers `/sign-in/…`: to people, so with pages.
pub(crate) async fn visit(request: Request, env: &Env, rest: &str) -> Result<Response, Problem> {
    let visited = match (request.method(), rest) {
        (Method::Get, "callback") => back(&request, env).await,
        (Method::Get, ticket) => look(&request, env, ticket).await,
        (Method::Post, ticket) => go_on(request, env, ticket).await,
        _ => return Err(Problem::not_found("place")),
    };
    visited.or_else(|problem| page::ended(problem.status(), "That did not work", problem.said().1))
}

/// What is asked for. Looking takes nothing up: programs look at addresses before people do. The page's
/// cookie and form go together: whoever only has the address cannot send somebody else's browser past it.
async fn look(request: &Request, env: &Env, text: &str) -> Result<Response, Problem> {
    let registry = Registry::open(env).await?;
    let Some(row) = rows::offered(&registry, &Ticket::offered(text)).await? else {
        return page::over();
    };
    let service = service(&row.kind, row.write, env)?;
    let seen = Ticket::draw();
    let page = page::consent(&row.user, &row.name, &service, &seen.form(text))?;
    let place = format!("Path=/sign-in/{text}; Max-Age=600; HttpOnly; SameSite=Strict");
    set_cookie(page, request, env, &format!("{SHOWN}={}; {place}", seen.expose()))
}

/// Ties the sign-in to this browser, and sends it to the provider.
async fn go_on(mut request: Request, env: &Env, text: &str) -> Result<Response, Problem> {
    // Nothing is read for whoever was not at the page.
    let Some(seen) = cookie(&request, SHOWN)? else { return page::not_agreed() };
    let form = String::from_utf8(body::read(&mut request, FORM_BYTES_MAX).await?);
    let form = form.unwrap_or_default();
    let token = form.strip_prefix("token=").unwrap_or_default();
    // Both are hashes of what only this browser has: no time tells how much of a guess was right.
    if Ticket::offered(&seen.form(text)).hash() != Ticket::offered(token).hash() {
        return page::not_agreed();
    }
    let registry = Registry::open(env).await?;
    let browser = Ticket::draw();
    let Some(row) = rows::tie(&registry, &Ticket::offered(text), &browser).await? else {
        return page::over();
    };
    let client = service(&row.kind, row.write, env)?.client;
    let address = attempt(&request, env, &browser)?.address(&client, None, None);
    let sent = page::sent_to(&address)?;
    let place = "Path=/sign-in/callback; Max-Age=600; HttpOnly; SameSite=Lax";
    set_cookie(sent, &request, env, &format!("{BROWSER}={}; {place}", browser.expose()))
}

/// What the provider sends the browser back with, good once and in this browser alone.
async fn back(request: &Request, env: &Env) -> Result<Response, Problem> {
    let Some(browser) = cookie(request, BROWSER)? else { return page::over() };
    let registry = Registry::open(env).await?;
    let Some(row) = rows::take(&registry, &browser).await? else { return page::over() };
    let added = added(request, env, (&row, &browser)).await;
    let response = match (&row.back, added) {
        (Some(back), Ok(())) => page::sent_back(back, "account", &row.name),
        (Some(back), Err(problem)) => page::sent_back(back, "error", problem.said().0),
        (None, Ok(())) => {
            let text = format!("The account {} is connected. You can close this window.", row.name);
            page::ended(200, "Connected", &text)
        }
        (None, Err(problem)) => Err(problem),
    };
    let ended = format!("{BROWSER}=; Path=/sign-in/callback; Max-Age=0; HttpOnly; SameSite=Lax");
    set_cookie(response?, request, env, &ended)
}

/// The object redeems the code: tokens are in it alone.
async fn added(
    request: &Request,
    env: &Env,
    (row, browser): (&SignInRow, &Ticket),
) -> Result<(), Problem> {
    let ending = Ending {
        kind: row.kind.clone(),
        name: row.name.clone(),
        write: row.write,
        redirect: redirect(request, env)?,
        seed: browser.seed(),
        query: request.url()?.query().unwrap_or_default().to_owned(),
    };
    let body = serde_json::to_string(&ending).map_err(worker::Error::from)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let inside = Request::new_with_init("https://object/inside/sign-in", &init)?;
    let graph = row.graph.parse().map_err(|_| Problem::not_found("graph"))?;
    let mut answer = object(env, graph)?.fetch_with_request(inside).await?;
    let said = answer.text().await?;
    match answer.status_code() {
        200..=299 => Ok(()),
        status => Err(Problem::read(status, &said)),
    }
}

fn attempt(request: &Request, env: &Env, browser: &Ticket) -> Result<Attempt, Problem> {
    Ok(Attempt::new(&redirect(request, env)?, &browser.seed()))
}

fn redirect(request: &Request, env: &Env) -> Result<String, Problem> {
    Ok(format!("{}/sign-in/callback", public(env, request)?))
}

fn cookie(request: &Request, name: &str) -> Result<Option<Ticket>, Problem> {
    let sent = request.headers().get("cookie")?.unwrap_or_default();
    let mut pairs = sent.split(';').filter_map(|pair| pair.trim().split_once('='));
    Ok(pairs.find(|(of, _)| *of == name).map(|(_, value)| Ticket::offered(value)))
}

fn set_cookie(
    response: Response,
    request: &Request,
    env: &Env,
    cookie: &str,
) -> Result<Response, Problem> {
    let secure = if public(env, request)?.starts_with("https:") { "; Secure" } else { "" };
    response.headers().append("set-cookie", &format!("{cookie}{secure}"))?;
    Ok(response)
}
