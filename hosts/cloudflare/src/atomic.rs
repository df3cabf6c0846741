//! All of a block, or nothing of it.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use js_sys::{Date, Object, Promise};
use kalends_core::ports::StoreError;
use kalends_core::time::Timestamp;
use wasm_bindgen::prelude::*;

use crate::sql::{Sql, failed};

#[wasm_bindgen]
extern "C" {
    /// `ctx.storage`: what the crate `worker` does not bind of it.
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone)]
    pub(crate) type Storage;

    #[wasm_bindgen(method, catch, getter)]
    pub(crate) fn sql(this: &Storage) -> Result<Sql, JsValue>;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Storage,
        block: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &Storage, at: &Date) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteAlarm)]
    fn delete_alarm(this: &Storage) -> Result<Promise, JsValue>;
}

impl Storage {
    /// Runs a block as one transaction. Where it fails, or panics, every write of it is undone, the
    /// alarm's among them: a Durable Object does not do that by itself.
    pub(crate) fn atomically<T>(
        &self,
        block: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let block = AssertUnwindSafe(Cell::new(Some(block)));
        let result = AssertUnwindSafe(Cell::new(None));
        let ran = self.transaction_sync(&mut || {
            let (block, result) = (&block, &result);
            let Some(block) = block.take() else { return Err(JsValue::from("it ran twice")) };
            let done = block();
            let failed = done.is_err();
            result.set(Some(done));
            // What is thrown is what makes the runtime roll back.
            if failed { Err(JsValue::from("undone")) } else { Ok(JsValue::UNDEFINED) }
        });
        match (result.take(), ran) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(_)) => Ok(value),
            (_, Err(thrown)) => Err(failed(&thrown)),
            (None, Ok(_)) => Err(StoreError::Failed("the transaction did not run".to_owned())),
        }
    }

    /// Wakes the object at a time, or does no more. It has one alarm. What is set inside a block
    /// is a part of it; the promise is of no interest, as no answer leaves before what was written.
    pub(crate) fn wake(&self, at: Option<Timestamp>) -> Result<(), StoreError> {
        let asked = match at {
            #[allow(clippy::cast_precision_loss, reason = "a date is a double")]
            Some(at) => self.set_alarm(&Date::new(&JsValue::from(at.as_millis() as f64))),
            None => self.delete_alarm(),
        };
        asked.map(drop).map_err(|thrown| failed(&thrown))
    }
}
