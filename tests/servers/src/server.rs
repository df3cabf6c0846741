//! The servers, and how each is started.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Leashed, free_port, is_free};
use crate::tools::Tools;

/// Names and passwords of the people that each server knows.
const PEOPLE: [(&str, &str); 2] = [("alice", "wonder-7"), ("bob", "builder-8")];

/// A port can be taken between finding it and listening on it.
const ATTEMPTS: usize = 3;

/// A calendar server that other people wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Radicale: sync-collection with data; stores what it parsed, not what it was sent.
    Radicale,
    /// Xandikos: sync-collection with hashes as tokens; asks nobody to sign in.
    Xandikos,
    /// SabreDAV 1.8: no sync-collection, so ctag and ETags.
    Sabre,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something is not installed.
    #[error("{0} is not installed; run `cargo xtask test`, which installs it or says how")]
    Missing(String),
    /// The program ended or never listened; with what it printed.
    #[error("{server:?} does not accept connections; it printed:\n{log}")]
    Deaf {
        /// Which one.
        server: Server,
        /// Its output.
        log: String,
    },
    /// Something listens on the port that was asked for.
    #[error("port {0} is taken; give another")]
    Taken(u16),
    /// Its folder or process could not be made.
    #[error("prepare the server: {0}")]
    Io(#[from] io::Error),
}

/// Someone who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name to sign in with.
    pub user: String,
    /// The password.
    pub password: String,
    /// The address of the collection that holds this person's calendars, ending in `/`; a new
    /// calendar is made one segment below it.
    pub home: String,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Which one it is.
    pub server: Server,
    /// The address of its root, ending in `/`, where discovery starts.
    pub url: String,
    /// The first person's name.
    pub user: String,
    /// The first person's password.
    pub password: String,
    /// Everyone who may sign in, the first person first. On Xandikos this is one person, and any
    /// name and password will do.
    pub accounts: Vec<Account>,
    port: u16,
    // The order matters: the program ends before its folder goes.
    process: Option<Leashed>,
    dir: TempDir,
}

impl Running {
    /// The folder that holds the server's files and its `log`.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Ends the server, so that its address refuses connections; its files stay.
    pub fn halt(&mut self) {
        self.process = None;
    }

    /// Starts it again at the same address, with the files it had.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub fn resume(&mut self) -> Result<(), StartError> {
        self.halt();
        let log = self.dir.path().join("log");
        let mut process = Leashed::start(&self.server.command(self.dir.path(), self.port)?, &log)?;
        if !process.accepts(self.port)? {
            return Err(StartError::Deaf { server: self.server, log: fs::read_to_string(log)? });
        }
        self.process = Some(process);
        Ok(())
    }
}

