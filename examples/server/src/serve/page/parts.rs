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

/// So much of what is tried no more is shown at once.
const PARKED: u32 = 50;

/// What waits for a word.
#[derive(Template)]
#[template(path = "reviews.html")]
pub(super) struct ReviewsPart {
    token: String,
    held: Vec<HeldOne>,
    parked: Vec<ParkedOne>,
    /// Whether more are parked than are shown.
    more: bool,
}

impl ReviewsPart {
    pub(super) async fn of(visitor: &Visitor) -> Result<Self, CliError> {
        let held: HeldList = read(held::list(&visitor.data).await)?;
        let page = parked::Page { limit: Some(PARKED), after: None };
        let parked: ParkedList = read(parked::list(&visitor.data, &page).await)?;
        let more = parked.next.is_some();
        Ok(Self { token: visitor.token.clone(), held: held.held, parked: parked.parked, more })
    }
}

/// All of them, as of one look.
#[derive(Template)]
#[template(path = "parts.html")]
pub(super) struct Parts {
    pub(super) status: StatusPart,
    pub(super) matrix: MatrixPart,
    pub(super) week: WeekPart,
    pub(super) reviews: ReviewsPart,
    pub(super) runs: RunsPart,
}

impl Parts {
    /// With the week that a day is in; this one without a day.
    pub(super) async fn of(visitor: &Visitor, week: Option<&str>) -> Result<Self, CliError> {
        let data = &visitor.data;
        let found = Status::of(data).await?;
        Ok(Self {
            week: WeekPart::of(data, week, &found).await?,
            matrix: MatrixPart::of(&found, &visitor.token),
            reviews: ReviewsPart::of(visitor).await?,
            runs: RunsPart::of(visitor, &found).await?,
            status: StatusPart::of(visitor, &found).await?,
        })
    }
}

pub(super) async fn parts(visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    rendered(Parts::of(&visitor, asked.week.as_deref()).await)
}
