//! Arguments about the server, its keys and its users.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use url::Url;

use crate::config::ServeConfig;
use crate::serve::Scope;

/// How the server runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends serve
  kalends serve --listen 127.0.0.1:8080 --public https://cal.example.org
  kalends serve --listen 127.0.0.1:0 --allow-private
  kalends serve --config /etc/kalends.toml

Prints one line, READY {\"url\"}, once it accepts requests; on a terminal, with a link that signs a
browser in to its page (`kalends user link` makes one too). The API is described by /v1/openapi.json, and
opened by a key: `kalends key create`.

A flag comes before the environment, that before the file, and the file before the default. The file is
TOML, with the flags' names in a table [serve]; a word in it that is not known is an error.")]
pub(crate) struct ServeArgs {
    /// The file with settings [default: kalends.toml in the data folder, where there is one]
    #[arg(long, env = "KALENDS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen, plain HTTP: for this machine, or for a proxy with TLS
    /// [default: 127.0.0.1:8080]
    #[arg(long, env = "KALENDS_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// The public address that leads there, https; without it, nobody can tell of changes, and
    /// calendars are asked
    #[arg(long, env = "KALENDS_PUBLIC", value_name = "URL")]
    pub(crate) public: Option<String>,
    /// Seconds between two looks at each calendar, 5 at least [default: 300]
    #[arg(long, env = "KALENDS_EVERY", value_name = "SECONDS",
          allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(5..))]
    pub(crate) every: Option<u32>,
    /// Seconds between two times that each calendar is read whole and compared with what is known of it,
    /// which finds what no change told of, 5 at least [default: 604800, a week]
    #[arg(long, env = "KALENDS_COMPARE", value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(5..))]
    pub(crate) compare: Option<u32>,
    /// Where a browser may be sent after it signed in to a provider; may be given several times
    #[arg(long, env = "KALENDS_RETURN_TO", value_name = "URL", value_delimiter = ' ',
          value_parser = return_address)]
    pub(crate) return_to: Option<Vec<String>>,
    /// Requests that a key may send in a minute; 0: as many as it likes [default: 1200]
    #[arg(long, env = "KALENDS_RATE", value_name = "NUMBER")]
    pub(crate) rate: Option<u32>,
    /// Days for which the journal says what was changed of events; what happened stays, and the chain
    /// holds. An undo goes no farther back, and by a clock that is not known to be right nothing is
    /// erased [default: for ever]
    #[arg(long, env = "KALENDS_KEEP_HISTORY", value_name = "DAYS",
          allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep_history: Option<u32>,
    /// Write each request and each warning down on standard error, a line of JSON each, without names
    /// and secrets
    /// [default: off]
    #[arg(long, env = "KALENDS_LOG", value_enum)]
    pub(crate) log: Option<LogFlag>,
    /// Let accounts and webhooks have private and loopback addresses: whoever holds a key reaches
    /// this network [default: false]
    #[arg(long, env = "KALENDS_ALLOW_PRIVATE", num_args = 0..=1, default_missing_value = "true",
          require_equals = true, value_name = "BOOL")]
    pub(crate) allow_private: Option<bool>,
}

impl ServeArgs {
    /// What neither a flag nor the environment says is as the file has it.
    pub(crate) fn over(self, file: ServeConfig) -> Self {
        Self {
            config: self.config,
            listen: self.listen.or(file.listen),
            public: self.public.or(file.public),
            every: self.every.or(file.every),
            compare: self.compare.or(file.compare),
            return_to: self.return_to.or(file.return_to),
            rate: self.rate.or(file.rate),
            keep_history: self.keep_history.or(file.keep_history),
            log: self.log.or(file.log),
            allow_private: self.allow_private.or(file.allow_private),
        }
    }
}

/// How requests are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFlag {
    /// Not at all.
    Off,
    /// As JSON.
    Json,
}

/// Reads an address of the web.
pub(crate) fn return_address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    url.map(|_| text.to_owned()).ok_or_else(|| "an address begins with https://".to_owned())
}

/// Which tools there are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends mcp
  kalends mcp --read-only
  kalends mcp --user alice

A program that thinks is given this line to start. What it wants to change is shown as a plan until it
confirms; nobody is invited; `edge tools ID closed` keeps an edge, and what it carries, from it. Over
HTTP the same tools are at /mcp of `kalends serve`: `key create --scope tools` makes a key for them.")]
pub(crate) struct McpArgs {
    /// Whose calendars [default: those of the command line]
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Leave tools that change something out of it
    #[arg(long)]
    pub(crate) read_only: bool,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key; it is shown this once
    #[command(after_help = "\
Examples:
  kalends key create --name app --json
  kalends key create --name dashboard --user alice --scope read
  kalends key create --name ai --scope tools")]
    Create {
        /// What to call it
        #[arg(long)]
        name: String,
        /// Whose graph it opens [default: that of the command line]
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// What it may do [default: everything of its user's]
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<Scope>,
    },
    /// All keys, without their secrets
    #[command(after_help = "\
Example:
  kalends key list")]
    List,
    /// End a key at once
    #[command(after_help = "\
Example:
  kalends key revoke key_01J9Z3NDEKTSV4RRFFQ69G5FAV")]
    Revoke {
        /// Its id, from `key list`
        id: String,
    },
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user, with an empty graph
    #[command(after_help = "\
Example:
  kalends user add alice")]
    Add {
        /// What to call them: letters, digits, `.`, `_` and `-`
        name: String,
    },
    /// All users
    #[command(after_help = "\
Example:
  kalends user list")]
    List,
    /// Make a link that signs a browser in to the page of `kalends serve`, once, within 15 minutes
    #[command(after_help = "\
Examples:
  kalends user link
  kalends user link alice --at https://cal.example.org")]
    Link {
        /// Whom it signs in [default: whose the command line's calendars are]
        name: Option<String>,
        /// The server's address [default: that of the server that runs on this data folder, or
        /// http://127.0.0.1:8080]
        #[arg(long, value_name = "URL")]
        at: Option<Url>,
    },
}
