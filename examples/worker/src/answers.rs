//! Answers to requests that may come again: rows of the Worker's own in the object's database, sealed.

use std::rc::Rc;

use kalends::core::ports::Vault as _;
use kalends::core::time::Timestamp;
use kalends_cloudflare::BoundVault;
use worker::{SqlStorage, SqlStorageValue};

use crate::problem::Problem;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS worker_answers (token TEXT NOT NULL PRIMARY KEY, \
    print BLOB NOT NULL, first INTEGER NOT NULL, status INTEGER, body BLOB) STRICT, WITHOUT ROWID";
/// For how long an answer is given again, in milliseconds.
const KEPT_MS: i64 = 86_400_000;
/// The longest answer that fits into a row when it is sealed, in bytes.
const BYTES_MAX: usize = 1_900_000;

/// What is answered in place of what is not kept.
const TOO_LONG: &[u8] = br#"{"code":"idempotency.too-large","detail":"it was done, and its answer is too long to be kept"}"#;
const FORGOTTEN: &[u8] = br#"{"code":"idempotency.forgotten","detail":"it was answered, and the answer went with an account"}"#;

/// What became of the request that made a claim before: it bore the same token, with the same key.
pub(crate) enum Before {
    /// There was none, or it was not answered; when it first came.
    Begun(Timestamp),
    /// It was answered.
    Answered(Kept),
    /// It was another request.
    Another,
}

/// An answer as it was given.
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// The answers of an object.
pub(crate) struct Answers {
    sql: SqlStorage,
    vault: Rc<BoundVault>,
}

impl Answers {
    /// Those of the object that has this database.
    pub(crate) fn new(sql: SqlStorage, vault: Rc<BoundVault>) -> Result<Self, Problem> {
        sql.exec(TABLE, None)?;
        Ok(Self { sql, vault })
    }

    /// Makes a claim for a request, or says what became of the one that made it.
    pub(crate) fn claim(
        &self,
        claim: &str,
        print: &[u8],
        now: Timestamp,
    ) -> Result<Before, Problem> {
        let insert = "INSERT INTO worker_answers (token, print, first) VALUES (?1, ?2, ?3) \
            ON CONFLICT (token) DO NOTHING";
        let values = vec![claim.into(), print.to_vec().into(), now.as_millis().into()];
        self.sql.exec(insert, values)?;
        let look = "SELECT print, first, status, body FROM worker_answers WHERE token = ?1";
        let cursor = self.sql.exec(look, vec![claim.into()])?;
        let row = cursor.raw().next().transpose()?.unwrap_or_default();
        match row.as_slice() {
            [SqlStorageValue::Blob(before), ..] if before != print => Ok(Before::Another),
            [_, first, SqlStorageValue::Null, _] => {
                Ok(Before::Begun(Timestamp::from_millis(whole(first)?)))
            }
            [_, _, status, SqlStorageValue::Blob(sealed)] => {
                let status = u16::try_from(whole(status)?).map_err(|_| corrupt())?;
                let body = self.vault.open(&place(claim), sealed).map_err(|_| corrupt())?;
                Ok(Before::Answered(Kept { status, body }))
            }
            _ => Err(corrupt()),
        }
    }

    /// Keeps the answer to a request. Of one that is too long it is kept that it was given.
    pub(crate) fn keep(&self, claim: &str, status: u16, body: &[u8]) -> Result<(), Problem> {
        let body = if body.len() > BYTES_MAX { TOO_LONG } else { body };
        let sealed = self.vault.seal(&place(claim), body).map_err(|_| corrupt())?;
        let update = "UPDATE worker_answers SET status = ?2, body = ?3 WHERE token = ?1";
        self.sql.exec(update, vec![claim.into(), i32::from(status).into(), sealed.into()])?;
        Ok(())
    }

    /// Forgets a request that did nothing, so that another may come in its place.
    pub(crate) fn release(&self, claim: &str) -> Result<(), Problem> {
        self.sql.exec("DELETE FROM worker_answers WHERE token = ?1", vec![claim.into()])?;
        Ok(())
    }

    /// Forgets what was answered, but not that it was: with an account goes what was said of it.
    pub(crate) fn forget_bodies(&self) -> Result<(), Problem> {
        let kept = "SELECT token, status FROM worker_answers WHERE status IS NOT NULL";
        for row in self.sql.exec(kept, None)?.raw().collect::<Result<Vec<_>, _>>()? {
            let [SqlStorageValue::String(claim), status] = row.as_slice() else {
                return Err(corrupt());
            };
            let status = u16::try_from(whole(status)?).map_err(|_| corrupt())?;
            self.keep(claim, status, FORGOTTEN)?;
        }
        Ok(())
    }

    /// Forgets requests that first came over a day ago.
    pub(crate) fn forget_old(&self, now: Timestamp) -> Result<(), Problem> {
        let before = now.saturating_add_millis(-KEPT_MS);
        let delete = "DELETE FROM worker_answers WHERE first < ?1";
        self.sql.exec(delete, vec![before.as_millis().into()])?;
        Ok(())
    }
}

/// The place that a sealed answer belongs to.
fn place(claim: &str) -> String {
    format!("worker/answer/{claim}")
}

/// Numbers of JavaScript are floats.
#[allow(clippy::cast_possible_truncation, reason = "a status, or a time below 2^53")]
fn whole(value: &SqlStorageValue) -> Result<i64, Problem> {
    match value {
        SqlStorageValue::Integer(value) => Ok(*value),
        SqlStorageValue::Float(value) => Ok(*value as i64),
        SqlStorageValue::Null
        | SqlStorageValue::Boolean(_)
        | SqlStorageValue::String(_)
        | SqlStorageValue::Blob(_) => Err(corrupt()),
    }
}

fn corrupt() -> Problem {
    Problem::new(500, "store.failed", "an answer that was kept cannot be read, or none be sealed")
}
