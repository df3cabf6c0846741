//! Keys of the server.

use kalends::core::ports::{Clock as _, Entropy as _};
use kalends_tokio::{OsEntropy, SystemClock};
use serde_json::{Value, json};

use crate::args::KeyCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::serve::{ApiKey, KeyText, OWNER, Registry, Scope, key_id};
use crate::show::table;

pub(crate) fn run(data: &Data, command: KeyCommand) -> Result<Outcome, CliError> {
    let registry = Registry::of(data)?;
    match command {
        KeyCommand::Create { name, user, scope } => create(&registry, name, user, scope),
        KeyCommand::List => list(&registry),
        KeyCommand::Revoke { id } => revoke(&registry, &id),
    }
}

fn create(
    registry: &Registry,
    name: String,
    user: Option<String>,
    scopes: Vec<Scope>,
) -> Result<Outcome, CliError> {
    let user = user.unwrap_or_else(|| OWNER.to_owned());
    if registry.user(&user)?.is_none() {
        return Err(CliError::not_found(format!(
            "there is no user {user:?}: add one with `user add`"
        )));
    }
    let scopes = if scopes.is_empty() { vec![Scope::Read, Scope::Write] } else { scopes };
    let (now, text) = (SystemClock.now(), KeyText::draw()?);
    let id = key_id(&OsEntropy.seed(), now);
    let key = ApiKey { id, user, name, scopes, made: now, revoked: None };
    registry.add_key(&key, &text.hash())?;
    let shown = format!("{}\n\nit is shown this once: keep it like a password", text.expose());
    let mut json = key_json(&key);
    json["key"] = text.expose().into();
    Ok(Outcome::new(json, shown))
}

fn list(registry: &Registry) -> Result<Outcome, CliError> {
    let keys = registry.keys()?;
    let json: Vec<Value> = keys.iter().map(key_json).collect();
    let rows = keys.iter().map(|key| {
        let state = if key.revoked.is_some() { "revoked" } else { "active" };
        let scopes = Scope::write_all(&key.scopes);
        [key.name.clone(), key.user.clone(), scopes, state.to_owned(), key.id.clone()]
    });
    let text = table(["name", "user", "scopes", "state", "id"], rows, "no keys");
    Ok(Outcome::new(json!({ "keys": json }), text))
}

fn revoke(registry: &Registry, id: &str) -> Result<Outcome, CliError> {
    if !registry.revoke(id, SystemClock.now())? {
        return Err(CliError::not_found(format!("there is no active key {id:?}: see `key list`")));
    }
    Ok(Outcome::new(json!({"revoked": id}), format!("key {id} opens nothing any more")))
}

fn key_json(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "user": key.user,
        "name": key.name,
        "scopes": Scope::write_all(&key.scopes),
        "made": key.made.to_string(),
        "revoked": key.revoked.map(|at| at.to_string()),
    })
}
