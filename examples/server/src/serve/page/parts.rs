//! The parts of the page that are shown anew by themselves when something changes.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;

use super::looks::{Asked, rendered};
use super::matrix::MatrixPart;
use super::model::{HeldList, HeldOne, ParkedList, ParkedOne, Status, read};
use super::runs::RunsPart;
use super::session::Visitor;
use super::status::StatusPart;
use super::week::WeekPart;
use crate::commands::{held, parked};
use crate::error::CliError;

/// What waits for a word.
#[derive(Template)]
#[template(path = "reviews.html")]
pub(super) struct ReviewsPart {
    token: String,
    held: Vec<HeldOne>,
    parked: Vec<ParkedOne>,
}

impl ReviewsPart {
    pub(super) async fn of(visitor: &Visitor) -> Result<Self, CliError> {
        let held: HeldList = read(held::list(&visitor.data).await)?;
        let parked: ParkedList = read(parked::list(&visitor.data).await)?;
        Ok(Self { token: visitor.token.clone(), held: held.held, parked: parked.parked })
    }
}

pub(super) async fn status(visitor: Visitor) -> Response {
    rendered(status_part(&visitor).await)
}

async fn status_part(visitor: &Visitor) -> Result<StatusPart, CliError> {
    StatusPart::of(&visitor.data, &Status::of(&visitor.data).await?).await
}

pub(super) async fn matrix(visitor: Visitor) -> Response {
    let found = Status::of(&visitor.data).await;
    rendered(found.map(|found| MatrixPart::of(&found, &visitor.token)))
}

pub(super) async fn week(visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    rendered(week_part(&visitor, asked.week.as_deref()).await)
}

async fn week_part(visitor: &Visitor, first: Option<&str>) -> Result<WeekPart, CliError> {
    WeekPart::of(&visitor.data, first, &Status::of(&visitor.data).await?).await
}

pub(super) async fn reviews(visitor: Visitor) -> Response {
    rendered(ReviewsPart::of(&visitor).await)
}

pub(super) async fn runs(visitor: Visitor) -> Response {
    rendered(RunsPart::of(&visitor).await)
}
