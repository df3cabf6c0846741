//! Meetings of several graphs: what waits for a word from here, and the word.

use super::super::caller::{Named, Reader, Writer};
use super::super::problem::Problem;
use super::{Answer, answer, id};
use crate::args::MeetingCommand;
use crate::commands::meeting;
use crate::view::{MeetingView, Meetings};

/// Meetings that are not over: those that other graphs ask for, and one's own.
#[utoipa::path(
    get, path = "/meetings", tag = "planning", operation_id = "list_meetings",
    responses(
        (status = OK, body = Meetings),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(Reader(data): Reader) -> Answer {
    answer(meeting::run(&data, MeetingCommand::List).await)
}

/// Keep the time for a meeting that another graph asks for.
#[utoipa::path(
    post, path = "/meetings/{meeting}/accept", tag = "planning", operation_id = "accept_meeting",
    params(("meeting" = String, Path, description = "The meeting's id")),
    responses(
        (status = OK, body = MeetingView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn accept(Writer(data): Writer, Named(meeting): Named) -> Answer {
    answer(meeting::run(&data, MeetingCommand::Accept { id: id(&meeting)? }).await)
}

/// Refuse it: the time is free again, and another one is looked for.
#[utoipa::path(
    post, path = "/meetings/{meeting}/refuse", tag = "planning", operation_id = "refuse_meeting",
    params(("meeting" = String, Path, description = "The meeting's id")),
    responses(
        (status = OK, body = MeetingView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn refuse(Writer(data): Writer, Named(meeting): Named) -> Answer {
    answer(meeting::run(&data, MeetingCommand::Refuse { id: id(&meeting)? }).await)
}
