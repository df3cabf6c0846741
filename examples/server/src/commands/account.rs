//! Accounts: list, show, remove.

use kalends::UserEdit;
use kalends::core::graph::Account;
use kalends_tokio::Secret;
use serde_json::json;

use super::account_add;
use crate::args::AccountCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::{account_json, account_state, calendar_json, calendar_role, table};
use crate::{host, lookup};

pub(crate) async fn run(data: &Data, command: AccountCommand) -> Result<Outcome, CliError> {
    match command {
        AccountCommand::Add(new) => account_add::run(data, new).await,
        AccountCommand::List => list(data).await,
        AccountCommand::Show { name } => show(data, &name).await,
        AccountCommand::Remove { name, abandon } => remove(data, &name, abandon).await,
    }
}

async fn list(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let accounts: Vec<&Account> = config.accounts.values().collect();
    let json: Vec<_> = accounts.iter().map(|account| account_json(account)).collect();
    let rows = accounts.iter().map(|account| {
        [account.name.clone(), account.provider.clone(), account_state(account).to_owned()]
    });
    let text = table(["name", "kind", "state"], rows, "no accounts: add one with `account add`");
    Ok(Outcome::new(json!({ "accounts": json }), text))
}

async fn show(data: &Data, name: &str) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let account = lookup::account(&config, name)?;
    let calendars: Vec<_> =
        config.calendars.values().filter(|calendar| calendar.account == account.id).collect();
    let kept = data.store.secret(data.keys.graph, account.id).await?;
    let has_credentials = kept.and_then(|bytes| Secret::from_bytes(&bytes)).is_some();
    let mut json = account_json(account);
    json["has_credentials"] = has_credentials.into();
    json["calendars"] = calendars.iter().map(|c| calendar_json(&config, c)).collect();
    let rows = calendars.iter().map(|calendar| {
        let on = if calendar.on { "on" } else { "off" };
        [calendar.name.clone(), on.to_owned(), calendar_role(calendar).to_owned()]
    });
    let calendars = table(["calendar", "scope", "role"], rows, "no calendars");
    let missing = if has_credentials { "" } else { ", without credentials: add it again" };
    let text = format!(
        "{} ({}, {}{missing})\n{}\n\n{calendars}",
        account.name,
        account.provider,
        account_state(account),
        account.subject
    );
    Ok(Outcome::new(json, text))
}

async fn remove(data: &Data, name: &str, abandon: bool) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let account = lookup::account(&config, name)?;
    let driver = host::driver(data, CliHooks::quiet())?;
    let edit = UserEdit::RemoveAccount { account: account.id, abandon };
    kalends::edit(&driver, &data.keys, edit).await?;
    if abandon {
        data.store.delete_secret(data.keys.graph, account.id).await?;
    }
    let text = match abandon {
        true => format!("account {name} is removed; what was mirrored into it stays there"),
        false => format!("account {name} is being removed: sync to take its mirrors back"),
    };
    let json = json!({"account": account.id.to_string(), "abandoned": abandon});
    Ok(Outcome::new(json, text))
}
