//! Adding an account: its calendars are looked for at once, so that a wrong address or password
//! shows before anything is kept.

use std::fs::File;
use std::io::IsTerminal as _;
use std::path::Path;

use kalends::core::graph::Lifecycle;
use kalends::core::ids::AccountId;
use kalends::core::ports::Credential;
use kalends::driver::{Driver, DriverError};
use kalends::{Found, NewAccount, Opened, UserEdit};
use kalends_caldav::{Caldav, CaldavConfig};
use kalends_tokio::{Secret, ServiceError, Services};
use url::Url;

use super::account_sign_in;
use crate::accounts::{CALDAV, FEED, GOOGLE, MICROSOFT, provider};
use crate::args::{AccountAdd, SignInArgs};
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::failpoint::named;
use crate::host::{self, Host};
use crate::outcome::{Outcome, warn};
use crate::show::{calendar_role, table};
use crate::sign_in::{self, Service};
use crate::view::{AccountView, Added, CalendarView};

pub(crate) async fn run(data: &Data, new: AccountAdd) -> Result<Outcome, CliError> {
    let _adding;
    let (name, kind, secret) = match new {
        AccountAdd::Caldav { name, url: Some(url), bearer: true, .. } => {
            without_user(&url)?;
            let token = asked_for("KALENDS_TOKEN", &format!("access token of account {name}: "))?;
            let address = caldav_address(&url).await?;
            (name, CALDAV, Secret::new(address, Credential::Bearer(token)))
        }
        AccountAdd::Caldav { name, url, user, .. } => {
            let user = user.ok_or_else(|| CliError::usage("give --user, or --bearer and --url"))?;
            let password = password(&name)?;
            return caldav(data, name, url.as_deref(), user, password).await;
        }
        AccountAdd::Feed { name, url, user, file } => {
            let address = match (url, file) {
                (Some(url), _) => url,
                (None, Some(file)) => file_address(&file)?,
                (None, None) => return Err(CliError::usage("a feed needs --url or --file")),
            };
            let login = match user {
                Some(user) => Some((user, password(&name)?)),
                None => None,
            };
            return feed(data, name, address, login).await;
        }
        AccountAdd::Google { sign_in, write } => {
            _adding = adding(data, &sign_in).await?;
            let secret = signed_in(data, sign_in::google(write), &sign_in).await?;
            (sign_in.name, GOOGLE, secret)
        }
        AccountAdd::Microsoft { sign_in } => {
            _adding = adding(data, &sign_in).await?;
            let secret = signed_in(data, sign_in::microsoft()?, &sign_in).await?;
            (sign_in.name, MICROSOFT, secret)
        }
    };
    add(data, name, kind, secret).await
}

/// What a token file brings lies there without its account until that is added. Whoever waits for a
/// person has nothing there, and keeps nobody waiting.
async fn adding(data: &Data, args: &SignInArgs) -> Result<Option<File>, CliError> {
    match args.token_file {
        Some(_) => data.adding().await.map(Some),
        None => Ok(None),
    }
}

/// Adds an account on a CalDAV server; without an address, that of the user name's domain.
pub(crate) async fn caldav(
    data: &Data,
    name: String,
    url: Option<&str>,
    user: String,
    password: String,
) -> Result<Outcome, CliError> {
    url.map_or(Ok(()), without_user)?;
    let address = caldav_address(url.unwrap_or(&user)).await?;
    let secret = Secret::new(address, Credential::Basic { user, password });
    add(data, name, CALDAV, secret).await
}

/// Adds a feed, with user name and password where it asks for them.
pub(crate) async fn feed(
    data: &Data,
    name: String,
    address: String,
    login: Option<(String, String)>,
) -> Result<Outcome, CliError> {
    without_user(&address)?;
    let credential =
        login.map_or(Credential::None, |(user, password)| Credential::Basic { user, password });
    add(data, name, FEED, Secret::new(address, credential)).await
}

/// Before anybody signs in under it.
pub(crate) fn check_name(name: &str) -> Result<(), CliError> {
    if name.is_empty() || name.contains('/') {
        return Err(CliError::usage("an account's name is not empty and holds no slash"));
    }
    Ok(())
}

async fn signed_in(data: &Data, service: Service, args: &SignInArgs) -> Result<Secret, CliError> {
    check_name(&args.name)?;
    account_sign_in::secret(data, service, args).await
}

