//! A server of raw bytes, to misbehave with; and a store with one account.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod catalog;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) use catalog::{ACCOUNT, Asked, GRAPH, store};

/// A server that handles each connection in a thread of its own.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    /// Heads of the requests that were read, with the bodies that came along.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

/// One connection, at the server's end.
pub(crate) struct Peer {
    stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
    /// Counts the connections from zero.
    pub(crate) number: usize,
}

impl Server {
    pub(crate) fn start(handle: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, handle) = (Arc::clone(&requests), Arc::new(handle));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (log, handle) = (Arc::clone(&log), Arc::clone(&handle));
                let stream = stream.unwrap();
                thread::spawn(move || handle(&mut Peer { stream, requests: log, number }));
            }
        });
        Self { at, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/a", self.at)
    }

    pub(crate) fn request_count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

impl Peer {
    /// Reads one request whole; `None` at the end of the connection.
    pub(crate) fn read(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let length = self.stream.read(&mut piece).ok().filter(|length| *length > 0)?;
            text.extend_from_slice(&piece[..length]);
            let shown = String::from_utf8_lossy(&text).into_owned();
            let Some((head, body)) = shown.split_once("\r\n\r\n") else { continue };
            let wanted = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned)
                })
                .map_or(0, |length| length.trim().parse::<usize>().unwrap());
            if body.len() >= wanted {
                self.requests.lock().unwrap().push(shown.clone());
                return Some(shown);
            }
        }
    }

    /// Says something; whether the other end still listens.
    pub(crate) fn say(&mut self, text: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(text.as_ref()).and_then(|()| self.stream.flush()).is_ok()
    }

    pub(crate) fn ok(&mut self, body: &str) -> bool {
        self.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// Says nothing for so long.
    pub(crate) fn rest(&self, millis: u64) {
        thread::sleep(Duration::from_millis(millis));
    }
}
