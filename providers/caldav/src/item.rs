//! From the text of an object to an item.

use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Broken, EventItem, Item, Payload};
use kalends_ical::Reader;

/// Bytes of an unreadable object that are handed on.
const RAW_BYTES_MAX: usize = 64 * 1024;

/// An object as it was read.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) id: ProviderId,
    pub(crate) version: Option<Version>,
    pub(crate) text: &'a [u8],
    /// Whether it was read alone.
    pub(crate) fresh: bool,
}

/// The event in it, or why there is none to be had.
pub(crate) fn item(reader: &Reader, object: Object<'_>) -> Item {
    let Object { id, version, text, fresh } = object;
    match reader.object(text) {
        Ok(decoded) => Item::Event(Box::new(EventItem {
            id,
            version,
            native: decoded.uid.clone(),
            uid: decoded.uid,
            payload: Payload::Whole(decoded.body),
            mark: decoded.mark,
            foreign: decoded.foreign,
            fresh,
            doubts: decoded.doubts,
            changed_at: decoded.changed_at,
        })),
        Err(error) => {
            let raw = text[..text.len().min(RAW_BYTES_MAX)].to_vec();
            Item::Broken(Broken { id, version, code: error.code, reason: error.reason, raw })
        }
    }
}

/// An object whose text was not to be had.
pub(crate) fn unreadable(id: ProviderId, code: String, reason: &str) -> Item {
    Item::Broken(Broken { id, version: None, code, reason: reason.to_owned(), raw: Vec::new() })
}
