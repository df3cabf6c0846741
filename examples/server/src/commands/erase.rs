//! `kalends erase` and `kalends verify-certificate`.

use std::fs;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::user::no_user;
use crate::args::EraseArgs;
use crate::data::Data;
use crate::erasure::{self, Certificate};
use crate::error::{CliError, Exit};
use crate::outcome::{Outcome, warn};
use crate::serve::{OWNER, Registry, User};
use crate::view::ErasureView;

/// Why an account is waited for that nothing is wrong with.
const NOT_YET: &str = "not done yet: another process has writes open there";

pub(crate) async fn run(data: &Data, args: EraseArgs) -> Result<Outcome, CliError> {
    let registry = Registry::of(data)?;
    let name = args.user.unwrap_or_else(|| OWNER.to_owned());
    if args.call_off {
        return call_off(data, &registry, &name).await;
    }
    // Leases of a killed process end, where no other works.
    let _working = data.begin_work().await?;
    // It may have come to its end while nobody looked.
    let view = match erasure::ended(data, &registry, &name).await? {
        Some(view) => view,
        None => erase(data, &registry, (&name, args.yes), &args.abandon).await?,
    };
    // What a killed process left behind of others.
    if let Err(error) = erasure::go_on(data, &registry).await {
        warn(&format!("another erasure cannot be ended now: {error}"));
    }
    told(&name, view, args.certificate.as_deref())
}

async fn erase(
    data: &Data,
    registry: &Registry,
    (name, sure): (&str, bool),
    abandon: &[String],
) -> Result<ErasureView, CliError> {
    let user = known(registry, name)?;
    if !sure {
        confirm(name)?;
    }
    let theirs = data.of_graph(user.graph).await?;
    erasure::erase(&theirs, registry, &user, abandon).await
}

fn known(registry: &Registry, name: &str) -> Result<User, CliError> {
    registry.user(name)?.ok_or_else(|| no_user(name))
}

async fn call_off(data: &Data, registry: &Registry, name: &str) -> Result<Outcome, CliError> {
    let theirs = data.of_graph(known(registry, name)?.graph).await?;
    let view = erasure::call_off(&theirs, registry).await?;
    let lines = view.accounts.iter().map(|one| {
        let what = match one.state {
            "stays" => "stays",
            "signed-out" => "stays, without its sign-in: add it again",
            "leaving" => "is being removed: add it again when it is gone",
            _ => "is removed already: add it again",
        };
        format!("\n  {} {what}", one.account)
    });
    let lost = view.lost.iter().map(|one| format!("\n  {}: {}", one.what, one.why));
    let lines = lines.chain(lost).collect::<String>();
    let text = format!("the erasure of {name} is called off: what was not gone yet stays{lines}");
    Ok(Outcome::new(view, text))
}

fn told(name: &str, view: ErasureView, file: Option<&Path>) -> Result<Outcome, CliError> {
    let Some(certificate) = &view.certificate else {
        let lines = view.waiting.iter().map(|one| {
            let why = one.code.as_deref().unwrap_or(NOT_YET);
            let again = one.again.as_ref().map(|at| format!(", again at {at}"));
            format!("\n  {}: {why}{}", one.account, again.unwrap_or_default())
        });
        let (id, lines) = (&view.id, lines.collect::<String>());
        let text = format!(
            "erasure {id}: mirrors are still in these accounts:{lines}\nrun it again later: it goes on \
             and gives the certificate; or leave them there with --abandon NAME, or keep what \
             is not gone yet with --call-off"
        );
        return Ok(Outcome::new(view, text).with_exit(Exit::Unsettled));
    };
    if let Some(file) = file {
        let text = serde_json::to_string_pretty(certificate).unwrap_or_default();
        fs::write(file, text + "\n")
            .map_err(|error| CliError::file(&file.display().to_string(), &error))?;
    }
    let text = format!("{name} is erased: {}", certificate.statement);
    Ok(Outcome::new(view, text))
}

/// Fails unless a person types the user's name.
fn confirm(name: &str) -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage("say --yes: nobody can be asked here"));
    }
    warn(&format!(
        "everything of {name} is deleted here, and their mirrors at every provider; nothing of it \
         can be taken back. Type {name} to go on:"
    ));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim() == name { Ok(()) } else { Err(CliError::usage("nothing was erased")) }
}

/// A certificate in a file: alone, or in what `erase --json` printed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Filed {
    Alone(Certificate),
    Told { certificate: Certificate },
}

/// Verifies a certificate that lies in a file.
pub(crate) fn verify(file: &Path, key: Option<&str>) -> Result<Outcome, CliError> {
    let shown = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| CliError::file(&shown, &error))?;
    let unread = |_| CliError::broken("certificate.form", format!("{shown} holds no certificate"));
    let certificate = match serde_json::from_str(&text).map_err(unread)? {
        Filed::Alone(certificate) | Filed::Told { certificate } => certificate,
    };
    certificate.verify(key)?;
    let statement: Value = serde_json::from_str(&certificate.statement).map_err(unread)?;
    let by = &certificate.public_key;
    let hint = match key {
        Some(_) => "",
        None => {
            "\ncompare the key with the one at /certificates/key of the server, or name it with --key"
        }
    };
    let text = format!("signed by {by}{hint}\n{statement:#}");
    Ok(Outcome::new(json!({"valid": true, "public_key": by, "statement": statement}), text))
}
