//! Finding what a request names.

use kalends::core::graph::Calendar;
use kalends::core::slice::Config;
use kalends::ids::CalendarId;

use crate::problem::Problem;

/// A calendar as people name it: ACCOUNT/CALENDAR.
pub(crate) fn label(config: &Config, calendar: CalendarId) -> String {
    let Some(calendar) = config.calendars.get(&calendar) else { return calendar.to_string() };
    let account = config.accounts.get(&calendar.account);
    format!("{}/{}", account.map_or("?", |account| &account.name), calendar.name)
}

/// The calendar with this id, or the one that is called so.
pub(crate) fn calendar<'a>(config: &'a Config, text: &str) -> Result<&'a Calendar, Problem> {
    let known = text.parse().ok().and_then(|id: CalendarId| config.calendars.get(&id));
    if let Some(known) = known {
        return Ok(known);
    }
    let called: Vec<_> =
        config.calendars.values().filter(|it| label(config, it.id) == text).collect();
    match called.as_slice() {
        [one] => Ok(one),
        [] => Err(Problem::not_found("calendar")),
        _ => Err(Problem::usage("several calendars are called so: name one by its id")),
    }
}
