//! How long a request may be silent, and that it ends with whoever waited for it.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use kalends_core::ports::HttpFailure;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, AbortSignal};
use worker::Delay;

/// Ends a request when it is dropped: what nobody waits for any more takes no connection.
#[derive(Debug)]
pub(super) struct Ending(AbortController);

impl Ending {
    pub(super) fn new() -> Result<Self, JsValue> {
        AbortController::new().map(Self)
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a promise brought, or that it took too long.
pub(crate) async fn within<T>(
    wait: Duration,
    work: impl Future<Output = T>,
) -> Result<T, HttpFailure> {
    match select(pin!(work), pin!(Delay::from(wait))).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(HttpFailure::Deadline),
    }
}
