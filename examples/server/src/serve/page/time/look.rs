//! What the page shows.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::Response;

use super::super::deeds::foreign;
use super::super::looks::{failed, rendered};
use super::super::session::Visitor;
use super::PAGE;
use super::days::DaysPart;
use super::fields::Fields;
use super::held::HoldsPart;
use super::kinds::{KINDS, Kind, Recorded};
use super::rules::RulesPart;
use super::sessions::SessionsPart;
use super::wish::WishPart;
use crate::commands::birth::Birth;
use crate::error::CliError;

#[derive(Template)]
#[template(path = "time.html")]
struct TimePage {
    user: String,
    token: String,
    notice: Option<String>,
    /// The one that asks, as others name it.
    graph: String,
    /// The time that a form begins with.
    at: String,
    /// Ids of what the forms make: sent twice, it is made once.
    new_hold: String,
    new_session: String,
    parts: Parts,
    wish: WishPart,
    kinds: &'static [Kind],
    recorded: Recorded,
}

/// What is shown anew by itself.
#[derive(Template)]
#[template(path = "time_parts.html")]
struct Parts {
    days: DaysPart,
    holds: HoldsPart,
    sessions: SessionsPart,
    rules: RulesPart,
}

impl Parts {
    async fn of(visitor: &Visitor, asked: &Fields) -> Result<Self, CliError> {
        Ok(Self {
            days: DaysPart::of(&visitor.data, asked.get("week")).await?,
            holds: HoldsPart::of(visitor).await?,
            sessions: SessionsPart::of(visitor).await?,
            rules: RulesPart::of(visitor).await?,
        })
    }
}

pub(super) async fn time(visitor: Visitor, Query(asked): Query<Fields>) -> Response {
    shown(page(visitor, asked, false).await)
}

/// What is asked is in nobody's history: an address of others' times may be a secret.
pub(super) async fn propose(visitor: Visitor, Form(asked): Form<Fields>) -> Response {
    if !visitor.made(asked.text("token")) {
        return foreign();
    }
    shown(page(visitor, asked, true).await)
}

async fn page(visitor: Visitor, asked: Fields, proposes: bool) -> Result<TimePage, CliError> {
    let data = &visitor.data;
    let (birth, config) = (Birth::now(), data.config().await?);
    Ok(TimePage {
        user: visitor.user.name.clone(),
        notice: asked.get("notice").map(str::to_owned),
        graph: data.keys.graph.to_string(),
        at: asked.text("at").to_owned(),
        new_hold: birth.hold().to_string(),
        new_session: birth.session().to_string(),
        parts: Parts::of(&visitor, &asked).await?,
        wish: WishPart::of(data, &asked, (&visitor.token, proposes)).await?,
        kinds: KINDS,
        recorded: Recorded::of(&config),
        token: visitor.token,
    })
}

pub(super) async fn parts(visitor: Visitor, Query(asked): Query<Fields>) -> Response {
    rendered(Parts::of(&visitor, &asked).await)
}

/// The page, or what is wrong with what was asked for.
fn shown<T: Template>(page: Result<T, CliError>) -> Response {
    match page {
        Ok(page) => rendered(Ok(page)),
        Err(error) => failed(PAGE, error),
    }
}
