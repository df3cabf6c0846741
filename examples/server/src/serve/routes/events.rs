//! What takes place, when time is taken, and why an event is mirrored where it is.

use kalends::core::time::Timestamp;
use serde::{Deserialize, Deserializer, de};
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::{Answer, answer};
use crate::args::{EventsArgs, SpanArgs, read_time};
use crate::commands::{bounds, events, explain, undo};
use crate::view::{Agenda, Explained, FreeBusy, Resumed};

/// A page of what takes place.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageOf {
    /// From this time: RFC 3339, or a day, which is its midnight in UTC.
    #[serde(deserialize_with = "time")]
    #[param(value_type = String, example = "2026-03-01")]
    from: Timestamp,
    /// To this time, which is not in it; 9,132 days at most from the other.
    #[serde(deserialize_with = "time")]
    #[param(value_type = String, example = "2026-03-08")]
    to: Timestamp,
    /// At most so many; 500 where it is not named, and at most.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A span of time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    /// From this time: RFC 3339, or a day, which is its midnight in UTC.
    #[serde(deserialize_with = "time")]
    #[param(value_type = String, example = "2026-03-01")]
    from: Timestamp,
    /// To this time, which is not in it; 9,132 days at most from the other.
    #[serde(deserialize_with = "time")]
    #[param(value_type = String, example = "2026-03-08")]
    to: Timestamp,
}

/// A mirror, as `explain` names its parts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartBody {
    /// EVENT/EDGE, or EVENT/EDGE/PART.
    part: String,
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    read_time(&String::deserialize(from)?).map_err(de::Error::custom)
}

/// What takes place between two times, sorted by start, in pages.
#[utoipa::path(
    get, path = "/occurrences", tag = "events", operation_id = "list_occurrences", params(PageOf),
    responses(
        (status = OK, body = Agenda),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn occurrences(
    Reader(data): Reader,
    Fields(PageOf { from, to, limit, after }): Fields<PageOf>,
) -> Answer {
    let limit = bounds::page(limit, bounds::PAGE_MAX)?;
    let span = SpanArgs { from, to };
    let args = EventsArgs { span, limit: Some(limit), after };
    answer(events::list(&data, args).await)
}

/// When the time between two times is taken.
#[utoipa::path(
    get, path = "/freebusy", tag = "events", operation_id = "free_busy", params(Span),
    responses(
        (status = OK, body = FreeBusy),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn free_busy(
    Reader(data): Reader,
    Fields(Span { from, to }): Fields<Span>,
) -> Answer {
    answer(events::free_busy(&data, SpanArgs { from, to }).await)
}

/// Why an event is mirrored where it is, and where it is not.
#[utoipa::path(
    get, path = "/events/{event}/explain", tag = "events", operation_id = "explain_event",
    params(("event" = String, Path, description = "The event's id")),
    responses(
        (status = OK, body = Explained),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn explain(Reader(data): Reader, Named(event): Named) -> Answer {
    answer(explain::one(&data, &event).await)
}

/// Let a paused or detached mirror follow its origin again.
#[utoipa::path(
    post, path = "/mirrors/resume", tag = "events", operation_id = "resume_mirror", request_body = PartBody,
    responses(
        (status = OK, body = Resumed),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn resume(
    Writer(data): Writer,
    Body(PartBody { part }): Body<PartBody>,
) -> Answer {
    answer(undo::resume(&data, &part).await)
}