/// Adds an account with its credentials, or gives one that is known others.
pub(crate) async fn add(
    data: &Data,
    name: String,
    kind: &str,
    secret: Secret,
) -> Result<Outcome, CliError> {
    check_name(&name)?;
    if data.is_watched() {
        warn_of_plain_text(&secret);
    }
    let driver = host::driver(data, data.hooks())?;
    let provider = provider(kind, &secret).map_err(|failure| CliError::from(&failure))?;
    let opened = Opened { provider, credential: secret.credential.clone() };
    let found = kalends::find(driver.ports(), &opened).await;
    let found: Found = found.map_err(|failure| private(data, failure.into()))?;
    let new = NewAccount { provider: kind.to_owned(), name };
    let id = data.keys.account(kind, &found.subject);
    // From here on nobody is waited for.
    let _adding = data.adding().await?;
    not_erased(data).await?;
    let account = data.config().await?.accounts.get(&id).cloned();
    let known = account.as_ref().is_some_and(|account| account.name == new.name);
    let is_there = known && account.is_some_and(|account| account.state == Lifecycle::Active);
    let secret = Secret { memory: found.remember.clone(), ..secret };
    let before = data.credentials(id).await?;
    // Before the account, which whoever syncs beside this would take up without them.
    data.store.put_secret(data.keys.graph, id, &secret.to_bytes()).await?;
    named("account.credentials");
    let added = if is_there { Ok(()) } else { added(data, &driver, (id, &new, &found)).await };
    let added = match added {
        Ok(()) => kalends::add_account(&driver, &data.keys, &new, &found).await,
        Err(error) => Err(error),
    };
    if let Err(error) = added {
        // Only then nothing was committed: the account may be there after anything else.
        if matches!(error, DriverError::Edit { .. }) {
            put_back(data, id, before).await?;
        }
        return Err(error.into());
    }
    let place = account_sign_in::place(data, kind, &new.name);
    data.store.delete_secret(data.keys.graph, place).await?;
    let config = data.config().await?;
    let calendars: Vec<_> = config.calendars.values().filter(|c| c.account == id).collect();
    let json = Added {
        known,
        account: config.accounts.get(&id).map(AccountView::of),
        calendars: calendars.iter().map(|one| CalendarView::of(&config, one)).collect(),
    };
    let rows = calendars.iter().map(|calendar| {
        let on = if calendar.on { "on" } else { "off" };
        [calendar.name.clone(), on.to_owned(), calendar_role(calendar).to_owned()]
    });
    let calendars = table(["calendar", "scope", "role"], rows, "it has no calendars");
    let what = if known { "known already; its credentials are replaced" } else { "added" };
    Ok(Outcome::new(json, format!("account {} is {what}\n\n{calendars}", new.name)))
}

/// Adds the account alone, in a run that is put down to whoever asked; its calendars follow from it.
async fn added(
    data: &Data,
    driver: &Driver<Host>,
    (id, new, found): (AccountId, &NewAccount, &Found),
) -> Result<(), DriverError> {
    let edit = UserEdit::AddAccount {
        id,
        provider: new.provider.clone(),
        name: new.name.clone(),
        subject: found.subject.clone(),
    };
    let (run, _) = kalends::edit(driver, &data.keys, edit).await?;
    data.made(run);
    Ok(())
}

/// What cannot be reached because it is private is said to be that.
fn private(data: &Data, error: CliError) -> CliError {
    if error.code != "net.bad-address" || data.reaches_private() {
        return error;
    }
    let text = "the address is private, or none at all: this server talks to public ones alone, unless \
         whoever runs it allows others (`serve --allow-private`)";
    CliError { message: text.to_owned(), ..error }
}

/// Refuses an account of somebody who is being erased: nobody would take it into account.
async fn not_erased(data: &Data) -> Result<(), CliError> {
    if data.registry().await?.is_being_erased(data.keys.graph)? {
        let text = "everything here is being erased: call that off first, or wait for its end";
        return Err(CliError::new("erasure.begun", text, Exit::Usage));
    }
    Ok(())
}

/// An account that is refused keeps the credentials that it had. What was granted is not ended at the
/// provider: Google ends all grants of a person with one, also that of another user here.
async fn put_back(data: &Data, id: AccountId, before: Option<Vec<u8>>) -> Result<(), CliError> {
    match before {
        Some(before) => data.store.put_secret(data.keys.graph, id, &before).await?,
        None => data.store.delete_secret(data.keys.graph, id).await?,
    }
    Ok(())
}

/// The address as it was given, or where a domain says that its calendars are (RFC 6764).
async fn caldav_address(given: &str) -> Result<String, CliError> {
    if given.contains("://") {
        return Ok(given.to_owned());
    }
    let found = match Services::of_this_machine() {
        Ok(services) => services.caldav(given).await,
        Err(error) => Err(error),
    };
    let domain = given.rsplit_once('@').map_or(given, |(_, domain)| domain);
    match found {
        Ok(Some(service)) if service.elsewhere => Err(CliError::usage(format!(
            "{domain} says that its calendars are at {}: give that address if it is right",
            service.url
        ))),
        Ok(Some(service)) => Ok(service.url),
        // What says nothing of its calendars may hold them itself.
        Ok(None) | Err(ServiceError::Unreachable) => {
            Ok(format!("https://{}/", domain.trim_end_matches('/')))
        }
        Err(error @ (ServiceError::Domain | ServiceError::Absent)) => {
            Err(CliError::usage(format!("the address {given}: {error}")))
        }
    }
}

/// Addresses are shown in places where passwords are not.
fn without_user(url: &str) -> Result<(), CliError> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(CliError::usage(
            "take user and password out of the address, and give them beside it",
        )
        .hinting(
            "the user with --user, the password when it is asked for or in KALENDS_PASSWORD",
        ));
    }
    Ok(())
}

fn warn_of_plain_text(secret: &Secret) {
    let config = CaldavConfig { url: secret.address.clone(), ..CaldavConfig::default() };
    if Caldav::new(config).warning(&secret.credential).is_some() {
        warn(
            "warning: the address is plain http: the password crosses the network readable; use \
             https where the server has it",
        );
    }
}

fn password(name: &str) -> Result<String, CliError> {
    asked_for("KALENDS_PASSWORD", &format!("password of account {name}: "))
}

/// From that variable, or asked for where somebody can answer.
fn asked_for(variable: &str, question: &str) -> Result<String, CliError> {
    if let Ok(secret) = std::env::var(variable) {
        return Ok(secret);
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage(format!("there is no terminal to ask at: set {variable}")));
    }
    Ok(rpassword::prompt_password(question)?)
}

fn file_address(file: &Path) -> Result<String, CliError> {
    let shown = file.display().to_string();
    let whole = file.canonicalize().map_err(|error| CliError::file(&shown, &error))?;
    let url = Url::from_file_path(whole)
        .map_err(|()| CliError::usage(format!("{shown} is no path of a local file")))?;
    Ok(url.into())
}
