//! Events that are larger than what a store takes: set aside, so that all others go on (L12).

use crate::event::Body;
use crate::limits;
use crate::provider::{Broken, EventItem, Payload};
use crate::wire;

/// Whether the stored form of what an item says would be too large.
pub(super) fn is_too_large(item: &EventItem) -> bool {
    let names = [&item.native, &item.uid].into_iter().chain(&item.foreign).chain(&item.mark);
    let said = match &item.payload {
        Payload::Whole(body) => wire::body_bytes(body),
        Payload::Instance { content: Some(content), .. } => {
            wire::body_bytes(&Body::single((**content).clone()))
        }
        Payload::Instance { content: None, .. } => 0,
    };
    said + names.map(String::len).sum::<usize>() > limits::EVENT_BYTES_MAX
}

/// Whether a series has grown too large by the instances that are objects of their own.
pub(super) fn has_outgrown(body: &Body) -> bool {
    wire::body_bytes(body) > limits::EVENT_BYTES_MAX
}

/// The item, to be set aside. Of its text nothing is kept: it can be read where it lies.
pub(super) fn too_large(item: &EventItem) -> Broken {
    Broken {
        id: item.id.clone(),
        version: item.version.clone(),
        code: "item.too-large".to_owned(),
        reason: format!(
            "shorten its texts, or part the series: one event takes at most {} KB",
            limits::EVENT_BYTES_MAX / 1024
        ),
        raw: Vec::new(),
    }
}
