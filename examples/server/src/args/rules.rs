//! Arguments about how a person wants to work.

use std::ops::Range;

use clap::Subcommand;
use kalends::core::ids::{GraphId, RuleId};
use kalends::core::schedule::{Weekdays, Why};
use kalends::recurrence::{Date, Weekday, Zone};

use super::planning::{Moment, TierArg, read_length, read_zone};

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RuleCommand {
    /// Say how you want to work; of some kinds there is one, and the next takes its place
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends rule set home Europe/Berlin
  kalends rule set hours mon-fri 09:00-17:30
  kalends rule set buffers --before 10m --after 5m"
    )]
    Set(RuleSet),
    /// All rules
    #[command(after_help = "\
Example:
  kalends rule list")]
    List,
    /// Take a rule back; with a trip goes what it blocked
    #[command(after_help = "\
Example:
  kalends rule remove rul_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Remove {
        /// Its id, from `rule list`
        id: RuleId,
    },
}

/// The kinds of rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RuleSet {
    /// (one) Where you are when not on a trip
    #[command(after_help = "\
Example:
  kalends rule set home Europe/Berlin")]
    Home {
        /// The zone
        #[arg(value_parser = read_zone)]
        zone: Zone,
    },
    /// Working hours; several together, any of them is enough
    #[command(after_help = "\
Examples:
  kalends rule set hours mon-thu 09:00-17:30
  kalends rule set hours fri 09:00-13:00
  kalends rule set hours mon,wed 20:00-22:00 --zone America/New_York")]
    Hours {
        /// Days: mon-fri, mon,wed, all
        days: Days,
        /// From when to when
        minutes: Minutes,
        /// Whose clock [default: that of the place where you are]
        #[arg(long, value_parser = read_zone)]
        zone: Option<Zone>,
    },
    /// Other hours on one day, or a day off
    #[command(after_help = "\
Examples:
  kalends rule set day 2026-03-04 10:00-12:00 14:00-16:00
  kalends rule set day 2026-03-05")]
    Day {
        /// The day
        day: Date,
        /// From when to when; none: a day off
        minutes: Vec<Minutes>,
    },
    /// A time in another place: hours follow its clock, and it blocks your time everywhere
    #[command(after_help = "\
Examples:
  kalends rule set trip Asia/Tokyo --from 2026-03-09 --to 2026-03-14 --name Tokyo
  kalends rule set trip Europe/Lisbon --from 2026-04-01 --to 2026-05-01 --free

The block is an event of the calendar own/main; edges from there carry it to other calendars.")]
    Trip {
        /// The zone of the place
        #[arg(value_parser = read_zone)]
        zone: Zone,
        /// From this time on, by the clock of the place
        #[arg(long, value_name = "T")]
        from: Moment,
        /// To this time, by the clock of the place
        #[arg(long, value_name = "T")]
        to: Moment,
        /// What the block is called
        #[arg(long, default_value = "Trip")]
        name: String,
        /// It changes the clock alone, and blocks nothing
        #[arg(long)]
        free: bool,
    },
    /// (one) Time kept free around meetings
    #[command(after_help = "\
Example:
  kalends rule set buffers --before 10m --after 5m")]
    Buffers {
        /// Before each
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        before: Option<i64>,
        /// After each
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        after: Option<i64>,
    },
    /// (one) How long beforehand one must ask
    #[command(after_help = "\
Example:
  kalends rule set notice 4h")]
    Notice {
        /// How long
        #[arg(value_parser = read_length)]
        length: i64,
    },
    /// (one) How far ahead one may ask
    #[command(after_help = "\
Example:
  kalends rule set horizon 60d")]
    Horizon {
        /// How far
        #[arg(value_parser = read_length)]
        length: i64,
    },
    /// Time kept for work alone
    #[command(after_help = "\
Example:
  kalends rule set focus tue,thu 09:00-11:30")]
    Focus {
        /// Days: mon-fri, mon,wed, all
        days: Days,
        /// From when to when
        minutes: Minutes,
    },
    /// (one) How much meeting is enough
    #[command(after_help = "\
