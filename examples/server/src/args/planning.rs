//! Arguments about when people have time.

use clap::{Args, Subcommand, ValueEnum};
pub(crate) use kalends::Moment;
use kalends::core::ids::{HoldId, MeetingId, SessionId};
use kalends::recurrence::Zone;

/// When the person has time.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends availability
  kalends availability --from 2026-03-02 --to 2026-03-09 --zone Europe/Berlin
  kalends availability --from 2026-03-02T09:00 --to 2026-03-02T18:00 --reasons
  kalends availability --caller boss@example.org --json
  kalends availability --public --json

Times are days, local times of the home zone (`rule set home`), or RFC 3339. --public prints what
anybody may be shown: free times, and no reasons.")]
pub(crate) struct AvailabilityArgs {
    /// From this time on [default: the beginning of today]
    #[arg(long, value_name = "T")]
    pub(crate) from: Option<Moment>,
    /// To this time, which is not in it [default: seven days later]
    #[arg(long, value_name = "T")]
    pub(crate) to: Option<Moment>,
    /// The zone times are shown in [default: the home zone]
    #[arg(long, value_parser = read_zone)]
    pub(crate) zone: Option<Zone>,
    /// Who asks: what `rule set vip` waives for them does not count
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) caller: Option<String>,
    /// Each stretch of time with its reasons, instead of the picture
    #[arg(long)]
    pub(crate) reasons: bool,
    /// Free times alone
    #[arg(long, conflicts_with_all = ["reasons", "caller"])]
    pub(crate) public: bool,
}

/// The best times for a meeting.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends propose --length 45m
  kalends propose --length 1h --with bob@example.org --with carla@example.org --via work
  kalends propose --length 30m --with https://example.org/dana.ics --from 2026-03-02 --to 2026-03-06
  kalends propose --length 1h --with bob@example.org --optional eve@example.org --weekly 4 --json

Others are asked through the accounts that can: Google's freeBusy, Microsoft's getSchedule, and
CalDAV's free-busy-query on a calendar's address; an address of an .ics file is read. Somebody of whom
nothing can be found out is unknown, not free: then nothing is proposed, unless --without-unknown.")]
pub(crate) struct ProposeArgs {
    /// How long: 45m, 1h30m
    #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
    pub(crate) length: i64,
    /// From this time on [default: now]
    #[arg(long, value_name = "T")]
    pub(crate) from: Option<Moment>,
    /// To this time [default: seven days later]
    #[arg(long, value_name = "T")]
    pub(crate) to: Option<Moment>,
    /// Who else must be there: an address, or a calendar's
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) with: Vec<String>,
    /// Who may be there; 20 points each
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) optional: Vec<String>,
    /// One of these is enough, a room or a host in turn: A,B,C; who was asked less, by your meetings
    /// that name them, comes first
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    pub(crate) one_of: Vec<String>,
    /// The account to ask with [default: all that can]
    #[arg(long, value_name = "NAME")]
    pub(crate) via: Option<String>,
    /// Minutes of the hour at which it may begin
    #[arg(long, default_value_t = 15, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(5..=1440))]
    pub(crate) grid: u16,
    /// The zone of the grid, and of what is shown [default: the home zone]
    #[arg(long, value_parser = read_zone)]
    pub(crate) zone: Option<Zone>,
    /// Find a time that suits so many weeks in a row
    #[arg(long, value_name = "TIMES", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=52))]
    pub(crate) weekly: Option<u16>,
    /// At most so many proposals
    #[arg(long, default_value_t = 5, allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) count: u8,
    /// Points taken for each day that it is later
    #[arg(long, default_value_t = 10)]
    pub(crate) points_a_day: u16,
    /// Propose without those of whom nothing can be found out
    #[arg(long)]
    pub(crate) without_unknown: bool,
}

impl ProposeArgs {
    /// A meeting of this length, and nothing else said.
    pub(crate) const fn lasting(length: i64) -> Self {
        Self {
            length,
            from: None,
            to: None,
            with: Vec::new(),
            optional: Vec::new(),
            one_of: Vec::new(),
            via: None,
            grid: 15,
            zone: None,
            weekly: None,
            count: 5,
            points_a_day: 10,
            without_unknown: false,
        }
    }
}

/// What can be done with holds.
#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// Hold a time until further notice
    #[command(after_help = "\
Examples:
  kalends hold add --at 2026-03-03T14:00 --length 1h --title \"Call with Bob?\" --expires 2d
  kalends hold add --at 2026-03-03T14:00 --length 1h --expires 90m --despite --json

It is a tentative event in the calendar own/main; edges from there carry it to other calendars.
A hold with the id of one that is there changes nothing, so a repeated call is safe: --id.")]
    Add {
        /// When it begins
        #[arg(long, value_name = "T")]
        at: Moment,
        /// How long it is
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        length: i64,
        /// What it is called
        #[arg(long, default_value = "Hold")]
        title: String,
        /// How long it is held
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH", default_value = "1d")]
        expires: i64,
        /// Although the time is taken
        #[arg(long)]
        despite: bool,
        /// The hold's id: the same call again changes nothing
        #[arg(long, value_name = "HOLD")]
        id: Option<HoldId>,
    },
    /// What is held
    #[command(after_help = "\
Example:
  kalends hold list")]
    List,
    /// Hold for longer, or for less long: counted from now
    #[command(after_help = "\
Example:
  kalends hold extend hld_01J9Z3NDEKTSV4RRFFQ69G5FAV --expires 3d")]
    Extend {
        /// Its id
        id: HoldId,
        /// How long from now
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        expires: i64,
    },
    /// Let the time go
    #[command(after_help = "\
