//! Sealing anew what the server itself keeps sealed.

use kalends::core::ports::Vault as _;
use kalends_sqlite::KeyVault;
use rusqlite::{Row, params};

use super::again;
use super::registry::Registry;
use super::webhooks::place;
use crate::erasure::PLACE;
use crate::error::CliError;

/// How many values are held at once.
const PAGE: u32 = 16;

/// Sealed values: a page of them with their rows' ids, in the order of those, behind one of them; what
/// puts another in the place of one; and what gives one up that nobody can open, where there is another way.
struct Sealed {
    list: &'static str,
    replace: &'static str,
    give_up: Option<&'static str>,
    place: fn(&str) -> String,
}

const SIGNING: Sealed = Sealed {
    list: "SELECT CAST(id AS TEXT), sealed FROM server_signing WHERE CAST(id AS TEXT) > ?1 LIMIT ?2",
    replace: "UPDATE server_signing SET sealed = ?1 WHERE CAST(id AS TEXT) = ?2 AND sealed = ?3",
    give_up: None,
    place: |_| PLACE.to_owned(),
};
const WEBHOOKS: Sealed = Sealed {
    list: "SELECT id, secret FROM server_webhook WHERE id > ?1 ORDER BY id LIMIT ?2",
    replace: "UPDATE server_webhook SET secret = ?1 WHERE id = ?2 AND secret = ?3",
    give_up: None,
    place,
};
const ANSWERS: Sealed = Sealed {
    list: "SELECT key || '/' || token, sealed FROM server_answer
        WHERE sealed IS NOT NULL AND (key, token) >
            (substr(?1, 1, instr(?1, '/') - 1), substr(?1, instr(?1, '/') + 1))
        ORDER BY key, token LIMIT ?2",
    replace: "UPDATE server_answer SET sealed = ?1 WHERE key = substr(?2, 1, instr(?2, '/') - 1)
        AND token = substr(?2, instr(?2, '/') + 1) AND sealed = ?3",
    // Whoever asks again would be told that the server failed. The request is as one that died before its
    // answer: it is taken up again, and looks for what it did.
    give_up: Some(
        "UPDATE server_answer SET status = NULL, sealed = NULL, body = NULL, etag = NULL, at_ms = 0
            WHERE key = substr(?1, 1, instr(?1, '/') - 1)
            AND token = substr(?1, instr(?1, '/') + 1) AND sealed = ?2",
    ),
    place: again::place,
};

impl Registry {
    /// Seals anew what lies sealed under another key than the vault's newest; how many values.
    pub(crate) fn reseal(&self, vault: &KeyVault) -> Result<u64, CliError> {
        let signing = self.reseal_in(vault, &SIGNING)?;
        let webhooks = self.reseal_in(vault, &WEBHOOKS)?;
        // The last, since none of them is kept for longer than a day.
        Ok(signing + webhooks + self.reseal_in(vault, &ANSWERS)?)
    }

    fn reseal_in(&self, vault: &KeyVault, of: &Sealed) -> Result<u64, CliError> {
        let (mut count, mut after) = (0, String::new());
        loop {
            let page = self.page(of, &after)?;
            let Some((last, _)) = page.last() else { return Ok(count) };
            after.clone_from(last);
            for (id, sealed) in page.iter().filter(|(_, sealed)| vault.needs_reseal(sealed)) {
                count += self.reseal_one(vault, of, (id, sealed))?;
            }
        }
    }

    fn page(&self, of: &Sealed, after: &str) -> Result<Vec<(String, Vec<u8>)>, CliError> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.look(|on| on.prepare(of.list)?.query_map(params![after, PAGE], read)?.collect())
    }

    fn reseal_one(
        &self,
        vault: &KeyVault,
        of: &Sealed,
        (id, sealed): (&str, &[u8]),
    ) -> Result<u64, CliError> {
        let place = (of.place)(id);
        let changed = match (vault.open(&place, sealed), of.give_up) {
            (Ok(plain), _) => {
                let anew = vault.seal(&place, &plain);
                let anew = anew.map_err(|error| CliError::failed("sealing-key", &error))?;
                self.with(|on| on.execute(of.replace, params![anew, id, sealed]))?
            }
            (Err(_), Some(statement)) => {
                self.with(|on| on.execute(statement, params![id, sealed]))?
            }
            (Err(error), None) => return Err(CliError::failed("sealing-key", &error)),
        };
        Ok(changed as u64)
    }
}

#[cfg(test)]
mod tests {
    use kalends::core::time::Timestamp;

    use super::super::registry::Before;
    use super::*;
    use crate::data::Data;

    /// Catches a rotation that stops at an answer that nobody can open, passes some over where they are
    /// many, or holds all of them at once; and a request that is carried out twice since its answer could
    /// not be opened.
    #[tokio::test]
    async fn answers_are_sealed_anew_page_by_page_and_given_up_where_nobody_can_open_them() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let (old, lost) = (KeyVault::new([1; 32], &[]), KeyVault::new([2; 32], &[]));
        let add = "INSERT INTO server_answer (key, token, request, status, sealed, at_ms, first_ms)
            VALUES (?1, ?2, x'00', 200, ?3, 7, 7)";
        let put = |key: &str, token: &str, vault: &KeyVault| {
            let claim = format!("{key}/{token}");
            let sealed = vault.seal(&again::place(&claim), claim.as_bytes()).unwrap();
            registry.with(|on| on.execute(add, params![key, token, sealed])).unwrap();
        };
        registry.with(|on| on.execute_batch("PRAGMA foreign_keys = OFF")).unwrap();
        for n in 0..40 {
            put(&format!("key_{}", n % 3), &format!("to/ken-{n}"), &old);
        }
        put("key_1", "lost", &lost);
        let new = KeyVault::new([3; 32], &[[1; 32]]);
        assert_eq!(registry.reseal(&new).unwrap(), 41);
        assert_eq!(registry.reseal(&new).unwrap(), 0);
        let [free, first] = [0, 7].map(Timestamp::from_millis);
        let again = registry.claim(("key_1", "lost"), &[0], Timestamp::from_millis(9)).unwrap();
        assert_eq!(again, Before::UnderWay { since: free, first });
        let alone = KeyVault::new([3; 32], &[]);
        let (mut all, mut after) = (0, String::new());
        loop {
            let page = registry.page(&ANSWERS, &after).unwrap();
            assert!(page.len() <= PAGE as usize);
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            for (claim, sealed) in &page {
                let plain = alone.open(&again::place(claim), sealed).unwrap();
                assert_eq!(plain, claim.as_bytes());
                all += 1;
            }
        }
        assert_eq!(all, 40);
    }
}
