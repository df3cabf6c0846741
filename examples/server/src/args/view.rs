//! Arguments about what is recorded.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kalends::core::time::Timestamp;
use kalends::recurrence::{Civil, Date, Zone};

/// A span of time.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  kalends freebusy --from 2026-03-01 --to 2026-03-08

Times are RFC 3339 (2026-03-01T09:00:00Z, 2026-03-01T10:00:00+01:00), or days: 2026-03-01 is its
midnight in UTC.")]
pub(crate) struct SpanArgs {
    /// From this time
    #[arg(long, value_parser = read_time, value_name = "T")]
    pub(crate) from: Timestamp,
    /// To this time, which is not in it
    #[arg(long, value_parser = read_time, value_name = "T")]
    pub(crate) to: Timestamp,
}

/// What takes place.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends events --from 2026-03-01 --to 2026-04-01
  kalends events --from 2026-03-01 --to 2026-04-01 --limit 50 --json
  kalends events --from 2026-03-01 --to 2026-04-01 --limit 50 --after NEXT --json")]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    /// At most so many [default: 1000]
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Go on behind a page: its `next`
    #[arg(long, value_name = "NEXT")]
    pub(crate) after: Option<String>,
}

/// Which entries of the journal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends journal
  kalends journal --run run_01J9Z3NDEKTSV4RRFFQ69G5FAV
  kalends journal --run run_01J9Z3NDEKTSV4RRFFQ69G5FAV --event evt_01J9Z3NDEKTSV4RRFFQ69G5FAV
  kalends journal --verify")]
pub(crate) struct JournalArgs {
    /// Only those about this event
    #[arg(long, conflicts_with_all = ["verify", "erase_before"])]
    pub(crate) event: Option<String>,
    /// Only those of this run
    #[arg(long, conflicts_with = "verify")]
    pub(crate) run: Option<String>,
    /// Follow the whole chain and say whether it holds, and where not
    #[arg(long)]
    pub(crate) verify: bool,
    /// Erase what entries made before this time say of events: they stay and the chain holds, but
    /// nothing of theirs can be undone or restored any more
    #[arg(long, conflicts_with_all = ["run", "verify", "limit"], value_name = "T", value_parser = read_time)]
    pub(crate) erase_before: Option<Timestamp>,
    /// At most so many; without it, all
    #[arg(long, conflicts_with = "verify", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Only entries behind this number
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub(crate) after: u64,
}

/// How a day is counted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends budget
  kalends budget --every 60 --changes 50
  kalends budget --json

Limits are kept in any case: what would be over one waits. This says beforehand how near they are. A write counts as
one request; a changed instance of a series takes three at Google, and a series at Microsoft three and more.")]
pub(crate) struct BudgetArgs {
    /// Seconds between two syncs, 5 at least
    #[arg(long, default_value_t = 300, value_name = "SECONDS",
          allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(5..))]
    pub(crate) every: u32,
    /// Changes that people make in each calendar a day
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    pub(crate) changes: u32,
}

/// What can be done with held deletions.
#[derive(Debug, Subcommand)]
pub(crate) enum HeldCommand {
    /// Calendars with deletions that wait for your word
    #[command(after_help = "\
Example:
  kalends held list")]
    List,
    /// They are right: the next sync lets them take effect
    #[command(after_help = "\
Example:
  kalends held approve work/Calendar --count 15")]
    Approve {
        /// The calendar they were seen in
        #[arg(value_name = "NAME/CAL")]
        calendar: String,
        /// How many: as `held list` shows it. Where it is another number by now, nothing is done
        #[arg(long, value_name = "N")]
        count: u32,
        /// Of what it lacks since it is read again, not of what was deleted
        #[arg(long)]
        unseen: bool,
    },
    /// They are wrong: the events stay as last seen
    #[command(after_help = "\
Example:
  kalends held reject work/Calendar")]
    Reject {
        /// The calendar they were seen in
        #[arg(value_name = "NAME/CAL")]
        calendar: String,
        /// Of what it lacks since it is read again, not of what was deleted
        #[arg(long)]
        unseen: bool,
    },
}

/// What can be done with what is tried no more.
#[derive(Debug, Subcommand)]
pub(crate) enum ParkedCommand {
    /// Mirror parts and changes of origins that are tried no more, and what to do
    #[command(after_help = "\
Example:
  kalends parked list")]
    List,
    /// Try again at the next sync
    #[command(after_help = "\
Examples:
  kalends parked retry evt_01J9Z3NDEKTSV4RRFFQ69G5FAV/pol_2DSQE84JGE3653W0TP7H82Z9F6
  kalends parked retry --all")]
    Retry {
        /// The part, or the origin, as `parked list` prints it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        part: Option<String>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

/// Where events are written to.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  kalends export --ics events.ics
  kalends export --ics -")]
pub(crate) struct ExportArgs {
    /// The iCalendar file; -: standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) ics: PathBuf,
}

/// Reads a time or a day.
pub(crate) fn read_time(text: &str) -> Result<Timestamp, String> {
    if let Ok(date) = text.parse::<Date>() {
        let midnight = Civil::from(date);
        return Ok(Zone::utc().instant(midnight, kalends::recurrence::Gap::Shift));
    }
    text.parse().map_err(|_| {
        "a time is 2026-03-01T09:00:00Z or, for midnight in UTC, 2026-03-01".to_owned()
    })
}
