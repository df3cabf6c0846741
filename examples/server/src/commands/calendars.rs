//! Calendars, and which of them are read.

use kalends::core::graph::Edge;
use kalends::driver::DriverError;
use kalends::{Sameness, UserEdit};

use crate::args::{CalendarsArgs, CalendarsCommand};
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::serve::Registry;
use crate::show::{calendar_role, table};
use crate::view::{CalendarView, Calendars, EdgeView, OneCalendar, Replaced};
use crate::{host, lookup};

pub(crate) async fn run(data: &Data, args: CalendarsArgs) -> Result<Outcome, CliError> {
    match args.command {
        Some(CalendarsCommand::Scope { calendar, on, off: _ }) => scope(data, &calendar, on).await,
        Some(CalendarsCommand::Replace { calendar, by, anyway }) => {
            let registry = Registry::of(data)?;
            replace(data, &registry, [&calendar, &by], anyway).await
        }
        None => list(data, args.name.as_deref()).await,
    }
}

pub(crate) async fn list(data: &Data, name: Option<&str>) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let only = name.map(|name| lookup::account(&config, name)).transpose()?;
    let mut calendars: Vec<_> = config
        .calendars
        .values()
        .filter(|calendar| only.is_none_or(|account| calendar.account == account.id))
        .collect();
    calendars.sort_by_key(|calendar| lookup::label(&config, calendar.id));
    let json = calendars.iter().map(|one| CalendarView::of(&config, one)).collect();
    let json = Calendars { calendars: json };
    let rows = calendars.iter().map(|calendar| {
        [
            lookup::label(&config, calendar.id),
            if calendar.on { "on" } else { "off" }.to_owned(),
            calendar_role(calendar).to_owned(),
            if calendar.capabilities.write { "yes" } else { "no" }.to_owned(),
            calendar.id.to_string(),
        ]
    });
    let text = table(["calendar", "scope", "role", "writable", "id"], rows, "no calendars");
    Ok(Outcome::new(json, text))
}

pub(crate) async fn scope(data: &Data, name: &str, on: bool) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let calendar = lookup::calendar(&config, name)?.id;
    let driver = host::driver(data, CliHooks::quiet())?;
    kalends::edit(&driver, &data.keys, UserEdit::SetScope { calendar, on }).await?;
    let config = data.config().await?;
    let calendar_view = config.calendars.get(&calendar).map(|one| CalendarView::of(&config, one));
    let label = lookup::label(&config, calendar);
    let text = match on {
        true => format!("{label} is read from the next sync on"),
        false => format!("{label} is not read any more: sync to take its mirrors back"),
    };
    Ok(Outcome::new(OneCalendar { calendar: calendar_view }, text))
}

/// Lets the second calendar take the place of the first, also in what others subscribe to. Without
/// `anyway` only where both were read, and the second holds at least half of the first's events.
pub(crate) async fn replace(
    data: &Data,
    registry: &Registry,
    [calendar, by]: [&str; 2],
    anyway: bool,
) -> Result<Outcome, CliError> {
    let before = data.config().await?;
    let ends = [lookup::calendar(&before, calendar)?.id, lookup::calendar(&before, by)?.id];
    let [calendar, by] = ends;
    let (old, new) = (lookup::label(&before, calendar), lookup::label(&before, by));
    let graph = data.keys.graph;
    let same = Sameness::of(&data.store, graph, ends).await?;
    let edit = UserEdit::Replace { calendar, by };
    kalends::core::author::check(&before, &edit).map_err(DriverError::from)?;
    if !same.read {
        let text = format!("{old} and {new} were not both read yet: sync first");
        return Err(CliError::new("calendars.unread", text, Exit::Usage));
    }
    let (all, both) = (same.both + same.only_first, same.both);
    if !anyway && !same.is_likely() {
        let text = format!(
            "{new} holds {both} of the {all} events of {old}: the mirrors of the others would go. \
             Name the calendar that shows the same, or say that it is to be replaced anyway"
        );
        return Err(CliError::new("calendars.differ", text, Exit::Usage));
    }
    let driver = host::driver(data, CliHooks::quiet())?;
    let (run, _) = kalends::edit(&driver, &data.keys, edit).await?;
    registry.show_instead(graph, ends)?;
    let config = data.config().await?;
    let moved = |edge: &&Edge| {
        edge.from == by && before.edges.get(&edge.id).is_some_and(|was| was.from == calendar)
    };
    let edges: Vec<EdgeView> =
        config.edges.values().filter(moved).map(|edge| EdgeView::of(&config, edge)).collect();
    let text = format!(
        "{new} takes the place of {old}, which is read no more: {both} of its {all} events are the \
         same, and {} edges start at {new} now",
        edges.len()
    );
    let calendar = config.calendars.get(&by).map(|one| CalendarView::of(&config, one));
    let (only_before, only_now) = (same.only_first, same.only_second);
    let run = run.to_string();
    Ok(Outcome::new(Replaced { run, calendar, edges, both, only_before, only_now }, text))
}
