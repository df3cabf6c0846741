//! Names on the command line to ids.

use kalends::core::graph::{Account, Calendar, CalendarRole, Edge};
use kalends::core::slice::Config;

use crate::error::CliError;

/// The account of this name or id.
pub(crate) fn account<'c>(config: &'c Config, name: &str) -> Result<&'c Account, CliError> {
    let mut known = config.accounts.values();
    known.find(|account| account.name == name || account.id.to_string() == name).ok_or_else(|| {
        let names: Vec<&str> = config.accounts.values().map(|a| a.name.as_str()).collect();
        match names.is_empty() {
            true => CliError::not_found(format!("there is no account {name:?}"))
                .hinting("add one with `account add`"),
            false => {
                let names = names.join(", ");
                CliError::not_found(format!("there is no account {name:?}: there are {names}"))
            }
        }
    })
}

/// The calendar that `NAME/CAL`, an id, or the name of an account with one calendar means.
pub(crate) fn calendar<'c>(config: &'c Config, text: &str) -> Result<&'c Calendar, CliError> {
    if let Some(calendar) = config.calendars.values().find(|c| c.id.to_string() == text) {
        return Ok(calendar);
    }
    let (name, part) = match text.split_once('/') {
        Some((name, part)) => (name, Some(part)),
        None => (text, None),
    };
    let account = account(config, name)?;
    let of_account: Vec<&Calendar> = config
        .calendars
        .values()
        .filter(|calendar| calendar.account == account.id)
        .filter(|calendar| part.is_none_or(|part| is_called(calendar, part)))
        .filter(|calendar| part.is_some() || !matches!(calendar.role, CalendarRole::Overlay(_)))
        .collect();
    match of_account.as_slice() {
        [one] => Ok(one),
        [] => {
            let part = part.unwrap_or_default();
            let text = format!("account {name:?} has no calendar {part:?}");
            Err(CliError::not_found(text).hinting(format!("list them with `calendars {name}`")))
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|c| format!("{} ({:?})", c.id, c.name)).collect();
            Err(CliError::usage(format!(
                "{text:?} may mean several calendars: take one of {}",
                names.join(", ")
            )))
        }
    }
}

/// The edge with this id.
pub(crate) fn edge<'c>(config: &'c Config, id: &str) -> Result<&'c Edge, CliError> {
    let found = id.parse().ok().and_then(|id| config.edges.get(&id));
    found.ok_or_else(|| {
        CliError::not_found(format!("there is no edge {id:?}")).hinting("`edge list` has them")
    })
}

/// `NAME/CAL` for people: the account's name and the calendar's.
pub(crate) fn label(config: &Config, calendar: kalends::core::ids::CalendarId) -> String {
    let Some(calendar) = config.calendars.get(&calendar) else {
        return calendar.to_string();
    };
    let account = config.accounts.get(&calendar.account);
    format!("{}/{}", account.map_or("?", |account| &account.name), calendar.name)
}

fn is_called(calendar: &Calendar, part: &str) -> bool {
    let part = part.trim_end_matches('/');
    let segment = calendar.provider_id.as_ref().and_then(|id| {
        id.0.trim_end_matches('/').rsplit('/').next().map(|segment| segment == part)
    });
    calendar.name == part || segment == Some(true) || calendar.id.to_string() == part
}
