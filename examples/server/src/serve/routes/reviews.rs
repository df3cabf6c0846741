//! What waits for a person's word.

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::{Answer, answer};
use crate::commands::held::{self, Word};
use crate::commands::{bounds, parked, undo};
use crate::view::{Held, Judged, Parked, Restored, Retried};

/// A word on held deletions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerdictBody {
    /// True: they are right, and take effect. False: the events stay as last seen.
    approve: bool,
    /// True: the word is on what the calendar lacks since it is read again, not on what was deleted.
    #[serde(default)]
    unseen: bool,
    /// How many you approve: the count that was shown. Where another number is held by now nothing is
    /// done, and the answer is 409 `review.changed`. Not needed to say no.
    count: Option<u32>,
}

/// What is tried again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryBody {
    /// The name of one part or origin; all that is parked where it is not named.
    part: Option<String>,
}

/// A page of what is tried no more.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParkedPage {
    /// At most so many; 100 where it is not named.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Calendars with deletions that wait for a word.
#[utoipa::path(
    get, path = "/held", tag = "reviews", operation_id = "list_held",
    responses(
        (status = OK, body = Held),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn held(Reader(data): Reader) -> Answer {
    answer(held::list(&data).await)
}

/// Say whether a calendar's held deletions are right.
#[utoipa::path(
    put, path = "/held/{calendar}", tag = "reviews", operation_id = "judge_held", request_body = VerdictBody,
    params(("calendar" = String, Path, description = "The calendar's id")),
    responses(
        (status = OK, body = Judged),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn judge(
    Writer(data): Writer,
    Named(calendar): Named,
    Body(VerdictBody { approve, unseen, count }): Body<VerdictBody>,
) -> Answer {
    let word = Word::of(approve, count).map_err(Problem::from)?;
    answer(held::judge(&data, &calendar, held::asked(unseen), word).await)
}

/// Writes that are tried no more.
#[utoipa::path(
    get, path = "/parked", tag = "reviews", operation_id = "list_parked", params(ParkedPage),
    responses(
        (status = OK, body = Parked),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn parked(
    Reader(data): Reader,
    Fields(ParkedPage { limit, after }): Fields<ParkedPage>,
) -> Answer {
    let limit = Some(bounds::page(limit, 100)?);
    answer(parked::list(&data, &parked::Page { limit, after }).await)
}

/// Try parked writes again at the next sync.
#[utoipa::path(
    post, path = "/parked/retry", tag = "reviews", operation_id = "retry_parked", request_body = RetryBody,
    responses(
        (status = OK, body = Retried),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn retry(
    Writer(data): Writer,
    Body(RetryBody { part }): Body<RetryBody>,
) -> Answer {
    answer(parked::retry(&data, part.as_deref()).await)
}

/// Bring back a content that lost in a conflict.
#[utoipa::path(
    post, path = "/journal/{entry}/restore", tag = "reviews", operation_id = "restore_entry",
    params(("entry" = u64, Path, description = "The number of the entry that holds it")),
    responses(
        (status = OK, body = Restored),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn restore(Writer(data): Writer, Named(entry): Named) -> Answer {
    let number = entry.parse().map_err(|_| {
        Problem::request(StatusCode::BAD_REQUEST, "an entry has a number: see the journal")
    })?;
    answer(undo::restore(&data, number).await)
}
