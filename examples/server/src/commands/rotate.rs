//! `kalends rotate-key`: another sealing key, and everything sealed anew under it.

use std::time::Duration;

use kalends_sqlite::{KeyVault, add_key, keep_newest_key};
use serde_json::json;

use crate::args::RotateArgs;
use crate::data::{Data, key_of_environment};
use crate::error::CliError;
use crate::failpoint;
use crate::folder::KEY;
use crate::outcome::Outcome;
use crate::serve::Registry;
use crate::show::count;

/// How often everything is gone through until nothing is left.
const PASSES_MAX: u32 = 10;
/// Until other processes have seen the new key, and what they sealed before is written.
const SEEN: Duration = KeyVault::LAG.saturating_mul(2);

pub(crate) async fn run(data: &Data, args: RotateArgs) -> Result<Outcome, CliError> {
    let file = data.folder.join(KEY);
    let of_environment = key_of_environment().is_some();
    if of_environment && !args.reseal_only {
        return Err(CliError::usage(
            "the key is in KALENDS_KEY: put a new one before it there, start every process anew, and \
             say --reseal-only",
        ));
    }
    if !args.reseal_only {
        add_key(&file)?;
        failpoint::named("key-added");
    }
    tokio::time::sleep(SEEN).await;
    let registry = Registry::of(data)?;
    let mut total = 0;
    for _ in 0..PASSES_MAX {
        let resealed =
            data.store.reseal(data.vault.clone()).await? + registry.reseal(&data.vault)?;
        total += resealed;
        if resealed == 0 {
            if !of_environment && !args.keep_old {
                keep_newest_key(&file)?;
            }
            let values = count(total, "value is", "values are");
            let old = if args.keep_old || of_environment { "stay" } else { "are gone" };
            let text = format!("{values} sealed under the newest key; older ones {old}");
            return Ok(Outcome::new(json!({"resealed": total, "kept_old": args.keep_old}), text));
        }
    }
    Err(CliError::broken(
        "sealing-key",
        "another process goes on sealing under an old key: start it anew, and say --reseal-only",
    ))
}
