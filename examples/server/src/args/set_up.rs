//! Arguments about accounts, calendars and bundles.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account, or give one that is known a new password or address
    #[command(
        subcommand,
        after_help = "\
Examples:
  kalends account add caldav --name work --url https://dav.example.org --user alice
  kalends account add google --name me
  kalends account add microsoft --name office
  kalends account add feed --name rota --file rota.ics"
    )]
    Add(AccountAdd),
    /// All accounts
    #[command(after_help = "\
Example:
  kalends account list")]
    List,
    /// One account with its calendars
    #[command(after_help = "\
Example:
  kalends account show work")]
    Show {
        /// Its name
        name: String,
    },
    /// Refresh the tokens of an account that was signed in to, though they are good still
    #[command(after_help = "\
Example:
  kalends account refresh me

A sync does so by itself where it is time. Exit code 4: sign in again.")]
    Refresh {
        /// Its name
        name: String,
    },
    /// Remove an account; the next sync takes its mirrors back
    #[command(after_help = "\
Examples:
  kalends account remove work
  kalends account remove work --abandon")]
    Remove {
        /// Its name
        name: String,
        /// Leave what it holds as it is, where it cannot be reached
        #[arg(long)]
        abandon: bool,
    },
}

/// The kinds of accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountAdd {
    /// An account on a CalDAV server; the password comes from KALENDS_PASSWORD, or is asked for
    #[command(after_help = "\
Examples:
  kalends account add caldav --name work --url https://dav.example.org --user alice
  kalends account add caldav --name home --user alice@example.org
  KALENDS_TOKEN=... kalends account add caldav --name lab --url https://dav.example.org --bearer

The address may be the server's, the account's or a calendar's: calendars are found from there.
Where only a domain is known, the domain itself is asked where its calendars are.")]
    Caldav {
        /// What to call it
        #[arg(long)]
        name: String,
        /// The server's address, or its domain; without it, the domain of the user name
        #[arg(long)]
        url: Option<String>,
        /// The user name
        #[arg(long, required_unless_present = "bearer")]
        user: Option<String>,
        /// Sign in with an access token from KALENDS_TOKEN, or asked for; with another one once it is
        /// over, under the same name
        #[arg(long, requires = "url", conflicts_with = "user")]
        bearer: bool,
    },
    /// An iCalendar feed, read only; with --user, its password comes from KALENDS_PASSWORD, or is
    /// asked for
    #[command(after_help = "\
Examples:
  kalends account add feed --name team --url https://example.org/team.ics
  KALENDS_PASSWORD=... kalends account add feed --name desk --url https://example.org/d.ics --user alice
  kalends account add feed --name rota --file rota.ics")]
    Feed {
        /// What to call it
        #[arg(long)]
        name: String,
        /// The feed's address (https, http or webcal)
        #[arg(long, required_unless_present = "file", conflicts_with = "file")]
        url: Option<String>,
        /// The user name, where the feed asks for one
        #[arg(long, conflicts_with = "file")]
        user: Option<String>,
        /// A local file, read at each sync
        #[arg(long, value_name = "F.ICS")]
        file: Option<PathBuf>,
    },
    /// A Google account, signed in to with a browser on this machine
    #[command(after_help = "\
Examples:
  KALENDS_GOOGLE_CLIENT_ID=... KALENDS_GOOGLE_CLIENT_SECRET=... kalends account add google --name me
  kalends account add google --name me --no-browser
  kalends account add google --name bot --token-file token.json

Asked for are the rights to read the calendars and to make one of its own; with --write also that to
change the events of the others, which edges into them need. What is not granted limits the account.
KALENDS_GOOGLE_API and KALENDS_GOOGLE_AUTH lead to another place: a simulator, a proxy.")]
    Google {
        #[command(flatten)]
        sign_in: SignInArgs,
        /// Ask for the right to write into the person's own calendars too
        #[arg(long)]
        write: bool,
    },
    /// A Microsoft account, personal or of an organisation, signed in to with a browser on this
    /// machine
    #[command(after_help = "\
Examples:
  KALENDS_MICROSOFT_CLIENT_ID=... kalends account add microsoft --name office
  KALENDS_MICROSOFT_TENANT=contoso.example kalends account add microsoft --name office
  kalends account add microsoft --name bot --token-file token.json

KALENDS_MICROSOFT_CLIENT_SECRET is for a program that has one. KALENDS_MICROSOFT_API and
KALENDS_MICROSOFT_AUTH lead to another place: a national cloud, a simulator, a proxy.")]
    Microsoft {
        #[command(flatten)]
        sign_in: SignInArgs,
    },
}

/// Whom a person signs in as.
#[derive(Debug, Args)]
pub(crate) struct SignInArgs {
    /// What to call it
    #[arg(long)]
    pub(crate) name: String,
    /// Open no browser: only show the address to sign in at
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) no_browser: bool,
    /// Take ready tokens from a file instead: an access token, the JSON of an answer with tokens, or
    /// google-auth's authorized user
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Which calendars are shown.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  kalends calendars
  kalends calendars work
  kalends calendars scope work/Birthdays --off
  kalends calendars replace team --with work/Team"
)]
pub(crate) struct CalendarsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<CalendarsCommand>,
    /// Only those of this account
    pub(crate) name: Option<String>,
}

/// What can be done with calendars.
#[derive(Debug, Subcommand)]
pub(crate) enum CalendarsCommand {
    /// Read a calendar from now on, or do not
    #[command(after_help = "\
Example:
  kalends calendars scope work/Birthdays --off")]
    Scope {
        /// NAME/CAL: the account's name, and the calendar's id, display name or last path segment
        #[arg(value_name = "NAME/CAL")]
        calendar: String,
        /// Read it
        #[arg(long, required_unless_present = "off", conflicts_with = "off")]
        on: bool,
        /// Do not read it: what it showed is forgotten and its mirrors retire
        #[arg(long)]
        off: bool,
    },
    /// Let another calendar that shows the same events take the place of one: edges start there, and
    /// keep their ids and mirrors
    #[command(after_help = "\
Examples:
  kalends calendars replace team --with work/Team
  kalends calendars replace work/Team --with team

The first is a feed that an account was connected for: sync first, so that both are read. The second
goes back to the feed, where its scope is on again. The calendar that is replaced is read no more.")]
    Replace {
        /// The calendar whose place is taken
        #[arg(value_name = "NAME/CAL")]
        calendar: String,
        /// The calendar that takes it
        #[arg(long = "with", value_name = "NAME/CAL")]
        by: String,
        /// Also where mirrors go or show more by it, or a change was not written yet
        #[arg(long)]
        anyway: bool,
    },
}

/// What can be done with bundles.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// Write the graph's id, secret, accounts without credentials, scopes and edges to a file
    #[command(after_help = "\
Example:
  kalends bundle export graph.json")]
    Export {
        /// The file; made for its owner's eyes only
        file: PathBuf,
    },
    /// Set an empty data folder up from such a file, or see that it is; then give each account its
    /// password with `account add` under the same name
    #[command(after_help = "\
Example:
  kalends --data new bundle import graph.json")]
    Import {
        /// The file
        file: PathBuf,
    },
}
