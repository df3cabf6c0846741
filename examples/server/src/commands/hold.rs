//! Times that are held.

use kalends::UserEdit;
use kalends::core::event::{Body, Content, Span};
use kalends::core::ids::HoldId;
use kalends::core::plan::Note;
use kalends::core::ports::Clock as _;
use kalends::core::schedule::{Hold, HoldEdit};
use kalends::core::slice::Config;
use kalends::core::time::{Length, Timestamp, When};
use kalends::recurrence::Zone;
use kalends_tokio::SystemClock;

use super::birth::Birth;
use super::rule::home;
use crate::args::HoldCommand;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::show::{local, table};
use crate::view::{Converted, HoldView, Holds, Released};

pub(crate) async fn run(data: &Data, command: HoldCommand) -> Result<Outcome, CliError> {
    let now = SystemClock.now();
    let zone = home(data).await?;
    match command {
        HoldCommand::Add { at, length, title, expires, despite, id } => {
            let id = id.unwrap_or_else(|| Birth::now().hold());
            let start = at.at(&zone);
            let is_over = start.saturating_add_millis(length) <= now;
            if is_over && !data.config().await?.holds.contains_key(&id) {
                let text = "that time is over: hold one that is to come";
                return Err(CliError::new("hold.past", text, Exit::Usage));
            }
            let body = Box::new(body(start, length, (title, &zone)));
            let expires = now.saturating_add_millis(expires);
            edit(data, HoldEdit::Place { hold: Some(id), body, expires, despite }).await?;
            let config = data.config().await?;
            // An id that is known names what is held already.
            let other = config.holds.get(&id).filter(|hold| {
                let lasts_ms = hold.range.end.millis_since(hold.range.start);
                zone.civil(hold.range.start) != zone.civil(start) || lasts_ms != length
            });
            if other.is_some() {
                let text =
                    format!("{id} holds another time already: leave the id away for a new one");
                return Err(CliError::new("hold.another", text, Exit::Usage));
            }
            Ok(show(&config, id, &zone)?.with_remarks(carried(&config)))
        }
        HoldCommand::List => list(data, &zone, now).await,
        HoldCommand::Extend { id, expires } => {
            known(data, id).await?;
            let expires = now.saturating_add_millis(expires);
            edit(data, HoldEdit::Extend { hold: id, expires }).await?;
            let config = data.config().await?;
            show(&config, id, &zone)
        }
        HoldCommand::Release { id } => {
            known(data, id).await?;
            edit(data, HoldEdit::Release { hold: id }).await?;
            let text = format!("hold {id} is released: sync to take its copies back");
            Ok(Outcome::new(Released { released: id.to_string() }, text))
        }
        HoldCommand::Convert { id, despite } => {
            let event = known(data, id).await?.event.to_string();
            edit(data, HoldEdit::Convert { hold: id, despite }).await?;
            let text = format!("hold {id} is now the event {event}");
            Ok(Outcome::new(Converted { converted: id.to_string(), event }, text))
        }
    }
}

async fn known(data: &Data, id: HoldId) -> Result<Hold, CliError> {
    data.config().await?.holds.get(&id).cloned().ok_or_else(|| unknown(id))
}

fn unknown(id: HoldId) -> CliError {
    CliError::not_found(format!("there is no hold {id}")).hinting("`hold list` has them")
}

async fn edit(data: &Data, edit: HoldEdit) -> Result<(), CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let (_, notes) = host::edit(data, &driver, UserEdit::Hold(edit)).await?;
    refused(&notes)
}

/// What a step remarked instead of doing what was asked.
pub(crate) fn refused(notes: &[Note]) -> Result<(), CliError> {
    let said = notes.iter().find_map(|note| {
        let text = match note.code {
            "hold.taken" => "the time is taken: hold another one, or this one `despite` that",
            "hold.expired" => "the time until which it is held is over",
            "hold.over" => "that hold is over: leave the id away for a new one",
            "hold.no-time" => "a hold needs some time",
            "hold.event-gone" => "the event of the hold is gone",
            "hold.of-a-session" => "the hold belongs to a session: commit or cancel that",
            "session.expired" => "the session is over",
            "session.not-then" => "the session is not that far, or farther: look at it again",
            "session.no-candidate" => "that time is no candidate of the session: look at it again",
            "session.taken" => "the time is taken meanwhile: hold another candidate",
            "session.waiting" => "not everybody said yet that they keep the time",
            _ => return None,
        };
        Some((note.code, text))
    });
    said.map_or(Ok(()), |(code, text)| Err(CliError::new(code, text, Exit::Usage)))
}

fn body(start: Timestamp, length_ms: i64, (title, zone): (String, &Zone)) -> Body {
    let start = When::Zoned(zone.civil(start), zone.clone());
    let length = Length::Exact(length_ms / 1_000);
    let mut content = Content::at(Span { start, length, end_zone: None });
    content.title = title;
    Body::single(content)
}

/// Whether an edge carries what is held.
pub(crate) fn is_carried(config: &Config) -> bool {
    let own = config
        .calendars
        .values()
        .find(|calendar| matches!(calendar.role, kalends::core::graph::CalendarRole::Own));
    own.is_some_and(|own| config.edges.values().any(|edge| edge.from == own.id))
}

/// What is to be done where no edge carries what is held.
fn carried(config: &Config) -> Option<String> {
    let text = "held here alone: `edge add --from own/main --to NAME` carries it to a calendar";
    (!is_carried(config)).then(|| text.to_owned())
}

fn show(config: &Config, id: HoldId, zone: &Zone) -> Result<Outcome, CliError> {
    let hold = config.holds.get(&id).ok_or_else(|| unknown(id))?;
    let text = format!(
        "{} to {} is held until {} as {id}",
        local(hold.range.start, zone),
        local(hold.range.end, zone),
        local(hold.expires, zone)
    );
    Ok(Outcome::new(HoldView::of(hold), text))
}

async fn list(data: &Data, zone: &Zone, now: Timestamp) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let mut holds: Vec<&Hold> = config.holds.values().collect();
    holds.sort_by_key(|hold| (hold.range.start, hold.id));
    let rows = holds.iter().map(|hold| {
        let until = local(hold.expires, zone);
        let until = if hold.is_live(now) { until } else { format!("{until} (over: sync)") };
        let times = [local(hold.range.start, zone), local(hold.range.end, zone)];
        let [from, to] = times;
        [from, to, until, hold.id.to_string()]
    });
    let text = table(["from", "to", "held until", "id"], rows, "nothing is held");
    let holds = holds.iter().map(|hold| HoldView::of(hold)).collect();
    Ok(Outcome::new(Holds { holds }, text))
}
