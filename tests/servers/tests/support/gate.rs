//! A gate before a real server: requests pass one by one, until something happens at one of them.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a client is answered from some request on.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// What the server says; nothing and a closed connection where there is none.
    Server,
    /// Nothing, and a closed connection.
    Nobody,
    /// This status line and HTML.
    Page(&'static str, &'static str),
}

/// Something that happens to the server right before a request reaches it.
pub(crate) type Happens = Box<dyn FnOnce() + Send>;

/// The gate, open until it is told otherwise.
pub(crate) struct Gate {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    to: SocketAddr,
    passed: usize,
    at: usize,
    /// From this one on it is open again.
    until: usize,
    happens: Option<Happens>,
    answer: Answer,
}

impl Gate {
    /// Opens one before the server at this address of the form `http://HOST:PORT/`.
    pub(crate) fn before(url: &str) -> Self {
        let to = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (at, until) = (usize::MAX, usize::MAX);
        let open = State { to, passed: 0, at, until, happens: None, answer: Answer::Server };
        let state = Arc::new(Mutex::new(open));
        let shared = state.clone();
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || pass(stream, &state));
            }
        });
        Self { address, state }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Lets this happen at that request, counted from one from now on, and gives this answer to it
    /// and to all that follow.
    pub(crate) fn shut_at(&self, at: usize, happens: Option<Happens>, answer: Answer) {
        let mut state = self.state.lock().unwrap();
        let until = usize::MAX;
        *state = State { to: state.to, passed: 0, at, until, happens, answer };
    }

    /// Lets requests from that one on find nobody, and so many later others again.
    pub(crate) fn away_at(&self, at: usize, requests: usize) {
        self.shut_at(at, None, Answer::Nobody);
        self.state.lock().unwrap().until = at + requests;
    }

    /// Opens it again.
    pub(crate) fn open(&self) {
        self.shut_at(usize::MAX, None, Answer::Server);
    }

    /// How many requests came since it was last shut or opened.
    pub(crate) fn passed(&self) -> usize {
        self.state.lock().unwrap().passed
    }
}

/// One request and its answer; a client that goes away meanwhile misses the rest.
fn pass(mut client: TcpStream, state: &Mutex<State>) {
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let Some(request) = read_request(&mut client) else { return };
    let (to, answer) = {
        let mut state = state.lock().unwrap();
        state.passed += 1;
        if state.passed < state.at || state.passed >= state.until {
            (state.to, Answer::Server)
        } else {
            if let Some(happens) = state.happens.take() {
                happens();
            }
            (state.to, state.answer)
        }
    };
    match answer {
        Answer::Nobody => {}
        Answer::Page(status, html) => {
            let length = html.len();
            let _ = write!(
                client,
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{html}"
            );
        }
        Answer::Server => {
            let Ok(mut server) = TcpStream::connect(to) else { return };
            if server.write_all(&request).is_ok() {
                let _ = std::io::copy(&mut server, &mut client);
            }
        }
    }
}

/// Head and body, with a head that asks for one answer on the connection.
fn read_request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body).ok()?;
    let (first, rest) = head.split_once("\r\n")?;
    Some([format!("{first}\r\nConnection: close\r\n{rest}").as_bytes(), &body].concat())
}
