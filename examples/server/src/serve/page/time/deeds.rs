//! What somebody does at the page: what the command of its kind does, and back to the page.

use axum::Form;
use axum::extract::State;
use axum::response::Response;

use super::super::super::state::Server;
use super::super::deeds::{back_to, foreign};
use super::super::looks::failed;
use super::super::session::Visitor;
use super::fields::Fields;
use super::{PAGE, kinds};
use crate::args::{HoldCommand, MeetingCommand, SessionCommand};
use crate::commands::{bounds, hold, meeting, rule, session};
use crate::data::Data;
use crate::error::CliError;

/// What a form asks for, carried out.
macro_rules! deed {
    ($(#[$doc:meta])* $name:ident by $does:ident) => {
        $(#[$doc])*
        pub(super) async fn $name(
            State(server): State<Server>,
            visitor: Visitor,
            Form(form): Form<Fields>,
        ) -> Response {
            if !visitor.made(form.text("token")) {
                return foreign();
            }
            let done = $does(&visitor.data, &form).await;
            server.desks.wake(&visitor.data).await;
            match done {
                Ok(text) => back_to(PAGE, text),
                Err(error) => failed(PAGE, error),
            }
        }
    };
}

deed! {
    /// Holds a time, for longer or not any more, or lets it take place.
    hold by do_hold
}
deed! {
    /// Searches for a time, alone or with others.
    session by do_session
}
deed! {
    /// Says yes or no to what others ask for.
    meeting by do_meeting
}
deed! {
    /// Sets a rule, or takes one back.
    rule by do_rule
}

async fn do_hold(data: &Data, form: &Fields) -> Result<&'static str, CliError> {
    let id = form.word("id")?;
    let (command, text) = match form.text("deed") {
        "add" => {
            let at = form.moment("at")?.ok_or_else(|| CliError::usage("when does it begin?"))?;
            let add = HoldCommand::Add {
                at,
                length: form.length("length", "1h")?,
                title: form.get("title").unwrap_or("Hold").to_owned(),
                expires: form.length("expires", "1d")?,
                despite: form.has("despite"),
                id: Some(id),
            };
            (add, "The time is held.")
        }
        "extend" => {
            let expires = form.length("expires", "1d")?;
            (HoldCommand::Extend { id, expires }, "It is held until then.")
        }
        "release" => (HoldCommand::Release { id }, "The time is free again."),
        "convert" => {
            let despite = form.has("despite");
            (HoldCommand::Convert { id, despite }, "It takes place: the hold is an event now.")
        }
        _ => return Err(unknown()),
    };
    hold::run(data, command).await.map(|_| text)
}

async fn do_session(data: &Data, form: &Fields) -> Result<&'static str, CliError> {
    let id = form.word("id")?;
    let (command, text) = match form.text("deed") {
        "open" => {
            let open = SessionCommand::Open {
                length: form.length("length", "1h")?,
                from: form.moment("from")?,
                to: form.moment("to")?,
                grid: 15,
                title: form.get("title").unwrap_or("Meeting").to_owned(),
                with: bounds::guests(form.list("with"))?,
                expires: form.length("expires", "1d")?,
                id: Some(id),
            };
            (open, "The search is open.")
        }
        "hold" => {
            let at = form.moment("at")?;
            (SessionCommand::Hold { id, at }, "The time is held, and the others are asked for it.")
        }
        "commit" => (SessionCommand::Commit { id }, "It takes place."),
        "cancel" => (SessionCommand::Cancel { id }, "It is given up."),
        _ => return Err(unknown()),
    };
    session::run(data, command).await.map(|_| text)
}

async fn do_meeting(data: &Data, form: &Fields) -> Result<&'static str, CliError> {
    let id = form.word("id")?;
    let (command, text) = match form.text("deed") {
        "accept" => (MeetingCommand::Accept { id }, "The time is kept for it."),
        "refuse" => (MeetingCommand::Refuse { id }, "It is refused; the time is free again."),
        _ => return Err(unknown()),
    };
    meeting::run(data, command).await.map(|_| text)
}

async fn do_rule(data: &Data, form: &Fields) -> Result<&'static str, CliError> {
    match form.text("deed") {
        "set" => {
            rule::set(data, kinds::body(form)?.read()?).await?;
            Ok("The rule is set.")
        }
        "remove" => {
            rule::remove(data, form.word("id")?).await?;
            Ok("The rule is gone.")
        }
        _ => Err(unknown()),
    }
}

fn unknown() -> CliError {
    CliError::usage("that is nothing this page does")
}
