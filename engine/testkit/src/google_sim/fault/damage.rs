//! Faults that spoil a finished reply or its way to the client.

use crate::wire::{Delivery, SimReply};

/// Damage to a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The body is compressed, asked for or not (F29).
    Gzip,
    /// The body ends half way, with a matching Content-Length (F30).
    TruncatedJson,
    /// Content-Length is larger than the body (X7).
    WrongLength,
    /// A compressed body with a wrong checksum (X8).
    BadGzip,
    /// The connection does this (F3, F13, X1 to X16).
    Deliver(Delivery),
}

impl Damage {
    /// Spoils the finished reply. `Content-Length` is set before this.
    pub(crate) fn spoil(self, reply: &mut SimReply) {
        match self {
            Self::Gzip => compress(reply, 0),
            Self::BadGzip => compress(reply, 0xdead_beef),
            Self::TruncatedJson => {
                reply.body.truncate(reply.body.len() / 2);
                reply.set("Content-Length", &reply.body.len().to_string());
            }
            Self::WrongLength => {
                reply.set("Content-Length", &(reply.body.len() + 17).to_string());
            }
            Self::Deliver(delivery) => reply.delivery = delivery,
        }
    }

    /// Whether the server acts on the request.
    pub(crate) fn commits(self) -> bool {
        match self {
            Self::Deliver(delivery) => delivery.commits(),
            Self::Gzip | Self::TruncatedJson | Self::WrongLength | Self::BadGzip => true,
        }
    }
}

fn compress(reply: &mut SimReply, spoil: u32) {
    if !reply.body.is_empty() {
        reply.body = gzip(&reply.body, spoil);
        reply.set("Content-Encoding", "gzip");
        reply.set("Content-Length", &reply.body.len().to_string());
    }
}

/// Stored deflate blocks in a gzip frame (RFC 1951, RFC 1952); `spoil` is mixed into the checksum.
fn gzip(body: &[u8], spoil: u32) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = body.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend((crc32(body) ^ spoil).to_le_bytes());
    out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}

/// The checksum of RFC 1952 section 8.
fn crc32(octets: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    let whole =
        octets.iter().fold(u32::MAX, |crc, octet| (0..8).fold(crc ^ u32::from(*octet), step));
    !whole
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
