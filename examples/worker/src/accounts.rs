//! Taking accounts in.

use kalends::core::account::{Grant, Tokens};
use kalends::core::ports::{Clock as _, HttpRequest};
use kalends::ids::AccountId;
use kalends::{Credential, DriverError, NewAccount, Opened};
use kalends_cloudflare::{FetchHttp, Secret, SignIn, WorkerClock};
use kalends_kit::oauth::{self, Attempt, TokenFile};
use serde::Deserialize;
use serde_json::Value;
use worker::Env;

use crate::graph::Object;
use crate::kinds::{CALDAV, FEED, GOOGLE, MICROSOFT, provider};
use crate::problem::Problem;
use crate::services::{Service, service};
use crate::settings::fetch;

/// The longest name of an account.
const NAME_MAX: usize = 100;

/// An account to be taken in.
#[derive(Deserialize)]
pub(crate) struct New {
    name: String,
    #[serde(flatten)]
    place: Place,
}

/// Where it is.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Place {
    /// On a CalDAV server.
    Caldav { url: String, user: String, password: String },
    /// A feed.
    Feed { url: String },
    /// At Google, by the tokens that somebody has: an answer of the token endpoint, or what google-auth
    /// writes for an authorised user.
    Google { tokens: Value },
    /// At Microsoft, by an answer of the token endpoint.
    Microsoft { tokens: Value },
}

/// Takes an account in by what its owner has.
pub(crate) async fn add(object: &Object, new: New, env: &Env) -> Result<AccountId, Problem> {
    check_name(&new.name)?;
    let (kind, secret) = secret(new.place, env).await?;
    keep(object, new.name, (kind, secret)).await
}

pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    match (1..=NAME_MAX).contains(&name.len()) {
        true => Ok(()),
        false => Err(Problem::usage("a name has 1 to 100 bytes")),
    }
}

/// Finds what an account has, and keeps its credentials and it.
pub(crate) async fn keep(
    object: &Object,
    name: String,
    (kind, secret): (&'static str, Secret),
) -> Result<AccountId, Problem> {
    let provider = provider(kind, &secret)?;
    let opened = Opened { provider, credential: secret.credential.clone() };
    let (driver, keys) = (object.driver(), object.keys());
    let found = kalends::find(driver.ports(), &opened).await?;
    let id = keys.account(kind, &found.subject);
    let (store, accounts) = (&driver.ports().store, &driver.ports().accounts);
    let before = store.secret(keys.graph, id)?;
    let secret = Secret { memory: found.remember.clone(), ..secret };
    let _adding = accounts.adding();
    // Before the account: the next slice may take it up at once.
    accounts.keep(keys.graph, id, &secret)?;
    let new = NewAccount { provider: kind.to_owned(), name };
    if let Err(error) = kalends::add_account(driver, keys, &new, &found).await {
        // Refused, it keeps the credentials that it had; after anything else it may be there.
        if matches!(error, DriverError::Edit(_)) {
            match before {
                Some((before, _)) => store.put_secret(keys.graph, id, &before)?,
                None => store.delete_secret(keys.graph, id)?,
            }
        }
        return Err(error.into());
    }
    Ok(id)
}

async fn secret(place: Place, env: &Env) -> Result<(&'static str, Secret), Problem> {
    Ok(match place {
        Place::Caldav { url, user, password } => {
            (CALDAV, Secret::new(url, Credential::Basic { user, password }))
        }
        Place::Feed { url } => (FEED, Secret::new(url, Credential::None)),
        Place::Google { tokens } => {
            (GOOGLE, with_tokens(service(GOOGLE, true, env)?, &tokens, env).await?)
        }
        Place::Microsoft { tokens } => {
            (MICROSOFT, with_tokens(service(MICROSOFT, true, env)?, &tokens, env).await?)
        }
    })
}

/// What somebody has been given elsewhere. Tokens that run out are refreshed from here on; where there is
/// only one to refresh, it is at once.
async fn with_tokens(service: Service, tokens: &Value, env: &Env) -> Result<Secret, Problem> {
    let now = WorkerClock.now();
    let file = TokenFile::read(&tokens.to_string(), now);
    let TokenFile { mut tokens, client: of_tokens } =
        file.map_err(|it| Problem::usage(it.to_string()))?;
    let Service { api, mut client, .. } = service;
    // What others got is theirs to end.
    client.revoke = None;
    if let Some((id, secret)) = of_tokens {
        client.id = id;
        client.secret = secret;
    }
    let Some(refresh) = tokens.refresh.clone() else {
        return Ok(Secret::new(api, Credential::Bearer(tokens.access)));
    };
    if client.id.is_empty() {
        return Err(Problem::usage("tokens name no client_id, and none is bound"));
    }
    if tokens.access.is_empty() {
        tokens = ask(client.refresh(&refresh, None), env).await?;
        tokens.refresh.get_or_insert(refresh);
    }
    Ok(Secret::signed_in(api, SignIn { grant: Grant::of(tokens), client }))
}

/// What a browser brought back: good once, for the attempt that it was sent with.
pub(crate) async fn from_browser(
    service: Service,
    attempt: &Attempt,
    query: &str,
    env: &Env,
) -> Result<Secret, Problem> {
    let code = attempt.code(query);
    let code = code.map_err(|error| Problem::new(422, "sign-in", error.to_string()))?;
    let Service { api, client, .. } = service;
    let tokens = ask(client.redeem(attempt, &code), env).await?;
    Ok(Secret::signed_in(api, SignIn { grant: Grant::of(tokens), client }))
}

async fn ask(request: HttpRequest, env: &Env) -> Result<Tokens, Problem> {
    let http = FetchHttp::new(fetch(env));
    Ok(oauth::ask_for_tokens(&http, request, &WorkerClock).await?)
}
