//! Searches for a time, by what is recorded here.

use std::collections::BTreeSet;

use kalends::UserEdit;
use kalends::core::ids::{GraphId, SessionId};
use kalends::core::ports::Clock as _;
use kalends::core::schedule::{Said, Session, SessionEdit, Sought};
use kalends::recurrence::Zone;
use kalends_tokio::SystemClock;

use super::birth::Birth;
use super::hold::refused;
use super::rule::home;
use super::user::no_user;
use crate::args::SessionCommand;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::post;
use crate::serve::Registry;
use crate::show::{local, table};
use crate::view::{SessionView, Sessions};

pub(crate) async fn run(data: &Data, command: SessionCommand) -> Result<Outcome, CliError> {
    let now = SystemClock.now();
    let zone = home(data).await?;
    let id = match command {
        SessionCommand::List => return list(data, &zone).await,
        SessionCommand::Show { id } => id,
        SessionCommand::Open { length, from, to, grid, title, with, expires, id } => {
            let id = id.unwrap_or_else(|| Birth::now().session());
            let named = (from.is_some(), to.is_some());
            let range = kalends::asked_range((from, to), now, &zone)?;
            let wish = Sought { range, length_ms: length, grid_minutes: grid, zone: zone.clone() };
            let expires = now.saturating_add_millis(expires);
            let with: Vec<GraphId> =
                with.iter().map(|one| graph(data, one)).collect::<Result<_, _>>()?;
            let asked = SessionEdit::Open {
                session: Some(id),
                wish: Box::new(wish.clone()),
                title: title.clone(),
                with: with.clone(),
                expires,
            };
            edit(data, asked).await?;
            let others = with.into_iter().filter(|one| *one != data.keys.graph).collect();
            is_asked(&known(data, id).await?, (&wish, named), (&title, &others))?;
            id
        }
        SessionCommand::Hold { id, at } => {
            let best = known(data, id).await?.candidates.first().copied();
            let start = at.map(|at| at.at(&zone)).or(best).ok_or_else(|| {
                CliError::not_found("the session has no candidate: open one for another time")
            })?;
            edit(data, SessionEdit::Hold { session: id, start }).await?;
            id
        }
        SessionCommand::Commit { id } => {
            known(data, id).await?;
            edit(data, SessionEdit::Commit { session: id }).await?;
            id
        }
        SessionCommand::Cancel { id } => {
            known(data, id).await?;
            edit(data, SessionEdit::Cancel { session: id }).await?;
            id
        }
    };
    let session = known(data, id).await?;
    Ok(Outcome::new(SessionView::of(&session), shown(data, &session, &zone)))
}

/// An id that is known names what is searched for already: whether it is that. Times that nobody
/// named are counted from now, and say nothing.
fn is_asked(
    known: &Session,
    (wish, (from, to)): (&Sought, (bool, bool)),
    (title, others): (&str, &BTreeSet<GraphId>),
) -> Result<(), CliError> {
    let (then, now) = (&known.wish, wish);
    let is_same = (then.length_ms, then.grid_minutes) == (now.length_ms, now.grid_minutes)
        && (!from || then.range.start == now.range.start)
        && (!to || then.range.end == now.range.end)
        && known.title == title
        && known.guests.iter().map(|asked| asked.graph).eq(others.iter().copied());
    if is_same {
        return Ok(());
    }
    let text = format!(
        "{} searches for something else already: leave the id away for a new one",
        known.id
    );
    Err(CliError::new("session.another", text, Exit::Usage))
}

async fn edit(data: &Data, edit: SessionEdit) -> Result<(), CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let (_, notes) = host::edit(data, &driver, UserEdit::Session(edit)).await?;
    refused(&notes)?;
    post::carry(data).await
}

/// Somebody's graph, by its id or by their name among the users of this folder.
fn graph(data: &Data, who: &str) -> Result<GraphId, CliError> {
    if let Ok(graph) = who.parse() {
        return Ok(graph);
    }
    let user = Registry::of(data)?.user(who)?;
    user.map(|user| user.graph).ok_or_else(|| no_user(who))
}

async fn known(data: &Data, id: SessionId) -> Result<Session, CliError> {
    let found = data.config().await?.sessions.get(&id).cloned();
    found.ok_or_else(|| {
        CliError::not_found(format!("there is no session {id}")).hinting("`session list` has them")
    })
}

async fn list(data: &Data, zone: &Zone) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let rows = config.sessions.values().map(|session| {
        [
            session.state.code().to_owned(),
            session.title.clone(),
            local(session.expires, zone),
            session.id.to_string(),
        ]
    });
    let text = table(["state", "title", "until", "id"], rows, "no sessions");
    let sessions = config.sessions.values().map(SessionView::of).collect();
    Ok(Outcome::new(Sessions { sessions }, text))
}

fn shown(data: &Data, session: &Session, zone: &Zone) -> String {
    let times = session.candidates.iter().enumerate().map(|(n, start)| {
        let end = start.saturating_add_millis(session.wish.length_ms);
        [(n + 1).to_string(), local(*start, zone), local(end, zone)]
    });
    let candidates = table(["", "from", "to"], times, "no time suits");
    let until = local(session.expires, zone);
    let guests = session.guests.iter().map(|guest| {
        let said = match guest.said {
            None => "has not said when its time is taken",
            Some(Said::Taken(_)) => "said when its time is taken",
            Some(Said::Denied) => "does not say when its time is taken",
        };
        let hint = match guest.said {
            Some(Said::Denied) => {
                format!(": `rule set consent {} ask` there allows it", data.keys.graph)
            }
            Some(Said::Taken(_)) | None => String::new(),
        };
        format!("{} {said}{hint}\n", guest.graph)
    });
    let guests: String = guests.collect();
    format!("{} {}, until {until}\n{guests}\n{candidates}", session.id, session.state.code())
}
