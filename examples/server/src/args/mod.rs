//! The command line.

#[cfg(feature = "demo")]
mod demo;
mod edge;
mod event;
mod operate;
mod planning;
mod rules;
mod serve;
mod set_up;
mod view;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[cfg(feature = "demo")]
pub(crate) use demo::DemoArgs;
pub(crate) use edge::{
    DetailFlag, EdgeAdd, EdgeChange, EdgeCommand, EventKindFlag, GateFlag, OnConflictFlag,
    OnDeleteFlag, OnEditFlag,
};
pub(crate) use event::{EventCommand, EventFlags, WhichEvent};
pub(crate) use operate::{EraseArgs, RotateArgs};
pub(crate) use planning::{
    AvailabilityArgs, HoldCommand, MeetingCommand, Moment, ProposeArgs, SessionCommand, TierArg,
    read_length, read_zone,
};
pub(crate) use rules::{RuleCommand, RuleSet, read_why};
pub(crate) use serve::{KeyCommand, LogFlag, McpArgs, ServeArgs, UserCommand, return_address};
pub(crate) use set_up::{
    AccountAdd, AccountCommand, BundleCommand, CalendarsArgs, CalendarsCommand, SignInArgs,
};
pub(crate) use view::{
    BudgetArgs, EventsArgs, ExportArgs, HeldCommand, JournalArgs, ParkedCommand, SpanArgs,
    read_time,
};

/// Federates calendars: mirrors events between accounts, as busy time, titles or whole.
#[derive(Debug, Parser)]
#[command(name = "kalends", version, after_help = EXAMPLES, infer_subcommands = false)]
pub(crate) struct Cli {
    /// The data folder [default: the platform's folder for program data]
    #[arg(long, global = true, env = "KALENDS_DATA", hide_env_values = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print one JSON document on standard output, for errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Accounts: add, list, show, remove
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends account add caldav --name work --url https://dav.example.org --user alice
  kalends account list"
    )]
    Account(AccountCommand),
    /// Calendars of all accounts or of one, and which of them are read
    Calendars(CalendarsArgs),
    /// Edges: which calendar is mirrored into which
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends edge add --from home/Personal --to work/Calendar --detail busy
  kalends edge list"
    )]
    Edge(EdgeCommand),
    /// Show what a sync would write, event by event, and change nothing
    #[command(after_help = "\
Examples:
  kalends plan
  kalends plan --json")]
    Plan,
    /// Read what changed everywhere and write what follows, until settled
    #[command(after_help = "\
Examples:
  kalends sync
  kalends sync --json")]
    Sync,
    /// Keep syncing until stopped
    #[command(after_help = "\
Examples:
  kalends watch
  kalends watch --every 60
  kalends watch --listen 127.0.0.1:8080 --public https://cal.example.org/notices

Without --listen nobody can tell of changes, and each calendar is asked.")]
    Watch {
        /// Seconds between two syncs, 5 at least
        #[arg(long, default_value_t = 300, value_name = "SECONDS",
              allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(5..))]
        every: u32,
        /// Take notices of providers in on this address, plain HTTP: for a proxy with TLS
        #[arg(long, value_name = "ADDR:PORT", requires = "public")]
        listen: Option<std::net::SocketAddr>,
        /// The public address that leads there, https
        #[arg(long, value_name = "URL", requires = "listen")]
        public: Option<String>,
    },
    /// What the edges will spend a day of what providers allow, account by account
    Budget(BudgetArgs),
    /// What takes place between two times
    Events(EventsArgs),
    /// One event: made, shown, changed, deleted
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends event add --title Planning --start 2026-03-02T09:00
  kalends event show evt_01J9Z3NDEKTSV4RRFFQ69G5FAV"
    )]
    Event(EventCommand),
    /// When the time between two times is taken
    Freebusy(SpanArgs),
    /// When you have time, and why not: a picture of the week
    Availability(AvailabilityArgs),
    /// The best times for a meeting, alone or with others
    Propose(ProposeArgs),
    /// How you want to work: hours, trips, buffers, limits, and who may ask for your time
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends rule set hours mon-fri 09:00-17:30
  kalends rule list"
    )]
    Rule(RuleCommand),
    /// Times held until further notice
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends hold add --at 2026-03-03T14:00 --length 1h --expires 2d
  kalends hold list"
    )]
    Hold(HoldCommand),
    /// Searches for a time: candidates, one of them held, committed or given up
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends session open --length 1h
  kalends session list"
    )]
    Session(SessionCommand),
    /// Meetings that other users of this folder ask for: list, accept, refuse
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends meeting list
  kalends meeting accept mtg_01J9Z3NDEKTSV4RRFFQ69G5FAV"
    )]
    Meeting(MeetingCommand),
    /// Why an event is mirrored where it is, and where it is not
    #[command(after_help = "\
Examples:
  kalends explain evt_01J9Z3NDEKTSV4RRFFQ69G5FAV
  kalends explain 7f3c@example.org")]
    Explain {
        /// The event's id or its iCalendar UID
        event: String,
    },
    /// What changed, when and why
    Journal(JournalArgs),
    /// The newest runs, what happened in each, and which of them can be taken back
    #[command(after_help = "\
