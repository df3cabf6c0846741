//! A program of others that is told of changes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// What it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{name}: {self:?}")).1.as_str()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Heard {
    messages: Vec<Received>,
    connections: usize,
}

/// A listener on a port of its own, until the process ends.
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Heard>>,
}

impl Receiver {
    /// It answers with these statuses first, and then with 204. With 503 it asks for an hour's rest.
    pub(crate) fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let (shared, statuses) = (heard.clone(), statuses.to_vec());
        thread::spawn(move || {
            for stream in listener.incoming() {
                shared.lock().unwrap().connections += 1;
                // One that was killed in mid-request says no more.
                let _ = talk(stream.unwrap(), &shared, &statuses);
            }
        });
        Self { url, heard }
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        self.heard.lock().unwrap().connections
    }

    /// Waits until this is so of all that was sent.
    #[track_caller]
    pub(crate) fn until(&self, is: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        for _ in 0..600 {
            let all = self.heard.lock().unwrap().messages.clone();
            if is(&all) {
                return all;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("it was never told: {:?}", self.heard.lock().unwrap().messages);
    }
}

/// One request of a connection, which ends with it.
fn talk(stream: TcpStream, heard: &Mutex<Heard>, statuses: &[u16]) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut headers, mut length) = (String::new(), Vec::new(), 0);
    reader.read_line(&mut line)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let status = {
        let mut heard = heard.lock().unwrap();
        heard.messages.push(Received { headers, body });
        statuses.get(heard.messages.len() - 1).copied().unwrap_or(204)
    };
    let rest = if status == 503 { "retry-after: 3600\r\n" } else { "" };
    write!(writer, "HTTP/1.1 {status} x\r\n{rest}content-length: 0\r\nconnection: close\r\n\r\n")
}
