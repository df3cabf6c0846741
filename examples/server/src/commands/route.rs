//! Which command does what.

use crate::args::{Cli, Command};
use crate::commands::{
    account, availability, budget, bundle, calendars, doctor, edge, erase, event, events, explain,
    export, held, hold, journal, key, meeting, parked, plan, propose, rotate, rule, runs, session,
    status, sync, undo, user, watch,
};
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::{mcp, serve};

/// Carries a command out.
pub(crate) async fn run(cli: Cli) -> Result<Outcome, CliError> {
    // Opened by those that need it: an import brings a graph of its own.
    let data = Data::open(cli.data.clone());
    match cli.command {
        Command::Account(command) => account::run(&data.await?, command).await,
        Command::Calendars(args) => calendars::run(&data.await?, args).await,
        Command::Edge(command) => edge::run(&data.await?, command).await,
        Command::Plan => plan::run(&data.await?).await,
        Command::Sync => sync::run(&data.await?).await,
        Command::Watch { every, listen, public } => {
            watch::run(&data.await?, every, listen.zip(public)).await
        }
        Command::Events(args) => events::list(&data.await?, args).await,
        Command::Event(command) => event::run(&data.await?, command).await,
        Command::Freebusy(args) => events::free_busy(&data.await?, args).await,
        Command::Availability(args) => availability::run(&data.await?, args).await,
        Command::Propose(args) => propose::run(&data.await?, args).await,
        Command::Rule(command) => rule::run(&data.await?, command).await,
        Command::Hold(command) => hold::run(&data.await?, command).await,
        Command::Session(command) => session::run(&data.await?, command).await,
        Command::Meeting(command) => meeting::run(&data.await?, command).await,
        Command::Explain { event } => explain::run(&data.await?, &event).await,
        Command::Runs { limit, after } => {
            runs::run(&data.await?, &runs::Page { limit, after }).await
        }
        Command::Journal(args) => journal::run(&data.await?, args).await,
        Command::Undo { run } => undo::undo(&data.await?, &run).await,
        Command::Restore { version } => undo::restore(&data.await?, version).await,
        Command::Resume { part } => undo::resume(&data.await?, &part).await,
        Command::Held(command) => held::run(&data.await?, command).await,
        Command::Parked(command) => parked::run(&data.await?, command).await,
        Command::Status => status::run(&data.await?, cli.json).await,
        Command::Budget(args) => budget::run(&data.await?, args).await,
        Command::Export(args) => export::run(&data.await?, args).await,
        Command::Bundle(command) => bundle::run(cli.data, command).await,
        Command::Serve(args) => serve::run(data.await?, args).await,
        #[cfg(feature = "demo")]
        Command::Demo(args) => crate::demo::run(args).await,
        Command::Mcp(args) => mcp::run(&data.await?, args).await,
        Command::Key(command) => key::run(&data.await?, command),
        Command::User(command) => user::run(&data.await?, command).await,
        Command::Doctor { offline } => doctor::run(cli.data, offline).await,
        Command::RotateKey(args) => rotate::run(&data.await?, args).await,
        Command::Erase(args) => erase::run(&data.await?, args).await,
        Command::VerifyCertificate { file, key } => erase::verify(&file, key.as_deref()),
    }
}