Examples:
  kalends runs
  kalends runs --limit 100 --json
  kalends runs --after run_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Runs {
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Older ones than this run, the last that was shown
        #[arg(long, value_name = "RUN")]
        after: Option<String>,
    },
    /// Take back what a run changed here
    #[command(after_help = "\
Example:
  kalends undo run_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Undo {
        /// The run's id, from `runs`
        run: String,
    },
    /// Bring back a content that lost in a conflict
    #[command(after_help = "\
Example:
  kalends restore 4711")]
    Restore {
        /// The number of the journal entry that holds it
        version: u64,
    },
    /// Let a paused or detached mirror follow its origin again
    #[command(after_help = "\
Example:
  kalends resume evt_01J9Z3NDEKTSV4RRFFQ69G5FAV/pol_2DSQE84JGE3653W0TP7H82Z9F6")]
    Resume {
        /// The part as `explain` prints it: EVENT/EDGE or EVENT/EDGE/PART
        part: String,
    },
    /// Deletions held for review
    #[command(
        subcommand,
        after_help = "\
Example:
  kalends held list"
    )]
    Held(HeldCommand),
    /// Mirror parts that are tried no more
    #[command(
        subcommand,
        after_help = "\
Example:
  kalends parked list"
    )]
    Parked(ParkedCommand),
    /// How accounts, calendars and edges are
    #[command(after_help = "\
Examples:
  kalends status
  kalends status --json")]
    Status,
    /// Write all events to an iCalendar file
    Export(ExportArgs),
    /// The graph's identity, without credentials and events, to carry to another data folder
    #[command(
        subcommand,
        after_help = "\
Example:
  kalends bundle export graph.json"
    )]
    Bundle(BundleCommand),
    /// Serve the graphs of this data folder to programs, over HTTP, and keep them in step
    Serve(ServeArgs),
    /// See it all with simulated accounts, and none of your own
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
    /// Serve one person's calendars to a program that thinks, as tools of the Model Context
    /// Protocol over standard input and output
    Mcp(McpArgs),
    /// Keys that open the server
    #[command(
        subcommand,
        after_help = "\
Example:
  kalends key create --name app --json"
    )]
    Key(KeyCommand),
    /// Those whom the server serves, each with a graph of their own
    #[command(
        subcommand,
        after_help = "\
Example:
  kalends user add alice"
    )]
    User(UserCommand),
    /// Whether everything this program stands on is sound: folder, keys, file, clock, providers
    #[command(after_help = "\
Examples:
  kalends doctor
  kalends doctor --offline --json

Ends with 0 where all is good, with 3 where something wants to be looked at, and with 1 where something
does not work.")]
    Doctor {
        /// Ask no provider
        #[arg(long)]
        offline: bool,
    },
    /// Change the key that credentials and the journal are sealed with, while everything runs
    RotateKey(RotateArgs),
    /// Erase everything of somebody: mirrors at providers, sign-ins, rows; and sign that it was done
    Erase(EraseArgs),
    /// Verify what `erase` signed; it needs no data folder
    #[command(after_help = "\
Examples:
  kalends verify-certificate erased.json
  kalends verify-certificate erased.json --key A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")]
    VerifyCertificate {
        /// The certificate
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The public key it must be signed with: /certificates/key of the server has it
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
}

const EXAMPLES: &str = "\
Examples:
  KALENDS_PASSWORD=... kalends account add caldav --name work --url https://dav.example.org --user alice
  kalends account add feed --name team --url https://example.org/team.ics
  kalends calendars
  kalends edge add --from team/Team --to work --detail title
  kalends edge add --from home/Personal --to work/Calendar --detail busy --two-way
  kalends plan
  kalends sync
  kalends explain evt_01J9Z3NDEKTSV4RRFFQ69G5FAV

Exit codes:
  0  done
  1  it failed
  2  the command line makes no sense as it is, or names what is not there
  3  not settled, something is held for review or was given up, or a calendar of an edge is gone
  4  an account needs its password again

Files: kalends.sqlite in the data folder, and the sealing key beside it (kalends.key, or KALENDS_KEY).";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use super::*;

    /// The words of an example, quoted ones whole, without variables before the program.
    fn words(line: &str) -> Vec<String> {
        let unquoted = line.split('"').enumerate().flat_map(|(n, text)| match n % 2 {
            0 => text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            _ => vec![text.to_owned()],
        });
        unquoted.skip_while(|word| word.contains('=')).collect()
    }

    fn has_examples(command: &Command, path: &str) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().filter(|line| line.starts_with("  ") && line.contains("kalends "));
        let examples: Vec<Vec<String>> = lines.map(words).collect();
        let of_this = |words: &Vec<String>| words.join(" ").replace("--data new ", "");
        let shown = examples.iter().any(|words| of_this(words).starts_with(path));
        assert!(shown, "{path} --help shows no example of it: {help}");
        for words in &examples {
            let read = Cli::try_parse_from(words);
            assert!(read.is_ok(), "{path}: {words:?}: {}", read.unwrap_err());
        }
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            has_examples(below, &format!("{path} {}", below.get_name()));
        }
    }

    #[test]
    fn every_command_shows_an_example_that_it_takes() {
        has_examples(&Cli::command(), "kalends");
    }
}