impl Server {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Radicale, Self::Xandikos, Self::Sabre];

    /// Starts Radicale.
    ///
    /// # Panics
    ///
    /// When it is missing or does not start, with what to do.
    #[must_use]
    pub fn radicale() -> Running {
        Self::Radicale.start_or_panic()
    }

    /// Starts Xandikos.
    ///
    /// # Panics
    ///
    /// When it is missing or does not start, with what to do.
    #[must_use]
    pub fn xandikos() -> Running {
        Self::Xandikos.start_or_panic()
    }

    /// Starts SabreDAV.
    ///
    /// # Panics
    ///
    /// When it is missing or does not start, with what to do.
    #[must_use]
    pub fn sabre() -> Running {
        Self::Sabre.start_or_panic()
    }

    /// Starts this one.
    ///
    /// # Panics
    ///
    /// When it is missing or does not start, with what to do: a test that needs a server and has
    /// none has failed.
    #[must_use]
    pub fn start_or_panic(self) -> Running {
        self.start().unwrap_or_else(|e| panic!("{self:?}: {e}"))
    }

    /// Starts this one on a port that is free and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When something is not installed, or the server does not come up.
    pub fn start(self) -> Result<Running, StartError> {
        self.start_at(None)
    }

    /// As [`Server::start`], on this port where one is given.
    ///
    /// # Errors
    ///
    /// When something is not installed, or the server does not come up: for one, where the port is
    /// taken.
    pub fn start_at(self, port: Option<u16>) -> Result<Running, StartError> {
        // Else who listens there would pass for ours.
        if let Some(taken) = port.filter(|port| !is_free(*port)) {
            return Err(StartError::Taken(taken));
        }
        let dir = tempfile::Builder::new().prefix("kalends-server-").tempdir()?;
        let log = dir.path().join("log");
        for _ in 0..ATTEMPTS {
            let port = port.map_or_else(free_port, Ok)?;
            let mut process = Leashed::start(&self.command(dir.path(), port)?, &log)?;
            if process.accepts(port)? {
                return Ok(self.running(port, process, dir));
            }
        }
        Err(StartError::Deaf { server: self, log: fs::read_to_string(log)? })
    }

    fn running(self, port: u16, process: Leashed, dir: TempDir) -> Running {
        let url = format!("http://127.0.0.1:{port}/");
        let accounts = self.people().iter().map(|(user, password)| Account {
            user: (*user).to_owned(),
            password: (*password).to_owned(),
            home: match self {
                Self::Radicale => format!("{url}{user}/"),
                Self::Xandikos => format!("{url}{user}/calendars/"),
                Self::Sabre => format!("{url}calendars/{user}/"),
            },
        });
        let accounts = accounts.collect();
        let (user, password) = (PEOPLE[0].0.to_owned(), PEOPLE[0].1.to_owned());
        let process = Some(process);
        Running { server: self, url, user, password, accounts, port, process, dir }
    }

    fn people(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Radicale | Self::Sabre => &PEOPLE,
            Self::Xandikos => &PEOPLE[..1],
        }
    }

    fn command(self, dir: &Path, port: u16) -> Result<Command, StartError> {
        match self {
            Self::Radicale => radicale(dir, port),
            Self::Xandikos => xandikos(dir, port),
            Self::Sabre => sabre(dir, port),
        }
    }
}

fn radicale(dir: &Path, port: u16) -> Result<Command, StartError> {
    let people = PEOPLE.map(|(user, password)| format!("{user}:{password}\n")).concat();
    fs::write(dir.join("people"), people)?;
    let at = dir.display();
    // Its answer to a wrong password waits for `delay` seconds.
    let settings = format!(
        "[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 64\n\
         [auth]\ntype = htpasswd\nhtpasswd_filename = {at}/people\nhtpasswd_encryption = plain\ndelay = 0\n\
         [storage]\nfilesystem_folder = {at}/collections\n\
         [logging]\nlevel = warning\n"
    );
    fs::write(dir.join("config"), settings)?;
    let mut command = Command::new(Tools::find().in_venv("radicale")?);
    command.arg("--config").arg(dir.join("config"));
    Ok(command)
}

fn xandikos(dir: &Path, port: u16) -> Result<Command, StartError> {
    let mut command = Command::new(Tools::find().in_venv("xandikos")?);
    command.args(["serve", "--defaults", "--no-detect-systemd", "-l", "127.0.0.1", "-p"]);
    command.arg(port.to_string()).args(["--current-user-principal", "/alice/"]);
    command.arg("-d").arg(dir.join("data")).arg("--state-dir").arg(dir.join("state"));
    Ok(command)
}

fn sabre(dir: &Path, port: u16) -> Result<Command, StartError> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "sabre", "server.php"].iter().collect();
    let people = PEOPLE.map(|(user, password)| format!("{user}:{password}")).join(",");
    let mut command = Command::new(Tools::find().php()?);
    command.arg("-S").arg(format!("127.0.0.1:{port}")).arg(script);
    command.env("KALENDS_SABRE_DB", dir.join("db.sqlite")).env("KALENDS_SABRE_USERS", people);
    Ok(command)
}
