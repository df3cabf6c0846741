//! When people have time, and how they want to work.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::etag::{if_match, marked};
use super::{Answer, answer};
use crate::args::{
    AvailabilityArgs, BudgetArgs, DetailFlag, Moment, ProposeArgs, read_length, read_zone,
};
use crate::commands::rule_body::RuleBody;
use crate::commands::{availability, bounds, budget, propose, rule, settings};
use crate::error::CliError;
use crate::view::{Availability, Budget, FreeTime, Gone, Proposals, RuleView, RulesView, Settings};

/// Which time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    /// From this time on: a day, a local time, or RFC 3339; today by default.
    from: Option<String>,
    /// To this time, which is not in it; a week later by default.
    to: Option<String>,
    /// The zone of local times; the home zone by default.
    zone: Option<String>,
    /// Who asks: what is waived for them does not count.
    caller: Option<String>,
}

/// A meeting that a time is looked for. Times are days, local times of `zone`, or RFC 3339.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// How long: 45m, 1h30m.
    length: String,
    /// From this time on; now by default.
    from: Option<String>,
    /// To this time; a week later by default.
    to: Option<String>,
    /// Who else must be there: an address, or a calendar's.
    #[serde(default)]
    #[schema(max_items = 50)]
    with: Vec<String>,
    /// Who may be there.
    #[serde(default)]
    #[schema(max_items = 50)]
    optional: Vec<String>,
    /// One of these is enough: who was asked less comes first, by the person's own meetings of the last
    /// thirty days and of the time looked at that name them.
    #[serde(default)]
    #[schema(max_items = 50)]
    one_of: Vec<String>,
    /// The account to ask with; all that can by default.
    via: Option<String>,
    /// Minutes of the hour at which it may begin.
    #[schema(minimum = 5, maximum = 1440)]
    grid: Option<u16>,
    /// The zone of the grid; the home zone by default.
    zone: Option<String>,
    /// Find a time that suits so many weeks in a row.
    #[schema(minimum = 1, maximum = 52)]
    weekly: Option<u16>,
    /// At most so many proposals.
    #[schema(minimum = 1, maximum = 50)]
    count: Option<u8>,
    /// Propose without those of whom nothing can be found out.
    #[serde(default)]
    without_unknown: bool,
}

/// How a day is counted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Habits {
    /// Seconds between two looks at a calendar.
    #[param(minimum = 5, maximum = 86400)]
    every: Option<u32>,
    /// Changes that people make in each calendar a day.
    #[param(maximum = 100000)]
    changes: Option<u32>,
}

/// What is set; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsBody {
    /// The zone of the place where the person is when not on a trip.
    home: Option<String>,
    /// The most that any edge may show; lowering it clears mirrors.
    detail_max: Option<DetailFlag>,
    /// Whether an edge may show private events as others.
    private_grants: Option<bool>,
    /// Whether people may be named at full.
    people: Option<bool>,
    /// Whether a meeting's address may be shown at full.
    meeting: Option<bool>,
}

