//! Erasures that came to their end while nobody looked: whoever asks again is handed the certificate.
//!
//! The name of who was erased goes with their rows. What is kept of it for a while is a mark that nobody
//! makes, or proves a guess with, who does not have the signing key.

use kalends::core::time::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::flow::{finish, signing_key};
use super::rows::{BY_GRAPH, BY_USER, COLUMNS, Erasure, read};
use crate::data::Data;
use crate::error::CliError;
use crate::serve::{OWNER, Registry, User};
use crate::view::ErasureView;

/// How long somebody may ask again.
const KEPT_MS: i64 = 30 * 86_400_000;

/// Brings the last erasure of a name to its end, where the rows are gone; none where they are not, and
/// where somebody began anew under that name: the owner, who never goes, by whatever they made since.
pub(crate) async fn ended(
    data: &Data,
    registry: &Registry,
    name: &str,
) -> Result<Option<ErasureView>, CliError> {
    if let Some(user) = registry.user(name)?
        && (name != OWNER || !registry.holds_nothing(&user)?)
    {
        return Ok(None);
    }
    let mark = signing_key(data, registry)?.mark(name);
    let last = registry.last_erasure(&mark)?;
    let Some(erasure) = last.filter(|erasure| erasure.erased.is_some()) else { return Ok(None) };
    match erasure.certificate {
        Some(certificate) => Ok(Some(ErasureView::erased(erasure.id, certificate))),
        None => finish(data, registry, erasure).await.map(Some),
    }
}

impl Registry {
    /// Whether nothing is here of a user: nothing was ever recorded, and nothing lies beside the graph.
    pub(super) fn holds_nothing(&self, user: &User) -> Result<bool, CliError> {
        let mut parts = vec![
            "SELECT 1 FROM graphs WHERE graph = ?2 AND head_seq > 0".to_owned(),
            "SELECT 1 FROM secrets WHERE graph = ?2 AND account <> zeroblob(16)".to_owned(),
        ];
        parts.extend(BY_GRAPH.map(|table| format!("SELECT 1 FROM {table} WHERE graph = ?2")));
        parts.extend(BY_USER.map(|(table, whose)| format!("SELECT 1 FROM {table} WHERE {whose}")));
        let statement = format!("SELECT NOT EXISTS ({})", parts.join(" UNION ALL "));
        let values = params![user.name, user.graph.as_bytes()];
        self.look(|connection| connection.query_row(&statement, values, |row| row.get(0)))
    }

    /// The erasure under this mark that was begun last.
    fn last_erasure(&self, mark: &[u8]) -> Result<Option<Erasure>, CliError> {
        let statement = format!("{COLUMNS} WHERE mark = ? ORDER BY begun_ms DESC LIMIT 1");
        self.look(|connection| connection.query_row(&statement, [mark], read).optional())
    }

    /// Forgets whose those were that ended long ago.
    pub(super) fn forget_marks(&self, now: Timestamp) -> Result<(), CliError> {
        let before = now.saturating_add_millis(-KEPT_MS);
        let old = "SELECT EXISTS (SELECT 1 FROM server_erasure
            WHERE mark IS NOT NULL AND certificate IS NOT NULL AND erased_ms < ?)";
        let forget = "UPDATE server_erasure SET mark = NULL
            WHERE certificate IS NOT NULL AND erased_ms < ?";
        let is_due: bool =
            self.look(|on| on.query_row(old, [before.as_millis()], |row| row.get(0)))?;
        if !is_due {
            return Ok(());
        }
        self.with(|connection| connection.execute(forget, [before.as_millis()])).map(drop)
    }
}
