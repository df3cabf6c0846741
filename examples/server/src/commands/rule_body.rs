//! A rule as it is sent in, in the words of the command line.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::args::{Moment, RuleSet, TierArg, read_length, read_why, read_zone};
use crate::error::CliError;

/// How the person wants to work. Days are `mon-fri`, `mon,wed` or `all`; times of a day
/// `09:00-17:30`; lengths `45m`, `1h30m`, `2d`; times a day, a local time of the home zone, or
/// RFC 3339.
#[derive(Debug, Clone, Deserialize, ToSchema, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum RuleBody {
    /// (one) Where the person is when not on a trip.
    Home { zone: String },
    /// Working hours; several together, any of them is enough.
    Hours { days: String, time: String, zone: Option<String> },
    /// Other hours on one day; none: a day off.
    Day { day: String, times: Vec<String> },
    /// A time in another place: hours follow its clock, and it blocks the time everywhere.
    Trip {
        zone: String,
        from: String,
        to: String,
        name: Option<String>,
        /// It changes the clock alone, and blocks nothing.
        #[serde(default)]
        free: bool,
    },
    /// (one) Time kept free around meetings.
    Buffers { before: Option<String>, after: Option<String> },
    /// (one) How long beforehand one must ask.
    Notice { length: String },
    /// (one) How far ahead one may ask.
    Horizon { length: String },
    /// Time kept for work alone.
    Focus { days: String, time: String },
    /// (one) How much time meetings may take.
    Limits { day: Option<String>, week: Option<String> },
    /// A day on which nothing is planned.
    Milestone { day: String },
    /// A time opened by hand.
    Open { from: String, to: String },
    /// A time closed by hand.
    Closed { from: String, to: String },
    /// What the person would rather have, or rather not: points for proposals.
    Taste { days: String, time: String, points: i32 },
    /// For whom some reasons do not count.
    Vip { who: String, waive: Vec<String> },
    /// What another person's graph may see and ask: `ask`, `book` or `waive`.
    Consent { graph: String, tier: String },
}

impl RuleBody {
    /// What the command line reads.
    pub(crate) fn read(self) -> Result<RuleSet, CliError> {
        Ok(match self {
            Self::Home { zone } => RuleSet::Home { zone: said(read_zone(&zone))? },
            Self::Hours { days, time, zone } => RuleSet::Hours {
                days: word(&days)?,
                minutes: word(&time)?,
                zone: said(zone.as_deref().map(read_zone).transpose())?,
            },
            Self::Day { day, times } => {
                let minutes = times.iter().map(|time| word(time)).collect::<Result<_, _>>()?;
                RuleSet::Day { day: self::day(&day)?, minutes }
            }
            Self::Trip { zone, from, to, name, free } => RuleSet::Trip {
                zone: said(read_zone(&zone))?,
                from: word(&from)?,
                to: word(&to)?,
                name: name.unwrap_or_else(|| "Trip".to_owned()),
                free,
            },
            Self::Buffers { before, after } => {
                RuleSet::Buffers { before: length(before)?, after: length(after)? }
            }
            Self::Notice { length } => RuleSet::Notice { length: said(read_length(&length))? },
            Self::Horizon { length } => RuleSet::Horizon { length: said(read_length(&length))? },
            Self::Focus { days, time } => {
                RuleSet::Focus { days: word(&days)?, minutes: word(&time)? }
            }
            Self::Limits { day, week } => {
                RuleSet::Limits { day: length(day)?, week: length(week)? }
            }
            Self::Milestone { day } => RuleSet::Milestone { day: self::day(&day)? },
            Self::Open { from, to } => {
                RuleSet::Open { from: word::<Moment>(&from)?, to: word(&to)? }
            }
            Self::Closed { from, to } => {
                RuleSet::Closed { from: word::<Moment>(&from)?, to: word(&to)? }
            }
            Self::Taste { days, time, points } => {
                RuleSet::Taste { days: word(&days)?, minutes: word(&time)?, points }
            }
            Self::Vip { who, waive } => {
                let waive = waive.iter().map(|text| said(read_why(text)));
                RuleSet::Vip { who, waive: waive.collect::<Result<_, _>>()? }
            }
            Self::Consent { graph, tier } => {
                let graph = graph.parse();
                let graph = graph.map_err(|_| CliError::usage("a graph is named as gph_..."))?;
                RuleSet::Consent { graph, tier: self::tier(&tier)? }
            }
        })
    }
}

fn tier(text: &str) -> Result<TierArg, CliError> {
    match text {
        "ask" => Ok(TierArg::Ask),
        "book" => Ok(TierArg::Book),
        "waive" => Ok(TierArg::Waive),
        _ => Err(CliError::usage("a tier is ask, book or waive")),
    }
}

fn day(text: &str) -> Result<kalends::recurrence::Date, CliError> {
    text.parse().map_err(|_| CliError::usage(format!("{text:?} is no day: 2026-03-02 is one")))
}

fn length(text: Option<String>) -> Result<Option<i64>, CliError> {
    text.map(|text| said(read_length(&text))).transpose()
}

fn word<T: FromStr<Err: ToString>>(text: &str) -> Result<T, CliError> {
    said(text.parse().map_err(|error: T::Err| error.to_string()))
}

fn said<T>(read: Result<T, String>) -> Result<T, CliError> {
    read.map_err(CliError::usage)
}
