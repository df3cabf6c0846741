//! Calendars, and which of them are read.

use kalends::UserEdit;

use crate::args::{CalendarsArgs, CalendarsCommand};
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::{calendar_role, table};
use crate::view::{CalendarView, Calendars, OneCalendar};
use crate::{host, lookup};

pub(crate) async fn run(data: &Data, args: CalendarsArgs) -> Result<Outcome, CliError> {
    match args.command {
        Some(CalendarsCommand::Scope { calendar, on, off: _ }) => scope(data, &calendar, on).await,
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