/// When the person has time, in stretches, with every reason against it.
#[utoipa::path(
    get, path = "/availability", tag = "planning", operation_id = "availability", params(Span),
    responses(
        (status = OK, body = Availability),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn available(Reader(data): Reader, Fields(span): Fields<Span>) -> Answer {
    answer(availability::run(&data, args(span, false)?).await)
}

/// When there is time, and nothing of why not: what anybody may be shown.
#[utoipa::path(
    get, path = "/availability/public", tag = "planning", operation_id = "free_time", params(Span),
    responses(
        (status = OK, body = FreeTime),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn free_time(Reader(data): Reader, Fields(span): Fields<Span>) -> Answer {
    answer(availability::run(&data, args(span, true)?).await)
}

fn args(span: Span, public: bool) -> Result<AvailabilityArgs, CliError> {
    Ok(AvailabilityArgs {
        from: Moment::named(span.from)?,
        to: Moment::named(span.to)?,
        zone: span.zone.as_deref().map(read_zone).transpose().map_err(CliError::usage)?,
        caller: span.caller,
        reasons: false,
        public,
    })
}

/// The best times for a meeting. Others' providers are asked when they have time; nobody is told or
/// invited, and nothing is held.
#[utoipa::path(
    post, path = "/proposals", tag = "planning", operation_id = "propose", request_body = Wish,
    responses(
        (status = OK, body = Proposals),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn propose(Reader(data): Reader, Body(wish): Body<Wish>) -> Answer {
    let length = read_length(&wish.length).map_err(CliError::usage)?;
    let args = ProposeArgs {
        from: Moment::named(wish.from)?,
        to: Moment::named(wish.to)?,
        with: wish.with,
        optional: wish.optional,
        one_of: wish.one_of,
        via: wish.via,
        grid: wish.grid.unwrap_or(15),
        zone: wish.zone.as_deref().map(read_zone).transpose().map_err(CliError::usage)?,
        weekly: wish.weekly,
        count: wish.count.unwrap_or(5),
        without_unknown: wish.without_unknown,
        ..ProposeArgs::lasting(length)
    };
    bounds::meeting(&args)?;
    answer(propose::run(&data, args).await)
}

/// How the person wants to work.
#[utoipa::path(
    get, path = "/rules", tag = "planning", operation_id = "list_rules",
    responses(
        (status = OK, body = RulesView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn rules(Reader(data): Reader) -> Answer {
    answer(rule::list(&data).await)
}

/// Say how the person wants to work; of a kind that there is one of, it takes the place of the one
/// before.
#[utoipa::path(
    post, path = "/rules", tag = "planning", operation_id = "set_rule", request_body = RuleBody,
    responses(
        (status = CREATED, body = RuleView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set_rule(
    Writer(data): Writer,
    Body(body): Body<RuleBody>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    Ok((StatusCode::CREATED, answer(rule::set(&data, body.read()?).await)?))
}

/// Take a rule back; with a trip goes what it blocked.
#[utoipa::path(
    delete, path = "/rules/{rule}", tag = "planning", operation_id = "remove_rule",
    params(("rule" = String, Path, description = "The rule's id")),
    responses(
        (status = OK, body = Gone),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove_rule(Writer(data): Writer, Named(rule): Named) -> Answer {
    let id = rule.parse().map_err(|_| CliError::not_found(format!("there is no rule {rule:?}")))?;
    answer(rule::remove(&data, id).await)
}

/// What the edges spend a day of what providers allow.
#[utoipa::path(
    get, path = "/budget", tag = "planning", operation_id = "budget", params(Habits),
    responses(
        (status = OK, body = Budget),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn spent(
    Reader(data): Reader,
    Fields(Habits { every, changes }): Fields<Habits>,
) -> Answer {
    let (every, changes) = (every.unwrap_or(300), changes.unwrap_or(10));
    if !(5..=86_400).contains(&every) || changes > 100_000 {
        let why = "every is 5 to 86400 seconds, changes at most 100000";
        return Err(Problem::request(StatusCode::BAD_REQUEST, why));
    }
    answer(budget::run(&data, BudgetArgs { every, changes }).await)
}

/// What holds for all edges.
#[utoipa::path(
    get, path = "/settings", tag = "planning", operation_id = "show_settings",
    responses(
        (status = OK, body = Settings, headers(("ETag" = String, description = "All of it"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn settings(Reader(data): Reader) -> Result<Response, Problem> {
    Ok(marked(settings::show(&data).await?))
}

/// Set what holds for all edges; what is not named stays. With `If-Match` only if it still is what was
/// read.
#[utoipa::path(
    patch, path = "/settings", tag = "planning", operation_id = "change_settings", request_body = SettingsBody,
    params(("If-Match" = Option<String>, Header, description = "The ETag of what was read")),
    responses(
        (status = OK, body = Settings, headers(("ETag" = String, description = "All of it"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set_settings(
    Writer(data): Writer,
    headers: HeaderMap,
    Body(body): Body<SettingsBody>,
) -> Result<Response, Problem> {
    let SettingsBody { home, detail_max, private_grants, people, meeting } = body;
    let etag = if_match(&headers)?;
    let change = settings::Change { home, detail_max, private_grants, people, meeting, etag };
    Ok(marked(settings::change(&data, change).await?))
}
