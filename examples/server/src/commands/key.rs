//! Keys of the server.

use kalends::core::ports::{Clock as _, Entropy as _};
use kalends_tokio::{OsEntropy, SystemClock};
use serde_json::json;

use crate::args::KeyCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::serve::{ApiKey, KeyText, OWNER, Registry, Scope, key_id};
use crate::show::table;
use crate::view::{KeyMade, KeyView};

/// The longest name of a key.
const NAME_MAX: usize = 200;

pub(crate) fn run(data: &Data, command: KeyCommand) -> Result<Outcome, CliError> {
    let registry = Registry::of(data)?;
    match command {
        KeyCommand::Create { name, user, scope } => {
            let user = user.unwrap_or_else(|| OWNER.to_owned());
            let made = make(&registry, name, user, scope)?;
            let text = format!("{}\n\nit is shown this once: keep it like a password", made.key);
            Ok(Outcome::new(made, text))
        }
        KeyCommand::List => list(&registry),
        KeyCommand::Revoke { id } => {
            end(&registry, &id)?;
            Ok(Outcome::new(json!({"revoked": id}), format!("key {id} opens nothing any more")))
        }
    }
}

/// Makes a key; read and write where no scope is named.
pub(crate) fn make(
    registry: &Registry,
    name: String,
    user: String,
    scopes: Vec<Scope>,
) -> Result<KeyMade, CliError> {
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(CliError::usage(format!(
            "a key's name is one line of {NAME_MAX} letters at most"
        )));
    }
    if registry.user(&user)?.is_none() {
        let unknown = CliError::not_found(format!("there is no user {user:?}"));
        return Err(unknown.hinting("add one with `user add`"));
    }
    let scopes = if scopes.is_empty() { vec![Scope::Read, Scope::Write] } else { scopes };
    let (now, text) = (SystemClock.now(), KeyText::draw()?);
    let id = key_id(&OsEntropy.seed(), now);
    let key = ApiKey { id, user, name, scopes, made: now, revoked: None, used: None };
    registry.add_key(&key, &text.hash())?;
    Ok(KeyMade { view: KeyView::of(&key), key: text.expose().to_owned() })
}

fn list(registry: &Registry) -> Result<Outcome, CliError> {
    let keys = registry.keys()?;
    let json: Vec<KeyView> = keys.iter().map(KeyView::of).collect();
    let rows = keys.iter().map(|key| {
        let state = if key.revoked.is_some() { "revoked" } else { "active" };
        let scopes = Scope::write_all(&key.scopes);
        [key.name.clone(), key.user.clone(), scopes, state.to_owned(), key.id.clone()]
    });
    let text = table(["name", "user", "scopes", "state", "id"], rows, "no keys");
    Ok(Outcome::new(json!({ "keys": json }), text))
}

/// Ends a key.
pub(crate) fn end(registry: &Registry, id: &str) -> Result<(), CliError> {
    if !registry.revoke(id, SystemClock.now())? {
        let unknown = CliError::not_found(format!("there is no active key {id:?}"));
        return Err(unknown.hinting("`key list` has them"));
    }
    Ok(())
}
