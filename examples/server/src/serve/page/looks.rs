//! What the page shows.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::super::problem::Problem;
use super::model::{Plan, read};
use super::parts::Parts;
use super::session::Visitor;
use crate::commands::plan;
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

/// What is said where a page cannot be written.
const UNWRITTEN: &str = "The page could not be written.";

pub(super) fn rendered<T: Template>(page: Result<T, CliError>) -> Response {
    match page.map(|page| page.render()) {
        Ok(Ok(text)) => Html(text).into_response(),
        Ok(Err(_)) => problem(StatusCode::INTERNAL_SERVER_ERROR, UNWRITTEN),
        Err(error) => failed("/page", error),
    }
}

/// What a command did not do, as its answer over the API is; `back`: where it was tried.
pub(super) fn failed(back: &str, error: CliError) -> Response {
    let why = Problem::from(error);
    problem_at(back, why.status(), why.detail())
}

/// There is no such page.
pub(super) async fn nowhere() -> Response {
    problem(StatusCode::NOT_FOUND, "There is no such page.")
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
