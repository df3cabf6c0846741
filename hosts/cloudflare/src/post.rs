//! What graphs say to each other, over a queue.

use kalends_core::ids::GraphId;
use kalends_core::meeting::Message;
use kalends_core::ports::StoreError;
use kalends_core::wire;
use kalends_driver::{Deliver, DriverError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasm_bindgen::JsValue;
use worker::{Queue, QueueContentType, RawMessageBuilder};

/// The most bytes of one message in a queue of Cloudflare's is 128 KB; this leaves room for what is
/// said about it.
pub const PARCEL_BYTES_MAX: usize = 120_000;

/// Puts messages into a queue, as parcels of text that [`open_parcel`] reads. What lies in a queue
/// comes to its consumer at least once, or into its dead-letter queue.
#[derive(Debug)]
pub struct QueuePost {
    queue: Queue,
}

impl QueuePost {
    /// Over this queue.
    #[must_use]
    pub const fn new(queue: Queue) -> Self {
        Self { queue }
    }
}

impl Deliver for QueuePost {
    async fn deliver(&self, to: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        for parcel in parcels(to, messages)? {
            let text = RawMessageBuilder::new(JsValue::from(parcel));
            let sent = self.queue.send_raw(text.build_with_content_type(QueueContentType::Text));
            sent.await.map_err(|error| StoreError::Failed(format!("the queue: {error}")))?;
        }
        Ok(())
    }
}

/// Messages for one graph, as they lie in a queue.
#[derive(Debug, Serialize, Deserialize)]
struct Parcel {
    v: u8,
    to: String,
    messages: Vec<Box<RawValue>>,
}

const VERSION: u8 = 1;

/// Texts of no more than [`PARCEL_BYTES_MAX`].
///
/// # Errors
/// [`StoreError`] where one message alone is longer.
pub fn parcels(to: GraphId, messages: &[Message]) -> Result<Vec<String>, StoreError> {
    let mut parcels = Vec::new();
    let (mut bytes, mut some) = (0, Vec::new());
    for message in messages {
        let text = String::from_utf8_lossy(&wire::message(message)).into_owned();
        if text.len() > PARCEL_BYTES_MAX {
            return Err(too_long(text.len()));
        }
        if bytes + text.len() > PARCEL_BYTES_MAX {
            parcels.push(parcel(to, std::mem::take(&mut some))?);
            bytes = 0;
        }
        bytes += text.len() + 1;
        some.push(RawValue::from_string(text).map_err(|_| unread())?);
    }
    if !some.is_empty() {
        parcels.push(parcel(to, some)?);
    }
    Ok(parcels)
}

fn parcel(to: GraphId, messages: Vec<Box<RawValue>>) -> Result<String, StoreError> {
    let parcel = Parcel { v: VERSION, to: to.to_string(), messages };
    serde_json::to_string(&parcel).map_err(|_| unread())
}

/// Reads a parcel: for whom it is, and what is in it.
///
/// # Errors
/// [`StoreError`] where a later program wrote it, or nobody did.
pub fn open_parcel(text: &str) -> Result<(GraphId, Vec<Message>), StoreError> {
    let Parcel { v, to, messages } = serde_json::from_str(text).map_err(|_| unread())?;
    if v != VERSION {
        return Err(unread());
    }
    let to = to.parse().map_err(|_| unread())?;
    let read = |text: &RawValue| wire::read_message(text.get().as_bytes());
    let messages =
        messages.iter().map(|text| read(text)).collect::<Result<_, _>>().map_err(|_| unread())?;
    Ok((to, messages))
}

fn unread() -> StoreError {
    StoreError::Failed("a parcel that this program does not know".to_owned())
}

fn too_long(bytes: usize) -> StoreError {
    StoreError::Failed(format!("a message of {bytes} bytes is too long for a queue"))
}
