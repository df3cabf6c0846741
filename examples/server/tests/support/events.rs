//! Server-sent events, as a client hears them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::api::Api;

/// One of them.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) id: Option<u64>,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A client that listens, until it is dropped.
pub(crate) struct Listener {
    reader: BufReader<TcpStream>,
    pub(crate) status: u16,
}

/// Longer than anything here takes, so that what never comes fails.
const PATIENCE: Duration = Duration::from_secs(120);

impl Listener {
    pub(crate) fn open(api: &Api, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(api.host()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", api.host());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        Self { reader, status }
    }

    /// The next event; none where the stream ends as it should, with its last chunk, or is torn off.
    pub(crate) fn next(&mut self) -> Result<Heard, End> {
        let (mut id, mut name) = (None, String::new());
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "nothing but signs of life came");
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(0) | Err(_) => return Err(End::Torn),
                Ok(_) if line == "0\r\n" => return Err(End::Clean),
                Ok(_) => {}
            }
            // Lines with the sizes of chunks are none of these.
            match line.trim_end().split_once(": ") {
                Some(("id", text)) => id = Some(text.parse().unwrap()),
                Some(("event", text)) => name = text.to_owned(),
                Some(("data", text)) => {
                    return Ok(Heard { id, name, data: serde_json::from_str(text).unwrap() });
                }
                Some(_) | None => {}
            }
        }
    }

    /// The next event with this name.
    #[track_caller]
    pub(crate) fn until(&mut self, name: &str) -> Heard {
        loop {
            let heard = self.next().unwrap();
            if heard.name == name {
                return heard;
            }
        }
    }
}

/// How a stream ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Clean,
    Torn,
}
