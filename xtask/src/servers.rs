//! `cargo xtask servers`: the servers of the tests, for trying things by hand.

use std::io;

use clap::ValueEnum;
use kalends_servers::{Running, Server};

use crate::run::{Done, loudly};
use crate::{tools, walk};

/// A server, as it is named on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Name {
    /// PyPI's radicale.
    Radicale,
    /// PyPI's xandikos.
    Xandikos,
    /// SabreDAV 1.8, Debian's php-sabre-dav.
    Sabre,
}

impl From<Name> for Server {
    fn from(name: Name) -> Self {
        match name {
            Name::Radicale => Self::Radicale,
            Name::Xandikos => Self::Xandikos,
            Name::Sabre => Self::Sabre,
        }
    }
}

/// Starts the named servers, or all, with the calendars of the walk-through where there are two
/// people, says how to reach them, and waits for Enter.
pub(crate) fn run(names: &[Name], port: Option<u16>) -> Done {
    for problem in tools::install() {
        loudly(&problem);
    }
    let wanted: Vec<Server> = match names {
        [] => Server::ALL.to_vec(),
        names => names.iter().copied().map(Server::from).collect(),
    };
    if port.is_some() && wanted.len() != 1 {
        return Err(
            "a port is for one server: name it, as in `servers radicale --port 5232`".into()
        );
    }
    let start = |server: Server| -> Option<Running> {
        let started = server.start_at(port);
        started.map_err(|e| loudly(&format!("{server:?}: {e}"))).ok()
    };
    let started: Vec<Running> = wanted.into_iter().filter_map(start).collect();
    if started.is_empty() {
        return Err("no server started".to_owned());
    }
    for running in &started {
        if running.accounts.len() > 1 {
            walk::seed(running)?;
        }
        println!("{:?}  {}", running.server, running.url);
        for account in &running.accounts {
            println!(
                "  {:6} {:10} calendars below {}",
                account.user, account.password, account.home
            );
        }
    }
    println!("Enter stops them; what they hold is forgotten then.");
    io::stdin().read_line(&mut String::new()).map_err(|e| format!("wait for Enter: {e}"))?;
    Ok(())
}
