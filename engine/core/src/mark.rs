//! The mark that each object of ours carries: what it is a mirror of, signed for the one id it
//! was made for.

use sha2::{Digest, Sha256};

use crate::ids::{EdgeId, EventId, GraphId};
use crate::keys::{GraphKeys, base32hex, from_base32hex, same_time_for_all};
use crate::mirror::PartKey;

const VERSION: u8 = 1;
const KEY_NUMBER: u8 = 0;
const TAG: core::ops::Range<usize> = 2..10;
const EDGE: core::ops::Range<usize> = 10..26;
const EVENT: core::ops::Range<usize> = 26..42;
const PART: core::ops::Range<usize> = 42..51;
const GENERATION: core::ops::Range<usize> = 51..55;
const SIGNATURE: core::ops::Range<usize> = 55..71;

/// What an object of ours is a mirror of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// The event.
    pub event: EventId,
    /// The edge.
    pub edge: EdgeId,
    /// Which object of the mirror.
    pub part: PartKey,
    /// The generation of its id.
    pub generation: u32,
}

/// What a mark found on an object says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// Made by this graph, for this object.
    Ours(Mark),
    /// It names this graph, and the signature does not fit the object: a copy that a person made,
    /// or a forgery.
    Void,
    /// Made by another graph, or by a later version or key of this one.
    OtherGraph,
    /// Not a mark.
    Garbage,
}

/// The token to put on the object that goes by the name `native`: 114 letters and digits that no
/// provider needs to escape.
#[must_use]
pub fn sign(keys: &GraphKeys, mark: &Mark, native: &str) -> String {
    let mut token = [0; SIGNATURE.end];
    token[0] = VERSION;
    token[1] = KEY_NUMBER;
    token[TAG].copy_from_slice(&graph_tag(keys.graph));
    token[EDGE].copy_from_slice(mark.edge.as_bytes());
    token[EVENT].copy_from_slice(mark.event.as_bytes());
    token[PART].copy_from_slice(&mark.part.to_bytes());
    token[GENERATION].copy_from_slice(&mark.generation.to_be_bytes());
    let signature = signature(keys, &token, native);
    token[SIGNATURE].copy_from_slice(&signature);
    base32hex(&token)
}

/// Reads a token found on the object that goes by the name `native`.
#[must_use]
pub fn read(keys: &GraphKeys, token: &str, native: &str) -> Reading {
    let Some(bytes) = from_base32hex(token.trim()) else {
        return Reading::Garbage;
    };
    if bytes.len() < TAG.end || bytes[0] == 0 {
        return Reading::Garbage;
    }
    let known = bytes[0] == VERSION && bytes[1] == KEY_NUMBER;
    if known && bytes.len() != SIGNATURE.end {
        return Reading::Garbage;
    }
    // A later version or key may have signed it: not ours to judge, so left alone.
    if !known || bytes[TAG] != graph_tag(keys.graph) {
        return Reading::OtherGraph;
    }
    if !same_time_for_all(&bytes[SIGNATURE], &signature(keys, &bytes, native)) {
        return Reading::Void;
    }
    parse(&bytes).map_or(Reading::Void, Reading::Ours)
}

/// Eight bytes that name a graph in public, without a secret.
#[must_use]
pub fn graph_tag(graph: GraphId) -> [u8; 8] {
    let digest =
        Sha256::new_with_prefix(b"kalends graph").chain_update(graph.as_bytes()).finalize();
    let mut tag = [0; 8];
    tag.copy_from_slice(&digest[..8]);
    tag
}

fn signature(keys: &GraphKeys, token: &[u8], native: &str) -> [u8; 16] {
    keys.derive("mark", &[&token[..SIGNATURE.start], native.as_bytes()])
}

fn parse(bytes: &[u8]) -> Option<Mark> {
    Some(Mark {
        event: EventId::from_bytes(bytes[EVENT].try_into().ok()?),
        edge: EdgeId::from_bytes(bytes[EDGE].try_into().ok()?),
        part: PartKey::from_bytes(bytes[PART].try_into().ok()?)?,
        generation: u32::from_be_bytes(bytes[GENERATION].try_into().ok()?),
    })
}
