//! A body under way.

use std::time::Duration;

use js_sys::{Reflect, Uint8Array};
use kalends_core::ports::{HttpBody, HttpFailure};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use super::ending::{Ending, within};

/// The body of an answer, in pieces, with its limits. Dropped, it ends the request.
#[derive(Debug)]
pub struct FetchBody {
    /// None: the answer has no body.
    reader: Option<ReadableStreamDefaultReader>,
    left: u64,
    silence: Duration,
    _ending: Option<Ending>,
}

impl FetchBody {
    pub(super) fn of_response(
        response: &Response,
        max: u64,
        silence: Duration,
        ending: Ending,
    ) -> Result<Self, HttpFailure> {
        let reader = response.body().map(|body| body.get_reader().dyn_into());
        let reader = reader.transpose().map_err(|_| HttpFailure::Cut)?;
        Ok(Self { reader, left: max, silence, _ending: Some(ending) })
    }

    /// Of an answer without one.
    pub(super) const fn none() -> Self {
        Self { reader: None, left: 0, silence: Duration::ZERO, _ending: None }
    }
}

impl HttpBody for FetchBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let read = within(self.silence, JsFuture::from(reader.read())).await?;
        let read = read.map_err(|_| HttpFailure::Cut)?;
        let get = |name: &str| Reflect::get(&read, &JsValue::from(name));
        if get("done").is_ok_and(|done| done.is_truthy()) {
            return Ok(None);
        }
        let value = get("value").and_then(JsCast::dyn_into::<Uint8Array>);
        let piece = value.map_err(|_| HttpFailure::Cut)?.to_vec();
        self.left = self.left.checked_sub(piece.len() as u64).ok_or(HttpFailure::TooLarge)?;
        Ok(Some(piece))
    }
}
