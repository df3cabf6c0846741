//! The server of the demo: this program as `serve`, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::stage::Stage;
use crate::error::CliError;
use crate::interrupt::LEASH;

/// How often it is looked whether a process has ended.
const LOOK: Duration = Duration::from_millis(50);

/// A data folder that goes with the demo.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make() -> Result<Self, CliError> {
        let mut drawn = [0; 8];
        getrandom::fill(&mut drawn).map_err(|error| CliError::failed("random", &error))?;
        let name: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("kalends-demo-{name}"));
        std::fs::create_dir(&path)
            .map_err(|error| CliError::file(&path.display().to_string(), &error))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies where the system clears up by itself.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The running server. It ends with this.
pub(super) struct Server {
    child: Mutex<Child>,
    url: String,
}

impl Server {
    /// Starts it, and waits until it accepts requests.
    pub(super) async fn start(folder: &Folder, stage: &Stage, port: u16) -> Result<Self, CliError> {
        let port = if port == 0 { free_port()? } else { port };
        let (listen, public) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}"));
        let mut command = Command::new(std::env::current_exe()?);
        // Providers tell of changes at the public address, so that nobody waits for the next look.
        command
            .args(["serve", "--allow-private", "--listen", &listen, "--public", &public])
            .arg("--data")
            .arg(folder.path())
            .envs(stage.variables())
            .env_remove("KALENDS_MICROSOFT_TENANT")
            .env_remove("KALENDS_MICROSOFT_CLIENT_SECRET")
            // It ends when this does, however this ends.
            .env(LEASH, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // An interruption at the terminal is for the demo, which ends the server in its turn.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let said = child.stdout.take();
        let server = Self { child: Mutex::new(child), url: public };
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            said.map(|said| BufReader::new(said).read_line(&mut line));
            line
        });
        let line = read.await.unwrap_or_default();
        let ready = line.strip_prefix("READY ").map(serde_json::from_str::<Value>);
        match ready {
            Some(Ok(_)) => Ok(server),
            Some(Err(_)) | None => {
                Err(CliError::failed("demo", &"the server does not start: see what it says above"))
            }
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Comes back once it has ended.
    pub(super) async fn died(&self) {
        while self.is_there() {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn is_there(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The server has to know its own address before it has one.
fn free_port() -> Result<u16, CliError> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
