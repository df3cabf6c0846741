//! `kalends demo`: the server before simulated providers, with somebody who edits their calendars.
//!
//! The server is this program once more, as `serve`, in a process and a data folder of its own. Accounts
//! are connected as people connect theirs: with a password, or with a browser at the provider's page.

mod browser;
mod people;
mod server;
mod stage;

use std::io::IsTerminal as _;
use std::time::Duration;

use kalends::core::graph::EdgeOptions;
use serde_json::{Value, json};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::channel;

use self::browser::Browser;
use self::people::People;
use self::server::{Folder, Server};
use self::stage::{Stage, ZONE};
use crate::accounts::{GOOGLE, MICROSOFT};
use crate::args::{DemoArgs, DetailFlag, KeyCommand};
use crate::commands::birth::Birth;
use crate::commands::{account_add, edge, key};
use crate::data::Data;
use crate::error::CliError;
use crate::interrupt::on_interrupt;
use crate::outcome::{Outcome, announce, warn};
use crate::serve::{EdgeBody, OWNER, Registry, invite};

/// What is mirrored where from the beginning.
const EDGES: [(&str, &str, DetailFlag); 4] = [
    ("work", "private", DetailFlag::Busy),
    ("private", "work", DetailFlag::Busy),
    ("family", "work", DetailFlag::Busy),
    ("family", "private", DetailFlag::Title),
];

/// Runs until it is interrupted.
pub(crate) async fn run(args: DemoArgs) -> Result<Outcome, CliError> {
    let (stop, mut asked) = channel(false);
    // Where nobody listens any more, the demo has ended.
    let end = move || {
        let _ = stop.send(true);
    };
    on_interrupt(end.clone());
    #[cfg(unix)]
    on_hangup(end)?;
    let folder = Folder::make()?;
    tokio::select! {
        ended = play(&folder, &args) => ended?,
        _ = asked.wait_for(|asked| *asked) => {}
    }
    Ok(Outcome::new(json!({"stopped": true}), ""))
}

/// The terminal is closed.
#[cfg(unix)]
fn on_hangup(ask: impl FnOnce() + Send + 'static) -> Result<(), CliError> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        hangup.recv().await;
        ask();
    });
    Ok(())
}

/// Comes back only with what goes wrong.
async fn play(folder: &Folder, args: &DemoArgs) -> Result<(), CliError> {
    let stage = Stage::set().await?;
    let server = Server::start(folder, &stage, args.port).await?;
    let data = Data::open(Some(folder.path().to_owned())).await?;
    let url = server.url();
    connect(&data, &stage, url).await?;
    let page = invite(&Registry::of(&data)?, url, OWNER)?;
    announce(&format!("READY {}", json!({"url": url, "page": page})));
    if std::io::stdout().is_terminal() {
        warn(&format!("\nOpen {page}\nCtrl-C ends it, and nothing is left."));
        if !args.no_open && open::that_detached(&page).is_err() {
            warn("no browser could be opened here");
        }
    }
    let people = People::new(&stage).edit(Duration::from_secs(args.edits_every.into()));
    tokio::select! {
        ended = people => ended,
        () = server.died() => Err(CliError::failed("demo", &"the server ended by itself")),
    }
}

/// Connects the three accounts and draws the edges between them.
async fn connect(data: &Data, stage: &Stage, url: &str) -> Result<(), CliError> {
    let make = KeyCommand::Create { name: "demo".to_owned(), user: None, scope: Vec::new() };
    let made: Value = key::run(data, make)?.json;
    let mut browser = Browser::new(data.http()?, url, made["key"].as_str().unwrap_or_default());
    browser.ask("/v1/rules", &json!({"kind": "home", "zone": ZONE})).await?;
    browser.sign_in(GOOGLE, "private").await?;
    browser.sign_in(MICROSOFT, "work").await?;
    let (address, user, password) = stage.family_login();
    account_add::caldav(data, "family".to_owned(), Some(&address), user, password).await?;
    for (from, to, detail) in EDGES {
        let mut options = EdgeOptions::default();
        EdgeBody::of_detail(detail).apply(&mut options);
        edge::make(data, (from, to), options, (&Birth::now(), false)).await?;
    }
    Ok(())
}
