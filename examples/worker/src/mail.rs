//! What lies in the queues.

use kalends::core::notice::InboundRequest;
use kalends::core::time::Timestamp;
use kalends::ids::GraphId;
use kalends_cloudflare::PARCEL_BYTES_MAX;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::{Env, QueueContentType, RawMessageBuilder};

use crate::problem::Problem;

/// The binding of the queue that this lies in.
const QUEUE: &str = "SYNC";
const VERSION: u8 = 1;

/// A message to a graph.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mail {
    v: u8,
    graph: String,
    what: What,
}

/// What it says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    /// A request came in that claims to be a notice.
    Notice(Box<Post>),
    /// It is time to look at everything.
    Wake,
}

/// A request that came in, as far as a provider looks at it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) kind: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    received: i64,
}

impl Post {
    pub(crate) fn of(kind: &str, request: &InboundRequest) -> Self {
        Self {
            kind: kind.to_owned(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            received: request.received.as_millis(),
        }
    }

    pub(crate) fn request(self) -> InboundRequest {
        InboundRequest {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: self.headers,
            body: self.body.into_bytes(),
            received: Timestamp::from_millis(self.received),
        }
    }
}

impl Mail {
    pub(crate) fn new(graph: GraphId, what: What) -> Self {
        Self { v: VERSION, graph: graph.to_string(), what }
    }

    /// Reads one; `None`: another version wrote it, or nobody did.
    pub(crate) fn read(text: &str) -> Option<(GraphId, What)> {
        let Self { v, graph, what } = serde_json::from_str(text).ok()?;
        Some((graph.parse().ok()?, what)).filter(|_| v == VERSION)
    }

    /// Puts it into the queue.
    pub(crate) async fn send(&self, env: &Env) -> Result<(), Problem> {
        let text = serde_json::to_string(self).map_err(worker::Error::from)?;
        if text.len() > PARCEL_BYTES_MAX {
            return Err(Problem::new(413, "notice.too-large", "the notice is too large"));
        }
        Ok(send_text(env, QUEUE, text).await?)
    }
}

/// Puts a text into a queue as it is.
pub(crate) async fn send_text(env: &Env, queue: &str, text: String) -> worker::Result<()> {
    let text = RawMessageBuilder::new(JsValue::from(text));
    let text = text.build_with_content_type(QueueContentType::Text);
    env.queue(queue)?.send_raw(text).await
}
