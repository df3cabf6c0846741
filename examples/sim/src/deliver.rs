//! Replies onto a connection, as their [`Delivery`] says: also in ways that a well-kept HTTP
//! library would not let a server answer in.

use std::io;
use std::time::Duration;

use kalends_testkit::wire::{Delivery, SimReply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A body without an end ends after so many octets, for a client without a limit of its own.
const ENDLESS_OCTETS_MAX: usize = 1 << 30;

/// A connection on which nothing comes is given up after this, for a client that does not.
const STALL_MAX: Duration = Duration::from_secs(3600);

/// Octets of a piece, where the pieces do not matter.
const PIECE_OCTETS: usize = 64 * 1024;

/// What a reply leaves of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Another request may be answered on it.
    Usable,
    /// It ends here.
    Spent,
}

/// Acts a reply out. A refused connection, an unknown name and a failed handshake cannot be shown
/// by who has accepted: all of them are a reset before anything was read. A body that is cut ends
/// with the stream, not with a reset, which could overtake the octets before it.
pub(crate) async fn deliver(
    stream: &mut TcpStream,
    method: &str,
    reply: &SimReply,
) -> io::Result<After> {
    match reply.delivery {
        Delivery::Complete => return complete(stream, method, reply).await,
        Delivery::Refused
        | Delivery::NoSuchHost
        | Delivery::TlsFailure
        | Delivery::DropBeforeCommit
        | Delivery::DropAfterCommit => stream.set_zero_linger()?,
        Delivery::TruncateAt(octets) => {
            stream.write_all(&head(reply, Some(reply.body.len()))).await?;
            stream.write_all(&reply.body[..octets.min(reply.body.len())]).await?;
        }
        Delivery::StallAt(octets) => {
            stream.write_all(&head(reply, Some(reply.body.len()))).await?;
            stream.write_all(&reply.body[..octets.min(reply.body.len())]).await?;
            let _ = tokio::time::timeout(STALL_MAX, until_closed(stream)).await;
        }
        Delivery::Stall => {
            let _ = tokio::time::timeout(STALL_MAX, until_closed(stream)).await;
        }
        Delivery::Drip { piece_octets, pause_ms } => {
            stream.write_all(&head(reply, Some(reply.body.len()))).await?;
            for piece in reply.body.chunks(piece_octets.max(1)) {
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                stream.write_all(piece).await?;
            }
            return Ok(After::Usable);
        }
        Delivery::Endless(octet) => {
            stream.write_all(&head(reply, None)).await?;
            stream.write_all(&reply.body).await?;
            let piece = vec![octet; PIECE_OCTETS];
            for _ in 0..ENDLESS_OCTETS_MAX / PIECE_OCTETS {
                stream.write_all(&piece).await?;
            }
        }
        Delivery::ChunkedWithTrailers => {
            stream.write_all(&chunked(reply)).await?;
            return Ok(After::Usable);
        }
    }
    Ok(After::Spent)
}

/// What the reply says of its length stands, true or not; after a lie, the connection ends.
async fn complete(stream: &mut TcpStream, method: &str, reply: &SimReply) -> io::Result<After> {
    let bare = method == "HEAD" || matches!(reply.status, 204 | 304);
    let said = reply.get("content-length").and_then(|said| said.parse().ok());
    let length = said.unwrap_or(reply.body.len());
    let mut octets = head(reply, (!bare || said.is_some()).then_some(length));
    octets.extend(&reply.body);
    stream.write_all(&octets).await?;
    let honest = if bare { reply.body.is_empty() } else { length == reply.body.len() };
    Ok(if honest { After::Usable } else { After::Spent })
}

/// Status line and headers; without a length, the body ends with the connection.
fn head(reply: &SimReply, length: Option<usize>) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} \r\n", reply.status);
    for (name, value) in &reply.headers {
        if !name.eq_ignore_ascii_case("content-length") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if let Some(length) = length {
        text.push_str(&format!("Content-Length: {length}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

fn chunked(reply: &SimReply) -> Vec<u8> {
    let mut reply = reply.clone();
    reply.set("Transfer-Encoding", "chunked");
    reply.set("Trailer", "X-Trailer");
    let mut out = head(&reply, None);
    for piece in reply.body.chunks(PIECE_OCTETS) {
        out.extend(format!("{:x}\r\n", piece.len()).bytes());
        out.extend(piece);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\nX-Trailer: the end\r\n\r\n");
    out
}

async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut lost = [0; 1024];
    while stream.read(&mut lost).await? > 0 {}
    Ok(())
}
