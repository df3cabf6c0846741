//! Accounts that people sign in to: Google and Microsoft.

use kalends_kit::oauth::TokenFile;
use kalends_kit::{Secret, SignIn};
use kalends_mobile::Asked;

use kalends::core::account::Grant;
use kalends::core::ports::Clock as _;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::services::asked;
use crate::setup::AccountView;

/// A service that people sign in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum OnlineService {
    /// Google Calendar.
    Google,
    /// Microsoft 365 and Outlook.com.
    Microsoft,
}

/// The app, as a service knows it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceClient {
    /// Which service.
    pub service: OnlineService,
    /// The client id that the app is registered under.
    pub client_id: String,
    /// Its secret; apps on devices mostly have none.
    #[uniffi(default = None)]
    pub client_secret: Option<String>,
    /// Google: whether to ask for writing to the person's own calendars, too. Without it, mirrors
    /// go into calendars of ours beside them.
    #[uniffi(default = false)]
    pub own_calendars: bool,
    /// Microsoft: the tenant whose people may sign in. Absent: everybody.
    #[uniffi(default = None)]
    pub tenant: Option<String>,
    /// Where its API is, if not at its usual address: a proxy, a simulator.
    #[uniffi(default = None)]
    pub api: Option<String>,
    /// Where people sign in, likewise.
    #[uniffi(default = None)]
    pub auth: Option<String>,
}

impl std::fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceClient").field("service", &self.service).finish_non_exhaustive()
    }
}

#[uniffi::export]
impl Engine {
    /// Begins to sign in: the address to open in the platform's browser, which comes back to
    /// `redirect`, an address that the app is registered with. The app may end meanwhile.
    ///
    /// # Errors
    /// `Invalid` for a service that is not known; `Storage` where secure storage fails.
    pub async fn begin_sign_in(
        &self,
        name: String,
        client: ServiceClient,
        redirect: String,
    ) -> Result<String, EngineError> {
        let asked = asked(name, &client)?;
        let claims = self.claims(&asked).await?;
        Ok(self.mobile.begin_sign_in(&asked, &redirect, claims.as_deref())?)
    }

    /// Goes on where the browser came back, with the whole address that it came to: adds the
    /// account, or gives one that is there new tokens.
    ///
    /// # Errors
    /// `Invalid` where no sign-in was begun, or another one; `NeedsSignIn` where the person or the service
    /// refused; `Network`; `Storage`, `Corrupt`.
    pub async fn finish_sign_in(&self, address: String) -> Result<AccountView, EngineError> {
        let (asked, secret) = self.mobile.finish_sign_in(&address).await?;
        self.add_account(asked.name, &asked.kind, secret).await
    }

    /// Adds an account with tokens that a sign-in of the platform's own brought, or gives one new
    /// tokens. `tokens`: an access token alone, or the JSON of an answer with tokens
    /// (`access_token`, `refresh_token`, `expires_in`); without a refresh token the account needs
    /// another sign-in when it ends.
    ///
    /// # Errors
    /// `Invalid` where the tokens cannot be read; `NeedsSignIn` where the service refuses them; `Network`;
    /// `Storage`, `Corrupt`.
    pub async fn add_signed_in_account(
        &self,
        name: String,
        client: ServiceClient,
        tokens: String,
    ) -> Result<AccountView, EngineError> {
        let now = self.mobile.driver().ports().clock.now();
        let tokens = TokenFile::read(&tokens, now).map_err(EngineError::invalid)?.tokens;
        let Asked { kind, name, api, client } = asked(name, &client)?;
        let sign_in = SignIn { grant: Grant::of(tokens), client };
        self.add_account(name, &kind, Secret::signed_in(api, sign_in)).await
    }
}

impl Engine {
    /// What the service wants this sign-in to bring, where it refused an account of this name.
    async fn claims(&self, asked: &Asked) -> Result<Option<String>, EngineError> {
        let config = self.setting().await?;
        let same = |account: &&kalends::core::graph::Account| {
            account.name == asked.name && account.provider == asked.kind
        };
        let Some(account) = config.accounts.values().find(same) else { return Ok(None) };
        let secret = self.mobile.driver().ports().accounts.secret(account.id)?;
        Ok(secret.and_then(|secret| secret.sign_in?.grant.claims))
    }
}
