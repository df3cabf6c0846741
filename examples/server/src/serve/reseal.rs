//! Sealing anew what the server itself keeps sealed.

use kalends::core::ports::Vault as _;
use kalends_sqlite::KeyVault;
use rusqlite::Row;

use super::again;
use super::registry::Registry;
use super::webhooks::place;
use crate::erasure::PLACE;
use crate::error::CliError;

/// Each sealed value, with its row's id and what puts another in its place.
const SIGNING: [&str; 2] = [
    "SELECT CAST(id AS TEXT), sealed FROM server_signing",
    "UPDATE server_signing SET sealed = ?1 WHERE CAST(id AS TEXT) = ?2 AND sealed = ?3",
];
const WEBHOOKS: [&str; 2] = [
    "SELECT id, secret FROM server_webhook",
    "UPDATE server_webhook SET secret = ?1 WHERE id = ?2 AND secret = ?3",
];
const ANSWERS: [&str; 2] = [
    "SELECT key || '/' || token, sealed FROM server_answer WHERE sealed IS NOT NULL",
    "UPDATE server_answer SET sealed = ?1 WHERE key = substr(?2, 1, instr(?2, '/') - 1)
        AND token = substr(?2, instr(?2, '/') + 1) AND sealed = ?3",
];

impl Registry {
    /// Seals anew what lies sealed under another key than the vault's newest; how many values.
    pub(crate) fn reseal(&self, vault: &KeyVault) -> Result<u64, CliError> {
        let signing = self.reseal_in(vault, SIGNING, |_| PLACE.to_owned())?;
        let webhooks = self.reseal_in(vault, WEBHOOKS, place)?;
        // The last, since none of them is kept for longer than a day.
        Ok(signing + webhooks + self.reseal_in(vault, ANSWERS, again::place)?)
    }

    fn reseal_in(
        &self,
        vault: &KeyVault,
        [list, replace]: [&str; 2],
        place: fn(&str) -> String,
    ) -> Result<u64, CliError> {
        let broken = |error| CliError::failed("sealing-key", &error);
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let rows: Vec<(String, Vec<u8>)> = self.list(list, read)?;
        let mut count = 0;
        for (id, sealed) in rows.iter().filter(|(_, sealed)| vault.needs_reseal(sealed)) {
            let place = place(id);
            let plain = vault.open(&place, sealed).map_err(broken)?;
            let anew = vault.seal(&place, &plain).map_err(broken)?;
            let values = rusqlite::params![anew, id, sealed];
            count += self.with(|connection| connection.execute(replace, values))? as u64;
        }
        Ok(count)
    }
}
