//! Finding what a request names.

use kalends::core::graph::Calendar;
use kalends::core::slice::Config;
use kalends::ids::CalendarId;

use serde::Deserialize;
use worker::Request;

use crate::problem::Problem;

/// Where a page of what the admin lists begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behind {
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
}

/// Behind what a page begins, as an address says it.
pub(crate) fn after(request: &Request) -> Result<String, Problem> {
    let behind: Result<Behind, _> = request.query();
    behind.map(|it| it.after).map_err(|error| Problem::usage(error.to_string()))
}

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
