//! Arguments about the server, its keys and its users.

use std::net::SocketAddr;

use clap::{Args, Subcommand};

use crate::serve::Scope;

/// How the server runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends serve
  kalends serve --listen 127.0.0.1:8080 --public https://cal.example.org
  kalends serve --listen 127.0.0.1:0 --allow-private

Prints one line, READY {\"url\"}, once it accepts requests. The API is described by /v1/openapi.json, and
opened by a key: `kalends key create`.")]
pub(crate) struct ServeArgs {
    /// Where to listen, plain HTTP: for this machine, or for a proxy with TLS
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    pub(crate) listen: SocketAddr,
    /// The public address that leads there, https; without it, nobody can tell of changes, and
    /// calendars are asked
    #[arg(long, value_name = "URL")]
    pub(crate) public: Option<String>,
    /// Seconds between two looks at each calendar, 5 at least
    #[arg(long, default_value_t = 300, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(5..))]
    pub(crate) every: u32,
    /// Let accounts have private and loopback addresses: whoever holds a key reaches this network
    #[arg(long)]
    pub(crate) allow_private: bool,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key; it is shown this once
    #[command(after_help = "\
Examples:
  kalends key create --name app --json
  kalends key create --name dashboard --user alice --scope read")]
    Create {
        /// What to call it
        #[arg(long)]
        name: String,
        /// Whose graph it opens [default: that of the command line]
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// What it may do [default: everything]
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
}