Example:
  kalends rule set limits --day 4h --week 16h")]
    Limits {
        /// A day
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        day: Option<i64>,
        /// A week from Monday on
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        week: Option<i64>,
    },
    /// A day kept for something else
    #[command(after_help = "\
Example:
  kalends rule set milestone 2026-12-24")]
    Milestone {
        /// The day
        day: Date,
    },
    /// A time opened by hand, against the rules
    #[command(after_help = "\
Example:
  kalends rule set open --from 2026-03-07T10:00 --to 2026-03-07T12:00")]
    Open {
        /// From this time on
        #[arg(long, value_name = "T")]
        from: Moment,
        /// To this time
        #[arg(long, value_name = "T")]
        to: Moment,
    },
    /// A time closed by hand
    #[command(after_help = "\
Example:
  kalends rule set closed --from 2026-03-06T15:00 --to 2026-03-06T18:00")]
    Closed {
        /// From this time on
        #[arg(long, value_name = "T")]
        from: Moment,
        /// To this time
        #[arg(long, value_name = "T")]
        to: Moment,
    },
    /// What you would rather have, or rather not: points for proposals
    #[command(after_help = "\
Examples:
  kalends rule set taste mon-fri 09:00-12:00 --points 20
  kalends rule set taste fri 14:00-18:00 --points=-30")]
    Taste {
        /// Days: mon-fri, mon,wed, all
        days: Days,
        /// From when to when
        minutes: Minutes,
        /// Above zero for it, below against it
        #[arg(long, allow_hyphen_values = true)]
        points: i32,
    },
    /// For whom some reasons do not count
    #[command(after_help = "\
Example:
  kalends rule set vip boss@example.org --waive notice,outside-hours,focus")]
    Vip {
        /// Who
        who: String,
        /// Which: trip, notice, horizon, milestone, outside-hours, focus, buffer, daily-limit,
        /// weekly-limit
        #[arg(long, value_delimiter = ',', required = true, value_parser = read_why)]
        waive: Vec<Why>,
    },
    /// What another person's graph may see and ask
    #[command(after_help = "\
Example:
  kalends rule set consent gph_01J9Z3NDEKTSV4RRFFQ69G5FAV book

`rule remove` takes it back.")]
    Consent {
        /// Their graph
        graph: GraphId,
        /// How much
        tier: TierArg,
    },
}

/// Some days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) Weekdays);

impl std::str::FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = |name: &str| {
            let code = name.get(..2).unwrap_or_default().to_uppercase();
            let known = Weekday::from_code(&code).filter(|_| (2..=3).contains(&name.len()));
            known.ok_or_else(|| {
                format!("{name:?} is no day: mon, tue, wed, thu, fri, sat, sun, all")
            })
        };
        let mut bits = 0_u8;
        for part in text.split(',') {
            match part.split_once('-') {
                _ if part == "all" => bits = Weekdays::ALL.0,
                Some((first, last)) => {
                    let (first, last) = (day(first)?.index(), day(last)?.index());
                    let days = (7 + last - first) % 7;
                    (0..=days).for_each(|n| bits |= 1 << ((first + n) % 7));
                }
                None => bits |= 1 << day(part)?.index(),
            }
        }
        Ok(Self(Weekdays(bits)))
    }
}

/// A part of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Minutes(pub(crate) Range<u16>);

impl std::str::FromStr for Minutes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no part of a day: 09:00-17:30; past midnight 22:00-26:00");
        let minute = |time: &str| {
            let (hours, minutes) = time.split_once(':')?;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours <= 48 && minutes < 60).then_some(hours * 60 + minutes)
        };
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (minute(from).ok_or_else(wrong)?, minute(to).ok_or_else(wrong)?);
        if from < to { Ok(Self(from..to)) } else { Err(wrong()) }
    }
}

/// Reads a reason that can be waived.
pub(crate) fn read_why(text: &str) -> Result<Why, String> {
    let known = Why::ALL.into_iter().filter(|why| why.can_be_waived());
    known.clone().find(|why| why.code() == text).ok_or_else(|| {
        let codes: Vec<&str> = known.map(Why::code).collect();
        format!("{text:?} cannot be waived: {}", codes.join(", "))
    })
}
