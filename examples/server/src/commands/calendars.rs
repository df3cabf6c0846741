//! Calendars, and which of them are read.

use kalends::core::graph::Edge;
use kalends::core::ids::EventId;
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

/// How many events are named of those that wait.
const NAMED: usize = 5;

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
    host::edit(data, &driver, UserEdit::SetScope { calendar, on }).await?;
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
/// `anyway` only where nothing is lost by it. Said once more, it goes on where it broke off.
pub(crate) async fn replace(
    data: &Data,
    registry: &Registry,
    [calendar, by]: [&str; 2],
    anyway: bool,
) -> Result<Outcome, CliError> {
    let before = data.config().await?;
    let ends = [lookup::calendar(&before, calendar)?.id, lookup::calendar(&before, by)?.id];
    let [calendar, by] = ends;
    let names = [lookup::label(&before, calendar), lookup::label(&before, by)];
    let graph = data.keys.graph;
    let same = Sameness::of(&data.store, graph, ends).await?;
    let edit = UserEdit::Replace { calendar, by };
    kalends::core::author::check(&before, &edit).map_err(DriverError::from)?;
    is_known(&same, &names)?;
    if !anyway {
        loses_nothing(&same, &names)?;
    }
    let driver = host::driver(data, CliHooks::quiet())?;
    // Before the edit, which is refused once it is done: where this breaks off, it can be said again.
    registry.show_instead(graph, ends)?;
    let (run, _) = host::edit(data, &driver, edit).await?;
    let config = data.config().await?;
    let moved = |edge: &&Edge| {
        edge.from == by && before.edges.get(&edge.id).is_some_and(|was| was.from == calendar)
    };
    let edges: Vec<EdgeView> =
        config.edges.values().filter(moved).map(|edge| EdgeView::of(&config, edge)).collect();
    let text = told(&same, &names, edges.len());
    let calendar = config.calendars.get(&by).map(|one| CalendarView::of(&config, one));
    let Sameness { both, only_first, only_second, less_private, waiting, .. } = same;
    let (only_before, only_now, waited) = (only_first, only_second, waiting.len());
    let run = run.to_string();
    let json = Replaced { run, calendar, edges, both, only_before, only_now, less_private, waited };
    Ok(Outcome::new(json, text))
}

/// Whether what is recorded of both calendars is what they hold.
fn is_known(same: &Sameness, [old, new]: &[String; 2]) -> Result<(), CliError> {
    if !same.read {
        let text = format!("{old} and {new} were not both read yet: sync first");
        return Err(CliError::new("calendars.unread", text, Exit::Usage));
    }
    if same.stale {
        let text = format!("{new} could not be read lately: sync until it can, then say it again");
        return Err(CliError::new("calendars.stale", text, Exit::Usage));
    }
    Ok(())
}

fn loses_nothing(same: &Sameness, [old, new]: &[String; 2]) -> Result<(), CliError> {
    let mut lost = Vec::new();
    let (all, both) = (same.both + same.only_first, same.both);
    if same.only_first > 0 {
        let gone = same.only_first;
        lost.push(format!(
            "{new} holds {both} of the {all} events of {old}: the mirrors of the other {gone} go"
        ));
    }
    if same.less_private > 0 {
        let shown = same.less_private;
        lost.push(format!(
            "{shown} events are private in {old} and not in {new}: their mirrors show more"
        ));
    }
    if !same.waiting.is_empty() {
        let named: Vec<String> = same.waiting.iter().take(NAMED).map(EventId::to_string).collect();
        let (count, named) = (same.waiting.len(), named.join(", "));
        lost.push(format!(
            "{count} changes wait to be written to {old} and are not ({named}): sync first"
        ));
    }
    if lost.is_empty() {
        return Ok(());
    }
    let text = format!(
        "{}. Name the calendar that shows the same, or say that it is to be replaced anyway",
        lost.join("; ")
    );
    Err(CliError::new("calendars.differ", text, Exit::Usage))
}

fn told(same: &Sameness, [old, new]: &[String; 2], edges: usize) -> String {
    let (all, both, only) = (same.both + same.only_first, same.both, same.only_first);
    format!(
        "{new} takes the place of {old}, which is read no more: {both} of its {all} events are the \
         same, the mirrors of {only} go, and {edges} edges start at {new} now. Feeds for others show \
         {new} too, and an undo leaves them so"
    )
}
