//! Requests off a connection (RFC 9112): heads by `httparse`, bodies by length or in chunks.

use std::io;

use httparse::{EMPTY_HEADER, Status};
use kalends_testkit::wire::SimRequest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HEAD_OCTETS_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
const BODY_OCTETS_MAX: usize = 32 * 1024 * 1024;

/// What a client says next.
pub(crate) enum Asked {
    /// A whole request; `last` where the client wants no other answer on this connection.
    Request { request: SimRequest, last: bool },
    /// Something that deserves this status, with the reason; the connection is of no more use.
    Refused(u16, &'static str),
    /// Nothing: it has gone.
    Nothing,
}

/// Requests one after the other; what came with one and belongs to the next is kept.
pub(crate) struct Reader {
    stream: TcpStream,
    kept: Vec<u8>,
}

struct Head {
    request: SimRequest,
    octets: usize,
    last: bool,
}

impl Reader {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, kept: Vec::new() }
    }

    /// The connection, to answer on.
    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// The next request, with its body.
    pub(crate) async fn next(&mut self) -> io::Result<Asked> {
        let head = loop {
            match head_of(&self.kept) {
                Ok(Some(head)) => break head,
                Ok(None) if self.kept.len() > HEAD_OCTETS_MAX => {
                    return Ok(Asked::Refused(431, "the head is too large"));
                }
                Ok(None) if !self.more().await? => return Ok(Asked::Nothing),
                Ok(None) => {}
                Err(why) => return Ok(Asked::Refused(400, why)),
            }
        };
        self.kept.drain(..head.octets);
        let mut request = head.request;
        if request.get("expect").is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        match self.body(&request).await? {
            Ok(body) => request.body = body,
            Err((status, why)) => return Ok(Asked::Refused(status, why)),
        }
        Ok(Asked::Request { request, last: head.last })
    }

    async fn body(&mut self, request: &SimRequest) -> io::Result<Result<Vec<u8>, Refusal>> {
        let chunked = request.get("transfer-encoding").is_some_and(|coding| {
            coding.split(',').next_back().is_some_and(|last| last.trim() == "chunked")
        });
        if chunked {
            return self.chunks().await;
        }
        match request.get("content-length").map(str::parse::<usize>) {
            None => Ok(Ok(Vec::new())),
            Some(Ok(octets)) if octets <= BODY_OCTETS_MAX => Ok(Ok(self.exactly(octets).await?)),
            Some(Ok(_)) => Ok(Err(TOO_LARGE)),
            Some(Err(_)) => Ok(Err((400, "the length is no number"))),
        }
    }

    /// Chunks up to the empty one, and the trailers, which say nothing here.
    async fn chunks(&mut self) -> io::Result<Result<Vec<u8>, Refusal>> {
        let mut body = Vec::new();
        loop {
            let (line, octets) = match httparse::parse_chunk_size(&self.kept) {
                Ok(Status::Complete((line, octets))) => (line, octets),
                Ok(Status::Partial) => match self.more().await? {
                    true => continue,
                    false => return Err(io::ErrorKind::UnexpectedEof.into()),
                },
                Err(_) => return Ok(Err((400, "a chunk has no size"))),
            };
            self.kept.drain(..line);
            let octets = usize::try_from(octets).unwrap_or(usize::MAX);
            if octets > BODY_OCTETS_MAX - body.len() {
                return Ok(Err(TOO_LARGE));
            }
            if octets == 0 {
                while self.line().await?.len() > 2 {}
                return Ok(Ok(body));
            }
            body.extend(self.exactly(octets).await?);
            self.exactly(2).await?;
        }
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.kept.iter().position(|octet| *octet == b'\n') {
                return Ok(self.kept.drain(..=end).collect());
            }
            if self.kept.len() > HEAD_OCTETS_MAX || !self.more().await? {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }

    async fn exactly(&mut self, octets: usize) -> io::Result<Vec<u8>> {
        while self.kept.len() < octets {
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.kept.drain(..octets).collect())
    }

    /// Reads on; `false` at the end.
    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.kept).await? > 0)
    }
}

type Refusal = (u16, &'static str);

const TOO_LARGE: Refusal = (413, "the body is too large");

/// The head at the beginning of these octets, once it is whole.
fn head_of(octets: &[u8]) -> Result<Option<Head>, &'static str> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(octets) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(_) => return Err("this is no head of a request"),
    };
    let method = parsed.method.unwrap_or_default();
    let mut request = SimRequest::new(method, parsed.path.unwrap_or_default());
    for header in parsed.headers.iter() {
        request = request.header(header.name, &String::from_utf8_lossy(header.value));
    }
    let says = |word: &str| {
        request.get("connection").is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    let last = says("close") || (parsed.version == Some(0) && !says("keep-alive"));
    Ok(Some(Head { request, octets: length, last }))
}
