//! Taking accounts in.

use kalends::core::account::{Grant, Tokens};
use kalends::core::ports::Clock as _;
use kalends::ids::AccountId;
use kalends::{Credential, DriverError, NewAccount, Opened};
use kalends_cloudflare::{FetchHttp, OauthClient, Secret, SignIn, WorkerClock};
use kalends_google::{API, Asks, oauth_client};
use kalends_kit::oauth::{self, TokenFile};
use serde::Deserialize;
use serde_json::Value;
use worker::Env;

use crate::graph::Object;
use crate::kinds::{CALDAV, FEED, GOOGLE, provider};
use crate::problem::Problem;
use crate::settings::{fetch, text};

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
}

/// Finds what the account has, and keeps its credentials and it.
pub(crate) async fn add(object: &Object, new: New, env: &Env) -> Result<AccountId, Problem> {
    if new.name.is_empty() || new.name.len() > NAME_MAX {
        return Err(Problem::usage("a name has 1 to 100 bytes"));
    }
    let (kind, secret) = secret(new.place, env).await?;
    let wrong = |failure: kalends::core::provider::Failure| {
        Problem::new(422, &failure.code, failure.detail)
    };
    let provider = provider(kind, &secret).map_err(wrong)?;
    let opened = Opened { provider, credential: secret.credential.clone() };
    let (driver, keys) = (object.driver(), object.keys());
    let found = kalends::find(driver.ports(), &opened).await?;
    let id = keys.account(kind, &found.subject);
    let (store, accounts) = (&driver.ports().store, &driver.ports().accounts);
    let before = store.secret(keys.graph, id)?;
    let secret = Secret { memory: found.remember.clone(), ..secret };
    // Before the account: the next slice may take it up at once.
    accounts.keep(keys.graph, id, &secret)?;
    let new = NewAccount { provider: kind.to_owned(), name: new.name };
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
        Place::Google { tokens } => (GOOGLE, google(&tokens, env).await?),
    })
}

/// Tokens that run out are refreshed from here on; where there is only one to refresh, it is at once.
async fn google(tokens: &Value, env: &Env) -> Result<Secret, Problem> {
    let now = WorkerClock.now();
    let file = TokenFile::read(&tokens.to_string(), now);
    let TokenFile { mut tokens, client } = file.map_err(|it| Problem::usage(it.to_string()))?;
    let api = text(env, "GOOGLE_API").unwrap_or_else(|| API.to_owned());
    if let Some(refresh) = tokens.refresh.clone() {
        let client = client
            .or_else(|| Some((text(env, "GOOGLE_CLIENT_ID")?, text(env, "GOOGLE_CLIENT_SECRET"))));
        let (id, secret) = client.ok_or_else(|| {
            Problem::usage("tokens name no client_id, and GOOGLE_CLIENT_ID is not bound")
        })?;
        let auth = text(env, "GOOGLE_AUTH");
        let client = oauth_client(&id, secret.as_deref(), auth.as_deref(), Asks::Calendars);
        if tokens.access.is_empty() {
            tokens = refreshed(&client, &refresh, env).await?;
            tokens.refresh.get_or_insert(refresh);
        }
        let sign_in = SignIn { grant: Grant::of(tokens), client };
        return Ok(Secret::signed_in(api, sign_in));
    }
    Ok(Secret::new(api, Credential::Bearer(tokens.access)))
}

async fn refreshed(client: &OauthClient, token: &str, env: &Env) -> Result<Tokens, Problem> {
    let http = FetchHttp::new(fetch(env));
    let asked = oauth::ask_for_tokens(&http, client.refresh(token, None), &WorkerClock).await;
    asked.map_err(|failure| Problem::new(422, &failure.code, failure.detail))
}
