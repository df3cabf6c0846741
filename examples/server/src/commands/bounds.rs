//! How much may be asked for at once, over HTTP and by tools alike.

use kalends::core::meeting::GUESTS_MAX;
use kalends::ids::GraphId;

use crate::args::{ProposeArgs, SpanArgs};
use crate::error::CliError;

/// The most of anything on one page.
pub(crate) const PAGE_MAX: u32 = 500;

/// The longest time that is looked at, 25 years.
const SPAN_DAYS: i64 = 9_132;
const DAY_MS: i64 = 86_400_000;

/// The most people that a meeting's times are looked for with.
const PEOPLE_MAX: usize = 50;

/// How many a page shows; `usual` where nobody said.
pub(crate) fn page(limit: Option<u32>, usual: u32) -> Result<u32, CliError> {
    let limit = limit.unwrap_or(usual);
    if (1..=PAGE_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(CliError::usage(format!("limit is from 1 to {PAGE_MAX}")))
    }
}

/// Refuses a time of which all occurrences cannot be looked at while somebody waits.
pub(crate) fn span(span: &SpanArgs) -> Result<(), CliError> {
    if span.to.millis_since(span.from) <= SPAN_DAYS * DAY_MS {
        return Ok(());
    }
    Err(CliError::usage(format!("a look is at {SPAN_DAYS} days at most: ask for less at once")))
}

/// Refuses a search for a time that would take too long.
pub(crate) fn meeting(args: &ProposeArgs) -> Result<(), CliError> {
    let people = args.with.len() + args.optional.len() + args.one_of.len();
    let weekly = args.weekly.is_none_or(|weeks| (1..=52).contains(&weeks));
    let (grid, count) = ((5..=1_440).contains(&args.grid), (1..=50).contains(&args.count));
    if people <= PEOPLE_MAX && grid && count && weekly {
        return Ok(());
    }
    let why =
        format!("at most {PEOPLE_MAX} people; grid is 5 to 1440, count 1 to 50, weekly 1 to 52");
    Err(CliError::usage(why))
}

/// Graphs and nothing else: names are for whoever may know who else is here.
pub(crate) fn guests(with: Vec<String>) -> Result<Vec<String>, CliError> {
    let wrong = with.iter().find(|one| one.parse::<GraphId>().is_err());
    match wrong {
        Some(one) => Err(CliError::usage(format!(
            "{one:?} is no graph: others tell theirs, `graph` of /v1/status"
        ))),
        None if with.len() > GUESTS_MAX => {
            Err(CliError::usage(format!("a search is among {GUESTS_MAX} others at most")))
        }
        None => Ok(with),
    }
}
