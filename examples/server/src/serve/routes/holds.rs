//! Times that are held, and searches for a time.

use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::caller::{Body, Named, Reader, Writer};
use super::super::problem::Problem;
use super::{Answer, answer, id};
use crate::args::{HoldCommand, Moment, SessionCommand, read_length};
use crate::commands::birth::Birth;
use crate::commands::{bounds, hold, session};
use crate::error::CliError;
use crate::view::{Converted, HoldView, Holds, Released, SessionView, Sessions};

/// A time to be held. Times are days, local times of the home zone, or RFC 3339; lengths `45m`,
/// `1h30m`, `2d`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    /// When it begins.
    at: String,
    /// How long it is.
    length: String,
    /// What it is called.
    title: Option<String>,
    /// How long it is held; a day by default.
    expires: Option<String>,
    /// Although the time is taken.
    #[serde(default)]
    despite: bool,
    /// The hold's id: the same again changes nothing.
    id: Option<String>,
}

/// For how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Longer {
    /// How long from now: 3d.
    expires: String,
}

/// How a hold becomes an event.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conversion {
    /// Although something came into its time.
    #[serde(default)]
    despite: bool,
}

/// A search for a time, by what is recorded here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    /// How long the meeting is: 45m.
    length: String,
    /// From this time on; now by default.
    from: Option<String>,
    /// To this time; a week later by default.
    to: Option<String>,
    /// Minutes of the hour at which it may begin.
    #[schema(minimum = 5, maximum = 1440)]
    grid: Option<u16>,
    /// What the event is called; it goes to nobody else.
    title: Option<String>,
    /// The graphs of others who are to take part, `gph_...`: of them only busy times are heard, where
    /// they consented.
    #[serde(default)]
    #[schema(max_items = 100)]
    with: Vec<String>,
    /// How long the search lasts at most; a day by default.
    expires: Option<String>,
    /// The session's id: the same again changes nothing.
    id: Option<String>,
}

/// Which candidate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    /// Its start; the best by default.
    at: Option<String>,
}

