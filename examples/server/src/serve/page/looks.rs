//! What the page shows.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::model::{Explained, Plan, read};
use super::parts::Parts;
use super::runs::{at, happened};
use super::session::Visitor;
use crate::commands::{explain, plan, rule};
use crate::data::Data;
use crate::error::CliError;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    user: String,
    token: String,
    notice: Option<String>,
    parts: Parts,
    google: bool,
    microsoft: bool,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPart {
    plan: Plan,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    explained: Explained,
    history: Vec<Happened>,
}

struct Happened {
    at: String,
    stamp: String,
    what: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    problem: &'a str,
    /// Where it was tried.
    back: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) week: Option<String>,
    notice: Option<String>,
}

pub(super) async fn home(visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    rendered(page(visitor, asked).await)
}

pub(super) async fn plan(visitor: Visitor) -> Response {
    rendered(read(plan::run(&visitor.data).await).map(|plan| PlanPart { plan }))
}

pub(super) async fn event(visitor: Visitor, Path(event): Path<String>) -> Response {
    rendered(event_page(&visitor.data, &event).await)
}

async fn page(visitor: Visitor, asked: Asked) -> Result<HomePage, CliError> {
    let known = |name: &str| std::env::var(name).is_ok_and(|id| !id.is_empty());
    Ok(HomePage {
        user: visitor.user.name.clone(),
        notice: asked.notice,
        parts: Parts::of(&visitor, asked.week.as_deref()).await?,
        google: known("KALENDS_GOOGLE_CLIENT_ID"),
        microsoft: known("KALENDS_MICROSOFT_CLIENT_ID"),
        token: visitor.token,
    })
}

async fn event_page(data: &Data, event: &str) -> Result<EventPage, CliError> {
    let explained: Explained = read(explain::one(data, event).await)?;
    let zone = rule::home(data).await?;
    let history = explained.history.iter().map(|line| Happened {
        at: at(&line.at, &zone),
        stamp: line.at.clone(),
        what: happened(&line.cause).to_owned(),
    });
    let history = history.collect();
    Ok(EventPage { explained, history })
}

/// What is said where a page cannot be written.
const UNWRITTEN: &str = "The page could not be written.";

pub(super) fn rendered<T: Template>(page: Result<T, CliError>) -> Response {
    match page.map(|page| page.render()) {
        Ok(Ok(text)) => Html(text).into_response(),
        Ok(Err(_)) => problem(StatusCode::INTERNAL_SERVER_ERROR, UNWRITTEN),
        Err(error) => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.message),
    }
}

pub(super) fn problem(status: StatusCode, text: &str) -> Response {
    problem_at("/page", status, text)
}

/// The same, of one of the other pages.
pub(super) fn problem_at(back: &str, status: StatusCode, text: &str) -> Response {
    let page = ProblemPage { problem: text, back }.render();
    // Nothing that others wrote is in it then.
    let page = page.unwrap_or_else(|_| UNWRITTEN.to_owned());
    (status, Html(page)).into_response()
}
