//! SQLite's errors as the store's.

use kalends_core::ports::StoreError;
use rusqlite::ErrorCode;

/// The class of an error. Its text names statements and columns, never values.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` calls")]
pub(crate) fn store_error(error: rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(text),
        Some(_) | None => StoreError::Failed(text),
    }
}
