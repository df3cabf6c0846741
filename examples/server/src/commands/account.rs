//! Accounts: list, show, remove.

use kalends::UserEdit;
use kalends::core::graph::Account;
use kalends_tokio::Secret;

use super::{account_add, account_refresh};
use crate::args::AccountCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::{account_state, calendar_role, table};
use crate::view::{AccountView, Accounts, CalendarView, OneAccount, Removed};
use crate::{host, limited, lookup};

pub(crate) async fn run(data: &Data, command: AccountCommand) -> Result<Outcome, CliError> {
    match command {
        AccountCommand::Add(new) => account_add::run(data, new).await,
        AccountCommand::List => list(data).await,
        AccountCommand::Show { name } => show(data, &name).await,
        AccountCommand::Refresh { name } => account_refresh::run(data, &name).await,
        AccountCommand::Remove { name, abandon } => remove(data, &name, abandon).await,
    }
}

pub(crate) async fn list(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let accounts: Vec<&Account> = config.accounts.values().collect();
    let json = Accounts { accounts: accounts.iter().map(|one| AccountView::of(one)).collect() };
    let rows = accounts.iter().map(|account| {
        [account.name.clone(), account.provider.clone(), account_state(account).to_owned()]
    });
    let text = table(["name", "kind", "state"], rows, "no accounts: add one with `account add`");
    Ok(Outcome::new(json, text))
}

pub(crate) async fn show(data: &Data, name: &str) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let account = lookup::account(&config, name)?;
    let calendars: Vec<_> =
        config.calendars.values().filter(|calendar| calendar.account == account.id).collect();
    let kept = data.credentials(account.id).await?;
    let secret = kept.and_then(|bytes| Secret::from_bytes(&bytes));
    let has_credentials = secret.is_some();
    let sign_in = secret.as_ref().and_then(|secret| secret.sign_in.as_deref());
    let limits = sign_in.map(|sign_in| limited::limits(&account.provider, sign_in));
    let limits = limits.unwrap_or_default();
    let limited = limited::text(&account.provider, &account.name, &limits);
    let json = OneAccount {
        account: AccountView::of(account),
        has_credentials,
        limits,
        calendars: calendars.iter().map(|one| CalendarView::of(&config, one)).collect(),
    };
    let rows = calendars.iter().map(|calendar| {
        let on = if calendar.on { "on" } else { "off" };
        [calendar.name.clone(), on.to_owned(), calendar_role(calendar).to_owned()]
    });
    let calendars = table(["calendar", "scope", "role"], rows, "no calendars");
    let missing = if has_credentials { "" } else { ", without credentials: add it again" };
    let limited = limited.map(|text| format!("\n{text}")).unwrap_or_default();
    let text = format!(
        "{} ({}, {}{missing})\n{}{limited}\n\n{calendars}",
        account.name,
        account.provider,
        account_state(account),
        account.subject
    );
    Ok(Outcome::new(json, text))
}

pub(crate) async fn remove(data: &Data, name: &str, abandon: bool) -> Result<Outcome, CliError> {
    let (json, sign_in) = removed(data, name, abandon).await?;
    let text = match abandon {
        true => format!("account {name} is removed; what was mirrored into it stays there"),
        false => format!("account {name} is being removed: sync to take its mirrors back"),
    };
    Ok(Outcome::new(json, format!("{text}{sign_in}")))
}

/// The same; what becomes of the sign-in at the provider, in words that go on, or none.
pub(crate) async fn removed(
    data: &Data,
    name: &str,
    abandon: bool,
) -> Result<(Removed, String), CliError> {
    let config = data.config().await?;
    let account = lookup::account(&config, name)?;
    let driver = host::driver(data, CliHooks::quiet())?;
    let edit = UserEdit::RemoveAccount { account: account.id, abandon };
    host::edit(data, &driver, edit).await?;
    let kept = data.credentials(account.id).await?;
    let secret = kept.and_then(|bytes| Secret::from_bytes(&bytes));
    let sign_in = secret.as_ref().and_then(|secret| secret.sign_in.as_deref());
    let ends = sign_in.map(|sign_in| sign_in.client.revoke.is_some());
    if abandon {
        data.end_sign_in(account.id).await?;
    }
    let text = sign_in_text(ends, abandon, account);
    let account = Some(account.id.to_string());
    Ok((Removed { account, edge: None, run: None, abandoned: abandon }, text))
}

/// What becomes of the sign-in at the provider; `ends`: whether it can be ended from here.
fn sign_in_text(ends: Option<bool>, abandon: bool, account: &Account) -> String {
    let provider = &account.provider;
    match ends {
        None => String::new(),
        Some(true) if abandon => format!("; the sign-in at {provider} is ended"),
        Some(true) => format!("; then the sign-in at {provider} is ended, for every device"),
        Some(false) => format!(
            "; the sign-in itself stays at {provider}: take it away in the security settings of {}",
            account.subject
        ),
    }
}