/// What is held.
#[utoipa::path(
    get, path = "/holds", tag = "planning", operation_id = "list_holds",
    responses(
        (status = OK, body = Holds),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(Reader(data): Reader) -> Answer {
    answer(hold::run(&data, HoldCommand::List).await)
}

/// Hold a time until further notice: a tentative event in own/main, which edges carry.
#[utoipa::path(
    post, path = "/holds", tag = "planning", operation_id = "add_hold", request_body = NewHold,
    responses(
        (status = CREATED, body = HoldView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    Writer(data): Writer,
    Extension(birth): Extension<Birth>,
    Body(new): Body<NewHold>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let command = HoldCommand::Add {
        at: at(&new.at)?,
        length: length(&new.length)?,
        title: new.title.unwrap_or_else(|| "Hold".to_owned()),
        expires: length(new.expires.as_deref().unwrap_or("1d"))?,
        despite: new.despite,
        id: Some(new.id.as_deref().map_or_else(|| Ok(birth.hold()), id)?),
    };
    Ok((StatusCode::CREATED, answer(hold::run(&data, command).await)?))
}

/// Hold for longer, or for less long: counted from now.
#[utoipa::path(
    patch, path = "/holds/{hold}", tag = "planning", operation_id = "extend_hold", request_body = Longer,
    params(("hold" = String, Path, description = "The hold's id")),
    responses(
        (status = OK, body = HoldView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn extend(
    Writer(data): Writer,
    Named(hold): Named,
    Body(Longer { expires }): Body<Longer>,
) -> Answer {
    let command = HoldCommand::Extend { id: id(&hold)?, expires: length(&expires)? };
    answer(hold::run(&data, command).await)
}

/// Let the time go.
#[utoipa::path(
    delete, path = "/holds/{hold}", tag = "planning", operation_id = "release_hold",
    params(("hold" = String, Path, description = "The hold's id")),
    responses(
        (status = OK, body = Released),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn release(Writer(data): Writer, Named(hold): Named) -> Answer {
    answer(hold::run(&data, HoldCommand::Release { id: id(&hold)? }).await)
}

/// It takes place: the hold becomes an event.
#[utoipa::path(
    post, path = "/holds/{hold}/convert", tag = "planning", operation_id = "convert_hold", request_body = Conversion,
    params(("hold" = String, Path, description = "The hold's id")),
    responses(
        (status = OK, body = Converted),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn convert(
    Writer(data): Writer,
    Named(hold): Named,
    Body(Conversion { despite }): Body<Conversion>,
) -> Answer {
    answer(hold::run(&data, HoldCommand::Convert { id: id(&hold)?, despite }).await)
}

/// Searches under way, and those over in the last thirty days.
#[utoipa::path(
    get, path = "/sessions", tag = "planning", operation_id = "list_sessions",
    responses(
        (status = OK, body = Sessions),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn sessions(Reader(data): Reader) -> Answer {
    answer(session::run(&data, SessionCommand::List).await)
}

/// Search for a time, by what is recorded here.
#[utoipa::path(
    post, path = "/sessions", tag = "planning", operation_id = "open_session", request_body = NewSession,
    responses(
        (status = CREATED, body = SessionView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn open(
    Writer(data): Writer,
    Extension(birth): Extension<Birth>,
    Body(new): Body<NewSession>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let grid = new.grid.unwrap_or(15);
    if !(5..=1_440).contains(&grid) {
        return Err(Problem::request(StatusCode::BAD_REQUEST, "grid is 5 to 1440 minutes"));
    }
    let with = bounds::guests(new.with)
        .map_err(|error| Problem::request(StatusCode::BAD_REQUEST, &error.message))?;
    let command = SessionCommand::Open {
        length: length(&new.length)?,
        from: Moment::named(new.from)?,
        to: Moment::named(new.to)?,
        grid,
        title: new.title.unwrap_or_else(|| "Meeting".to_owned()),
        with,
        expires: length(new.expires.as_deref().unwrap_or("1d"))?,
        id: Some(new.id.as_deref().map_or_else(|| Ok(birth.session()), id)?),
    };
    Ok((StatusCode::CREATED, answer(session::run(&data, command).await)?))
}

/// One search with its candidates.
#[utoipa::path(
    get, path = "/sessions/{session}", tag = "planning", operation_id = "show_session",
    params(("session" = String, Path, description = "The session's id")),
    responses(
        (status = OK, body = SessionView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(Reader(data): Reader, Named(session): Named) -> Answer {
    answer(session::run(&data, SessionCommand::Show { id: id(&session)? }).await)
}

/// Hold one of the candidates.
#[utoipa::path(
    post, path = "/sessions/{session}/hold", tag = "planning", operation_id = "hold_candidate", request_body = Choice,
    params(("session" = String, Path, description = "The session's id")),
    responses(
        (status = OK, body = SessionView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn choose(
    Writer(data): Writer,
    Named(session): Named,
    Body(Choice { at }): Body<Choice>,
) -> Answer {
    let command = SessionCommand::Hold { id: id(&session)?, at: Moment::named(at)? };
    answer(session::run(&data, command).await)
}

/// What is held takes place.
#[utoipa::path(
    post, path = "/sessions/{session}/commit", tag = "planning", operation_id = "commit_session",
    params(("session" = String, Path, description = "The session's id")),
    responses(
        (status = OK, body = SessionView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn commit(Writer(data): Writer, Named(session): Named) -> Answer {
    answer(session::run(&data, SessionCommand::Commit { id: id(&session)? }).await)
}

/// Give a search up, committed or not.
#[utoipa::path(
    delete, path = "/sessions/{session}", tag = "planning", operation_id = "cancel_session",
    params(("session" = String, Path, description = "The session's id")),
    responses(
        (status = OK, body = SessionView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(Writer(data): Writer, Named(session): Named) -> Answer {
    answer(session::run(&data, SessionCommand::Cancel { id: id(&session)? }).await)
}

fn at(text: &str) -> Result<Moment, CliError> {
    Ok(text.parse()?)
}

fn length(text: &str) -> Result<i64, CliError> {
    read_length(text).map_err(CliError::usage)
}
