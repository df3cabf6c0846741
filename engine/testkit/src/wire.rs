//! The plain request and reply that simulators speak: no sockets, no shared structs with a client.

use std::fmt;

/// A provider that answers one request after another. Equal calls give equal replies.
pub trait SimServer {
    /// Answers one request at a moment, UTC milliseconds.
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply;

    /// Takes one request as far as it goes without asking anyone.
    fn start(&mut self, now_ms: i64, request: &SimRequest) -> Turn {
        Turn::Reply(self.handle(now_ms, request))
    }

    /// Ends a request that waited: what each receiver said, in the order of the calls; `None` for
    /// one that did not answer.
    fn resume(&mut self, now_ms: i64, ticket: u64, heard: &[Option<Heard>]) -> SimReply {
        let _ = (now_ms, heard);
        SimReply::new(500, format!("nothing waits under {ticket}"))
    }

    /// Takes what the provider sends by itself and is due. Who carries the simulator brings each to
    /// its URL and tells [`SimServer::answered`] what came of it.
    fn outgoing(&mut self, now_ms: i64) -> Vec<Outgoing> {
        let _ = now_ms;
        Vec::new()
    }

    /// Hears with which status something was answered; 503 where nobody answered.
    fn answered(&mut self, now_ms: i64, sent: Outgoing, status: u16) {
        let _ = (now_ms, sent, status);
    }
}

/// What a request comes to at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The reply.
    Reply(SimReply),
    /// The client waits while the provider asks receivers whether they are there:
    /// [`SimServer::resume`] takes what they said.
    Ask {
        /// Which request it is.
        ticket: u64,
        /// What is asked, in order.
        calls: Vec<SimRequest>,
    },
}

/// What a receiver answered, and after how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The answer.
    pub reply: SimReply,
    /// Milliseconds until it was there.
    pub after_ms: u64,
}

/// A request that a provider sends by itself, such as a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Not before this moment, UTC milliseconds.
    pub due_ms: i64,
    /// What is sent, and where to.
    pub request: SimRequest,
    /// How often it was tried before.
    pub attempts: usize,
}

/// One HTTP request as a simulator sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct SimRequest {
    /// Method in upper case, WebDAV methods included.
    pub method: String,
    /// Absolute URL, or the path with its query.
    pub url: String,
    /// Header fields in order; names in any case.
    pub headers: Vec<(String, String)>,
    /// Body octets, empty if there is none.
    pub body: Vec<u8>,
}

impl fmt::Debug for SimRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.url, self.headers)?;
        write!(f, " {:?}", String::from_utf8_lossy(&self.body))
    }
}

impl SimRequest {
    /// A request without headers and body.
    pub fn new(method: &str, url: &str) -> Self {
        Self {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds one header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The first value of a header, looked up without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Scheme and authority of the URL (`http://host:port`); `http://localhost` if it has none
    /// and there is no `Host` header.
    pub fn origin(&self) -> String {
        match split_origin(&self.url) {
            (Some(origin), _) => origin.to_owned(),
            (None, _) => format!("http://{}", self.get("host").unwrap_or("localhost")),
        }
    }

    /// Path without query or fragment, still percent-encoded.
    pub fn raw_path(&self) -> &str {
        let (_, rest) = split_origin(&self.url);
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        match &rest[..end] {
            "" => "/",
            path => path,
        }
    }

    /// Path and query as they were asked for (RFC 9112 section 3.2.1).
    pub(crate) fn target(&self) -> &str {
        match split_origin(&self.url).1 {
            "" => "/",
            rest => rest,
        }
    }

    /// Percent-decoded path; broken escapes are kept as they are.
    pub fn path(&self) -> String {
        decode_path(self.raw_path())
    }
}

/// One HTTP reply, and how it reaches the client.
#[derive(Clone, PartialEq, Eq)]
pub struct SimReply {
    /// Status code; 0 where the connection gives none.
    pub status: u16,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// Body octets, whole even where [`Delivery`] cuts them.
    pub body: Vec<u8>,
    /// What the connection does with the reply.
    pub delivery: Delivery,
}

impl fmt::Debug for SimReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:?}", self.status, self.delivery, self.headers)?;
        write!(f, " {:?}", String::from_utf8_lossy(&self.body))
    }
}

impl SimReply {
    /// A complete reply without headers.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), delivery: Delivery::Complete }
    }

    /// Adds one header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first value of a header, looked up without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Replaces every value of a header by one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Removes every value of a header.
    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// The body as text, broken octets replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// How a reply travels. The host that carries a simulator acts it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Whole, then the connection stays usable.
    Complete,
    /// Connection refused; nothing was read (X1).
    Refused,
    /// The name does not resolve (X16).
    NoSuchHost,
    /// The TLS handshake fails (X15).
    TlsFailure,
    /// Reset before the server acted (X2).
    DropBeforeCommit,
    /// Reset after the server acted, before a header was sent (C41, X6).
    DropAfterCommit,
    /// Headers and this many body octets, then a reset (X3).
    TruncateAt(usize),
    /// Nothing is ever sent; the server did not act (X4).
    Stall,
    /// Headers and this many body octets, then nothing more, though the connection stays (X4).
    StallAt(usize),
    /// Body in pieces with a pause before each (X5).
    Drip {
        /// Octets of a piece.
        piece_octets: usize,
        /// Pause in milliseconds.
        pause_ms: u64,
    },
    /// The body, then the same octet again and again until the client closes (X10).
    Endless(u8),
    /// Chunked transfer with trailer fields after the last chunk (X9).
    ChunkedWithTrailers,
}

impl Delivery {
    /// Whether the server acted on the request.
    pub fn commits(self) -> bool {
        match self {
            Self::Refused
            | Self::NoSuchHost
            | Self::TlsFailure
            | Self::DropBeforeCommit
            | Self::Stall => false,
            Self::Complete
            | Self::DropAfterCommit
            | Self::TruncateAt(_)
            | Self::StallAt(_)
            | Self::Drip { .. }
            | Self::Endless(_)
            | Self::ChunkedWithTrailers => true,
        }
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Splits an absolute URL into origin and rest.
pub(crate) fn split_origin(url: &str) -> (Option<&str>, &str) {
    let Some(scheme) = url.find("://") else {
        return (None, url);
    };
    let rest = &url[scheme + 3..];
    let slash = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (Some(&url[..scheme + 3 + slash]), &rest[slash..])
}

/// Percent-decodes; octets that are no UTF-8 are replaced.
pub fn decode_path(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1).zip(bytes.get(at + 2));
        let decoded = pair.and_then(|(high, low)| Some(hex(*high)? * 16 + hex(*low)?));
        match decoded {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            Some(_) | None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
