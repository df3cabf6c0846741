//! A program that ends with the one that started it.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts the program behind it, and ends that when its own input ends: the input is a pipe from
/// us, so it ends on drop, at exit without drop, and when we are killed.
const LEASH: &str = r#"
exec 3<&0
"$@" </dev/null &
program=$!
(cat <&3 >/dev/null; kill $program 2>/dev/null) &
wait $program
"#;

const READY_WITHIN: Duration = Duration::from_secs(30);

/// A program on the leash.
#[derive(Debug)]
pub(crate) struct Leashed(Child);

impl Leashed {
    /// Starts a program with what it prints in a file.
    pub(crate) fn start(command: &Command, log: &Path) -> io::Result<Self> {
        let log = File::create(log)?;
        let mut leash = Command::new("sh");
        leash.args(["-c", LEASH, "sh"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leash.env(name, value),
                None => leash.env_remove(name),
            };
        }
        let child = leash.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self(child))
    }

    /// Waits until something accepts at the port; `false` when the program ended first or the
    /// time is over.
    pub(crate) fn accepts(&mut self, port: u16) -> io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let start = Instant::now();
        while start.elapsed() < READY_WITHIN {
            if self.0.try_wait()?.is_some() {
                return Ok(false);
            }
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                // What accepts must be ours: with the port taken, ours would end about now.
                std::thread::sleep(Duration::from_millis(50));
                return Ok(self.0.try_wait()?.is_none());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(false)
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing is left to do where this fails: the program is gone already.
        let _ = self.0.wait();
    }
}

/// A port that nothing listens on at this moment.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether nothing listens on a port at this moment.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
