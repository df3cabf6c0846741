//! Answers that carry one event.

use kalends_core::event::Body;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Failure, Item, Payload, Stored};
use kalends_core::time::{When, Zone};
use kalends_kit::Reply;
use serde_json::{Map, Value};

use crate::item;
use crate::list::not_json;
use crate::version::version;
use crate::wire::{Event, Page};

/// What a write was stored as. An answer that cannot be read leaves it to a read of the event.
pub(crate) fn stored(reply: &Reply, id: &ProviderId, zone: &Zone) -> Stored {
    let text = core::str::from_utf8(&reply.body).unwrap_or_default();
    let Some(Item::Event(event)) = item::item(text, zone, item::Reading::Alone) else {
        return Stored { id: id.clone(), version: None, body: None, resets_instances: false };
    };
    let body = match event.payload {
        Payload::Whole(body) => Some(body),
        Payload::Instance { content, .. } => content.map(|content| Body::single(*content)),
    };
    Stored {
        id: event.id,
        version: event.version,
        body: body.map(Box::new),
        resets_instances: false,
    }
}

/// An event as an answer gave it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) event: Event,
    pub(crate) raw: Map<String, Value>,
}

impl Found {
    /// Reads the answer to a read of one event.
    pub(crate) fn of(body: &[u8]) -> Result<Self, Failure> {
        let text = core::str::from_utf8(body).map_err(|_| not_json())?;
        Self::read(text).ok_or_else(not_json)
    }

    fn read(text: &str) -> Option<Self> {
        let event = serde_json::from_str(text).ok()?;
        let raw = serde_json::from_str(text).ok()?;
        Some(Self { event, raw })
    }

    /// The events of a page that can be read.
    pub(crate) fn all(body: &[u8]) -> Result<(Vec<Self>, Option<String>), Failure> {
        let page = serde_json::from_slice::<Page<'_>>(body).map_err(|_| not_json())?;
        let found = page.items.iter().filter_map(|text| Self::read(text.get())).collect();
        Ok((found, page.next_page_token))
    }

    /// Its version.
    pub(crate) fn version(&self) -> Option<Version> {
        version(self.event.etag.as_deref(), self.event.recurring_event_id.as_deref())
    }

    /// What it says as a single or a series.
    pub(crate) fn body(&self, zone: &Zone) -> Result<Body, Failure> {
        item::whole(&self.event, zone, &mut Vec::new()).map_err(Failure::from)
    }

    /// Of an instance: its original start.
    pub(crate) fn original(&self, zone: &Zone) -> Option<When> {
        let original = self.event.original_start_time.as_ref()?;
        crate::times::when(original, zone, &mut Vec::new()).ok()
    }
}