Example:
  kalends hold release hld_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Release {
        /// Its id
        id: HoldId,
    },
    /// It takes place: the hold becomes an event
    #[command(after_help = "\
Example:
  kalends hold convert hld_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Convert {
        /// Its id
        id: HoldId,
        /// Although something came into its time
        #[arg(long)]
        despite: bool,
    },
}

/// What can be done with searches for a time.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// Search for a time, by what is recorded here and by the busy times of others
    #[command(after_help = "\
Examples:
  kalends session open --length 1h --from 2026-03-02 --to 2026-03-06 --title \"Planning\" --expires 2d
  kalends session open --length 30m --with bob --with gph_01J9Z3NDEKTSV4RRFFQ69G5FAV

Others are users of this data folder, or their graphs. Only busy times cross between graphs, and
those only where `rule set consent` allows it. Who has to be asked answers with `meeting accept`.")]
    Open {
        /// How long the meeting is
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH")]
        length: i64,
        /// From this time on [default: now]
        #[arg(long, value_name = "T")]
        from: Option<Moment>,
        /// To this time [default: seven days later]
        #[arg(long, value_name = "T")]
        to: Option<Moment>,
        /// Minutes of the hour at which it may begin
        #[arg(long, default_value_t = 15, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(5..=1440))]
        grid: u16,
        /// What the event is called; it goes to nobody else
        #[arg(long, default_value = "Meeting")]
        title: String,
        /// A user, or a graph, who is to take part (repeatable)
        #[arg(long, value_name = "USER")]
        with: Vec<String>,
        /// How long the search lasts at most
        #[arg(long, allow_hyphen_values = true, value_parser = read_length, value_name = "LENGTH", default_value = "1d")]
        expires: i64,
        /// The session's id: the same call again changes nothing
        #[arg(long, value_name = "SESSION")]
        id: Option<SessionId>,
    },
    /// Searches under way, and those over in the last thirty days
    #[command(after_help = "\
Example:
  kalends session list")]
    List,
    /// One search with its candidates
    #[command(after_help = "\
Example:
  kalends session show ses_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Show {
        /// Its id
        id: SessionId,
    },
    /// Hold one of the candidates
    #[command(after_help = "\
Examples:
  kalends session hold ses_01J9Z3NDEKTSV4RRFFQ69G5FAV
  kalends session hold ses_01J9Z3NDEKTSV4RRFFQ69G5FAV --at 2026-03-03T14:00")]
    Hold {
        /// Its id
        id: SessionId,
        /// Which: its start [default: the best]
        #[arg(long, value_name = "T")]
        at: Option<Moment>,
    },
    /// What is held takes place
    #[command(after_help = "\
Example:
  kalends session commit ses_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Commit {
        /// Its id
        id: SessionId,
    },
    /// Give it up, committed or not
    #[command(after_help = "\
Example:
  kalends session cancel ses_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Cancel {
        /// Its id
        id: SessionId,
    },
}

/// What can be done with meetings of several graphs.
#[derive(Debug, Subcommand)]
pub(crate) enum MeetingCommand {
    /// Meetings that are not over, and those that wait for a word from here
    #[command(after_help = "\
Example:
  kalends meeting list")]
    List,
    /// Keep the time for a meeting that another graph asks for
    #[command(after_help = "\
Example:
  kalends meeting accept mtg_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Accept {
        /// Its id
        id: MeetingId,
    },
    /// Refuse it; the time is free again, and another one is looked for
    #[command(after_help = "\
Example:
  kalends meeting refuse mtg_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Refuse {
        /// Its id
        id: MeetingId,
    },
}

/// The longest length that is read: ten years.
const LENGTH_MS_MAX: i64 = 3_660 * 86_400_000;

/// Reads `1d2h30m` as milliseconds.
pub(crate) fn read_length(text: &str) -> Result<i64, String> {
    let wrong = || "a length is 30m, 1h30m, 2d or 1w".to_owned();
    let (mut total_ms, mut number) = (0_i64, String::new());
    for c in text.chars() {
        let unit_ms = match c {
            '0'..='9' if number.len() < 6 => {
                number.push(c);
                continue;
            }
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            'w' => 7 * 86_400_000,
            _ => return Err(wrong()),
        };
        total_ms += number.parse::<i64>().map_err(|_| wrong())? * unit_ms;
        if total_ms > LENGTH_MS_MAX {
            return Err("a length is at most ten years".to_owned());
        }
        number.clear();
    }
    if number.is_empty() && total_ms > 0 { Ok(total_ms) } else { Err(wrong()) }
}

/// Reads a zone by its name.
pub(crate) fn read_zone(text: &str) -> Result<Zone, String> {
    Zone::resolve(text).ok_or_else(|| format!("there is no zone {text:?}: Europe/Berlin is one"))
}

/// What another person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TierArg {
    /// See when time is taken, and ask
    Ask,
    /// And book what is free
    Book,
    /// And book where rules speak against it
    Waive,
}

#[cfg(test)]
mod tests {
    use super::read_length;

    /// Catches lengths that are added up past what a number holds.
    #[test]
    fn a_length_is_at_most_ten_years() {
        assert_eq!(read_length("1w2d3h4m"), Ok(((9 * 24 + 3) * 60 + 4) * 60_000));
        assert!(read_length("520w").is_ok());
        for text in ["999999w".repeat(40_000), "999999w".to_owned(), "530w".to_owned()] {
            assert!(read_length(&text).is_err_and(|why| why.contains("ten years")));
        }
        for text in ["", "0m", "1", "m", "1y"] {
            assert!(read_length(text).is_err(), "{text}");
        }
    }
}
