//! Signing in to a service: with a browser, or with tokens that are there already.

use std::path::Path;
use std::time::Duration;

use kalends::core::graph::{Account, Lifecycle};
use kalends::core::ids::AccountId;
use kalends::core::keys::base32hex;
use kalends::core::ports::Clock as _;
use kalends::core::provider::Failure;
use kalends::driver::Accounts as _;
use kalends_tokio::{
    BrowserError, BrowserSignIn, Grant, HttpOptions, NextForToken, ReqwestHttp, Secret, SignIn,
    SignInError, SystemClock, TokenFile,
};

use crate::accounts::{Kinds, StoredAccounts};
use crate::args::SignInArgs;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::failpoint::Passing;
use crate::limited;
use crate::outcome::warn;
use crate::sign_in::Service;

/// How long the browser is waited for.
const WAIT: Duration = Duration::from_secs(600);

/// The secret of an account whose owner signs in now, or did so elsewhere.
pub(crate) async fn secret(
    data: &Data,
    mut service: Service,
    args: &SignInArgs,
) -> Result<Secret, CliError> {
    let http = ReqwestHttp::new(HttpOptions::personal())
        .map_err(|error| CliError::failed("http", &error))?;
    let grant = match &args.token_file {
        Some(file) => from_file(data, &http, &mut service, (&args.name, file)).await?,
        None => from_browser(data, &http, &service, args).await?,
    };
    let sign_in = SignIn { grant, client: service.client };
    if let Some(text) =
        limited::text(service.kind, &args.name, &limited::limits(service.kind, &sign_in))
    {
        warn(&text);
    }
    Ok(Secret::signed_in(service.api, sign_in))
}

async fn from_file(
    data: &Data,
    http: &ReqwestHttp,
    service: &mut Service,
    (name, file): (&str, &Path),
) -> Result<Grant, CliError> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        CliError::usage(format!("--token-file {shown} cannot be read: {error}"))
    })?;
    let found = TokenFile::read(&text, SystemClock.now())
        .map_err(|error| CliError::usage(format!("--token-file {shown}: {error}")))?;
    // What others got is theirs to end.
    service.client.revoke = None;
    if let Some((id, secret)) = found.client {
        service.client.id = id;
        service.client.secret = secret;
    }
    let grant = Grant::of(found.tokens);
    let refreshes = grant.refresh.is_some();
    if refreshes && service.client.id.is_empty() {
        warn(&format!(
            "warning: tokens are refreshed only for the program they were made for: set \
             {}_CLIENT_ID and add the account again before they run out",
            service.variables
        ));
    }
    match grant.next(None, SystemClock.now()) {
        NextForToken::Refresh(_) => refreshed(data, http, (service, name), grant).await,
        NextForToken::Use | NextForToken::Wait(_) | NextForToken::Stop(_) => Ok(grant),
    }
}

/// Where the tokens of a file lie until their account is there.
pub(crate) fn place(data: &Data, kind: &str, name: &str) -> AccountId {
    data.keys.account(kind, &format!("token file of {name}"))
}

/// Refreshes the tokens of a file. A refresh token may be good for one use: what its use brings is
/// kept at once, and found again where the rest of the command fails.
async fn refreshed(
    data: &Data,
    http: &ReqwestHttp,
    (service, name): (&Service, &str),
    grant: Grant,
) -> Result<Grant, CliError> {
    let (graph, id) = (data.keys.graph, place(data, service.kind, name));
    let accounts = StoredAccounts::refreshing(data.store.clone(), Kinds, Passing(http.clone()));
    let token = grant.refresh.as_deref().unwrap_or_default();
    let memory = base32hex(&data.keys.derive("token file", &[token.as_bytes()]));
    let known = accounts.secret(graph, id).await.map_err(|failure| refused(&failure))?;
    if known.is_none_or(|known| known.memory != memory) {
        let sign_in = SignIn { grant, client: service.client.clone() };
        let secret = Secret { memory, ..Secret::signed_in(service.api.clone(), sign_in) };
        accounts.keep(graph, id, &secret).await.map_err(|failure| refused(&failure))?;
    }
    let account = Account {
        id,
        provider: service.kind.to_owned(),
        name: name.to_owned(),
        subject: String::new(),
        makes_calendars: None,
        state: Lifecycle::Active,
    };
    accounts.open(graph, &account).await.map_err(|failure| refused(&failure))?;
    let kept = accounts.secret(graph, id).await.map_err(|failure| refused(&failure))?;
    let grant = kept.and_then(|secret| secret.sign_in).map(|sign_in| sign_in.grant);
    grant.ok_or_else(|| CliError::usage("another process took the tokens away: begin again"))
}

async fn from_browser(
    data: &Data,
    http: &ReqwestHttp,
    service: &Service,
    args: &SignInArgs,
) -> Result<Grant, CliError> {
    if service.client.id.is_empty() {
        return Err(CliError::usage(format!(
            "a program signs people in under an id of its own: register one at {}, then set \
             {}_CLIENT_ID and {}_CLIENT_SECRET; or give ready tokens with --token-file",
            service.register, service.variables, service.variables
        )));
    }
    let (_, claims) = expected(data, service, &args.name).await?;
    let waiting = BrowserSignIn::begin(service.client.clone(), service.host).await?;
    let address = waiting.address(None, claims.as_deref());
    warn(&format!("sign in with your browser at\n\n  {address}\n"));
    if !args.no_browser && open::that_detached(&address).is_err() {
        warn("no browser could be opened: open the address yourself");
    }
    match tokio::time::timeout(WAIT, waiting.wait(http)).await {
        Ok(Ok(grant)) => Ok(grant),
        Ok(Err(BrowserError::Tokens(failure))) => Err(refused(&failure)),
        Ok(Err(BrowserError::SignIn(error @ SignInError::Consent(_)))) => {
            let place = service.consent.as_deref();
            let place = place.map(|place| format!(": they do so at\n\n  {place}\n"));
            let text = format!("{error}{}", place.unwrap_or_default());
            Err(CliError::new("sign-in.consent", text, Exit::SignIn))
        }
        Ok(Err(BrowserError::SignIn(error))) => {
            Err(CliError::new("sign-in", error.to_string(), Exit::SignIn))
        }
        Err(_) => Err(CliError::new(
            "sign-in.late",
            "nobody signed in within ten minutes: begin again".to_owned(),
            Exit::SignIn,
        )),
    }
}

/// Who is expected to sign in under a name that is known, and what the provider wants the sign-in
/// to bring, where it refused the one before.
pub(crate) async fn expected(
    data: &Data,
    service: &Service,
    name: &str,
) -> Result<(Option<String>, Option<String>), CliError> {
    let config = data.config().await?;
    let known = config.accounts.values().find(|a| a.name == name && a.provider == service.kind);
    let Some(account) = known else { return Ok((None, None)) };
    let signed = signed(data, account).await?;
    let claims = signed.and_then(|signed| signed.grant.claims);
    Ok((Some(account.subject.clone()), claims))
}

/// How the owner of an account signed in, where they did.
pub(crate) async fn signed(data: &Data, account: &Account) -> Result<Option<SignIn>, CliError> {
    let kept = data.store.secret(data.keys.graph, account.id).await?;
    let secret = kept.and_then(|bytes| Secret::from_bytes(&bytes));
    Ok(secret.and_then(|secret| secret.sign_in).map(|sign_in| *sign_in))
}

fn refused(failure: &Failure) -> CliError {
    failure.into()
}
