//! Arguments of the demo.

use clap::Args;

/// How the demo runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends demo
  kalends demo --port 8090 --no-open
  kalends demo --edits-every 0

Nothing of it is real and nothing leaves this machine: Google, Microsoft and a CalDAV server are
simulated on the loopback address, in a data folder of their own that goes with the demo. The server is
`kalends serve` itself. Prints one line, READY {\"url\", \"page\"}; the page is a link that signs a browser
in once.")]
pub(crate) struct DemoArgs {
    /// The port of the server; 0: any free one
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub(crate) port: u16,
    /// Leave it to you to open the page
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Seconds between two things that somebody does in their calendars; 0: nobody does anything
    #[arg(long, default_value_t = 12, value_name = "SECONDS")]
    pub(crate) edits_every: u32,
}
