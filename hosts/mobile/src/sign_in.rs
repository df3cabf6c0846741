//! Signing in with the platform's browser, which comes back by an address of the app's own.

use kalends_core::account::Grant;
use kalends_core::ports::Entropy as _;
use kalends_core::provider::Failure;
use kalends_kit::oauth::{Attempt, OauthClient, SignInError, ask_for_tokens};
use kalends_kit::{Secret, SignIn};
use kalends_sqlite::OsEntropy;

use crate::accounts::Catalog;
use crate::mobile::Mobile;
use crate::platform::{SecureStorage, StorageFailure};

const UNDER_WAY: &str = "kalends.sign-in";
const SEED_BYTES: usize = 32;
/// Parts the words of what is kept; no word has one.
const NUL: u8 = 0;

/// An account that somebody signs in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The kind of account.
    pub kind: String,
    /// The name its owner gives it.
    pub name: String,
    /// Where its API is.
    pub api: String,
    /// The app, as the service knows it.
    pub client: OauthClient,
}

/// Why a sign-in brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// None is under way.
    #[error("no sign-in is under way: begin one")]
    None,
    /// The browser brought no code.
    #[error(transparent)]
    Browser(#[from] SignInError),
    /// The code brought no tokens.
    #[error(transparent)]
    Tokens(#[from] Failure),
    /// Secure storage failed.
    #[error(transparent)]
    Storage(#[from] StorageFailure),
}

impl<C: Catalog> Mobile<C> {
    /// Begins to sign in, in place of what is under way: the address for the browser, which comes
    /// back to `redirect`. It is kept, as the platform may end the app meanwhile. `claims`: what
    /// the provider wants the sign-in to bring.
    ///
    /// # Errors
    /// [`StorageFailure`].
    pub fn begin_sign_in(
        &self,
        asked: &Asked,
        redirect: &str,
        claims: Option<&str>,
    ) -> Result<String, StorageFailure> {
        let seed = OsEntropy.seed().0;
        let attempt = Attempt::new(redirect, &seed);
        let address = attempt.address(&asked.client, None, claims);
        let under_way = UnderWay { seed, redirect: redirect.to_owned(), asked: asked.clone() };
        self.storage.put(UNDER_WAY, &under_way.to_bytes())?;
        Ok(address)
    }

    /// Goes on where the browser came back, with the address that it came to: the account and its
    /// secret, which nobody has kept yet.
    ///
    /// # Errors
    /// [`SignInFailure`] says what to do.
    pub async fn finish_sign_in(&self, address: &str) -> Result<(Asked, Secret), SignInFailure> {
        let under_way = UnderWay::kept(&*self.storage)?.ok_or(SignInFailure::None)?;
        let UnderWay { seed, redirect, asked } = under_way;
        let (_, query) = address.split_once('?').unwrap_or_default();
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let attempt = Attempt::new(&redirect, &seed);
        let code = attempt.code(query)?;
        let ports = self.driver.ports();
        let request = asked.client.redeem(&attempt, &code);
        let tokens = ask_for_tokens(&ports.http, request, &ports.clock).await?;
        self.storage.delete(UNDER_WAY)?;
        let sign_in = SignIn { grant: Grant::of(tokens), client: asked.client.clone() };
        Ok((asked.clone(), Secret::signed_in(asked.api, sign_in)))
    }
}

/// What is kept while the browser is away.
struct UnderWay {
    seed: [u8; SEED_BYTES],
    redirect: String,
    asked: Asked,
}

impl UnderWay {
    fn to_bytes(&self) -> Vec<u8> {
        let Asked { kind, name, api, client } = &self.asked;
        let sign_in = SignIn { grant: Grant::default(), client: client.clone() };
        let client = Secret::signed_in(api.clone(), sign_in).to_bytes();
        let words = [self.redirect.as_bytes(), kind.as_bytes(), name.as_bytes(), &client];
        [&self.seed, &*words.join(&NUL)].concat()
    }

    fn kept(storage: &dyn SecureStorage) -> Result<Option<Self>, StorageFailure> {
        Ok(storage.get(UNDER_WAY)?.as_deref().and_then(Self::read))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (seed, rest) = bytes.split_at_checked(SEED_BYTES)?;
        let mut words = rest.splitn(4, |byte| *byte == NUL);
        let mut text = || String::from_utf8(words.next()?.to_vec()).ok();
        let (redirect, kind, name) = (text()?, text()?, text()?);
        let secret = Secret::from_bytes(words.next()?)?;
        let (client, api) = (secret.sign_in?.client, secret.address);
        let asked = Asked { kind, name, api, client };
        Some(Self { seed: seed.try_into().ok()?, redirect, asked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_damage_is_no_sign_in() {
        let client = OauthClient {
            authorize: "https://id.example/auth".to_owned(),
            token: "https://id.example/token".to_owned(),
            revoke: None,
            id: "app".to_owned(),
            secret: None,
            scopes: vec!["x".to_owned()],
            extra: Vec::new(),
        };
        let (kind, name) = ("google".to_owned(), "Büro".to_owned());
        let asked = Asked { kind, name, api: "https://api.example".to_owned(), client };
        let redirect = "org.example.app:/back".to_owned();
        let kept = UnderWay { seed: [7; SEED_BYTES], redirect, asked };
        let bytes = kept.to_bytes();
        let read = UnderWay::read(&bytes).unwrap();
        assert_eq!((read.seed, &read.redirect), (kept.seed, &kept.redirect));
        assert_eq!(read.asked, kept.asked);
        for damage in [&bytes[..40], &bytes[..bytes.len() - 1], &[]] {
            assert!(UnderWay::read(damage).is_none());
        }
    }
}
