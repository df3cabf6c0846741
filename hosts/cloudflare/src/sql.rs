//! Executing statements in the object's database.
//!
//! Every function here that the runtime may throw from is bound with `catch`: what is thrown
//! through a function without it ends the request with no answer at all.

use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use kalends_core::ports::StoreError;
use kalends_sql::{INTEGER_MAX, Rows, Statement, Value};
use wasm_bindgen::prelude::*;

use crate::pack::Packed;

#[wasm_bindgen]
extern "C" {
    /// `ctx.storage.sql`.
    #[wasm_bindgen(extends = Object)]
    pub(crate) type Sql;

    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &Sql, query: &str, bindings: Array) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(extends = Object)]
    type Cursor;

    #[wasm_bindgen(method, catch)]
    fn raw(this: &Cursor) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, getter, js_name = rowsWritten)]
    fn rows_written(this: &Cursor) -> Result<f64, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    fn array_from(iterator: &JsValue) -> Result<Array, JsValue>;
}

#[wasm_bindgen(module = "/src/statements.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = runAll)]
    fn run_all(sql: &Sql, texts: Array, packed: &[u8]) -> Result<(), JsValue>;
}

impl Sql {
    /// Runs a statement that gives rows.
    pub(crate) fn query(&self, statement: &Statement) -> Result<Rows, StoreError> {
        let cursor = self.start(statement)?;
        rows(&cursor)
    }

    /// Runs a statement that changes rows; whether it changed any.
    pub(crate) fn execute(&self, statement: &Statement) -> Result<bool, StoreError> {
        let cursor = self.start(statement)?;
        // A statement that is not read to its end keeps the transaction open.
        rows(&cursor)?;
        Ok(cursor.rows_written().map_err(|thrown| failed(&thrown))? > 0.0)
    }

    /// Runs statements that change rows, in their order.
    pub(crate) fn execute_all(&self, packed: &Packed<'_>) -> Result<(), StoreError> {
        let texts: Array = packed.texts.iter().map(|text| JsValue::from(*text)).collect();
        run_all(self, texts, &packed.bytes).map_err(|thrown| failed(&thrown))
    }

    /// Runs statements without arguments, one after the other.
    pub(crate) fn run(&self, text: &str) -> Result<Rows, StoreError> {
        let cursor = self.exec(text, Array::new()).map_err(|thrown| failed(&thrown))?;
        rows(&cursor)
    }

    fn start(&self, statement: &Statement) -> Result<Cursor, StoreError> {
        let args = Array::new_with_length(u32::try_from(statement.args.len()).unwrap_or(u32::MAX));
        for (at, value) in (0..).zip(&statement.args) {
            args.set(at, bound(value)?);
        }
        self.exec(&statement.sql, args).map_err(|thrown| failed(&thrown))
    }
}

fn rows(cursor: &Cursor) -> Result<Rows, StoreError> {
    let all = cursor.raw().and_then(|raw| array_from(&raw)).map_err(|thrown| failed(&thrown))?;
    all.iter().map(|row| Array::from(&row).iter().map(read).collect()).collect()
}

/// A value as the runtime binds it. Numbers are doubles there.
fn bound(value: &Value) -> Result<JsValue, StoreError> {
    Ok(match value {
        Value::Null => JsValue::NULL,
        Value::Integer(integer) => JsValue::from(exact(*integer)?),
        Value::Text(text) => JsValue::from(text.as_str()),
        Value::Blob(bytes) => Uint8Array::from(bytes.as_slice()).into(),
        Value::Id(bytes) => Uint8Array::from(bytes.as_slice()).into(),
    })
}

/// An integer as a double that is no other integer.
pub(crate) fn exact(integer: i64) -> Result<f64, StoreError> {
    #[allow(clippy::cast_precision_loss, reason = "below 2^53 every integer is a double")]
    match is_safe(integer) {
        true => Ok(integer as f64),
        false => Err(StoreError::Failed(format!("{integer} is no exact number here"))),
    }
}

fn read(value: JsValue) -> Result<Value, StoreError> {
    if let Some(number) = value.as_f64() {
        return whole(number);
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text));
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    let bytes = value.dyn_into::<ArrayBuffer>().map(|buffer| Uint8Array::new(&buffer).to_vec());
    let bytes = bytes.map_err(|_| corrupt("a value of another kind"))?;
    Ok(match <[u8; 16]>::try_from(bytes.as_slice()) {
        Ok(id) => Value::Id(id),
        Err(_) => Value::Blob(bytes),
    })
}

fn whole(number: f64) -> Result<Value, StoreError> {
    #[allow(clippy::cast_possible_truncation, reason = "looked at right after")]
    let integer = number as i64;
    #[allow(clippy::cast_precision_loss, clippy::float_cmp, reason = "exact below 2^53")]
    let is_exact = integer as f64 == number && is_safe(integer);
    if is_exact { Ok(Value::Integer(integer)) } else { Err(corrupt("a number that is not whole")) }
}

/// Whether a double is no other integer than this one.
const fn is_safe(integer: i64) -> bool {
    integer.unsigned_abs() <= INTEGER_MAX.unsigned_abs()
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(format!("a row holds {what}"))
}

/// What was thrown, as the store's error. SQLite's texts name tables and columns, never values.
pub(crate) fn failed(thrown: &JsValue) -> StoreError {
    let message = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    let text = message.or_else(|| thrown.as_string()).unwrap_or_else(|| "it threw".to_owned());
    if text.contains("SQLITE_CORRUPT") || text.contains("SQLITE_NOTADB") {
        return StoreError::Corrupt(text);
    }
    StoreError::Failed(text)
}
