//! Refreshing a sign-in. A refresh token may be good for one use: what its use brought is kept
//! though whoever asked went away meanwhile, and though the store fails for a moment.

use std::time::Duration;

use kalends_core::account::Grant;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Clock as _, StoreError};
use kalends_core::provider::{Failure, FailureClass};
use kalends_kit::Secret;

use crate::accounts::{ROUNDS_MAX, SecretStore, busy, failure, no_secret, read, replace};
use crate::clock::SystemClock;
use crate::tokens::TokenDesk;

/// How long the service that refreshes may take; with the tries to keep what it brought less than
/// the lease.
const ANSWER: Duration = Duration::from_secs(20);
/// The pause after the first try to keep it that failed; after each further one it is doubled.
const PAUSE: Duration = Duration::from_millis(100);
/// Tries to keep it.
const TRIES_MAX: u32 = 6;

/// A token that was refused just now, and why.
#[derive(Debug, Clone)]
pub(crate) struct Spent {
    pub(crate) token: String,
    pub(crate) why: Failure,
}

/// Refreshes under a lease, in a task of its own that ends what it began. Where somebody signed in
/// anew meanwhile, that holds.
pub(crate) async fn refresh<S: SecretStore, H: TokenDesk>(
    secrets: S,
    desk: H,
    place: (GraphId, AccountId),
    (leased, spent): (Secret, Option<Spent>),
) -> Result<Secret, Failure> {
    let task = tokio::spawn(async move {
        let Some(sign_in) = leased.sign_in.as_deref() else { return Err(no_secret()) };
        let why = spent.as_ref().map(|spent| &spent.why);
        let asked = desk.ask(sign_in.refresh(why));
        // Well within the lease: whoever takes it over afterwards is alone with the token.
        let asked = tokio::time::timeout(ANSWER, asked).await.unwrap_or_else(|_| Err(too_slow()));
        let after = sign_in.after(&asked, why);
        let kept = keep(&secrets, place, (&sign_in.grant, &after)).await;
        match (kept?, asked) {
            (Kept::Other(secret), _) => Ok(*secret),
            (Kept::This(secret), Ok(_)) => Ok(*secret),
            (Kept::This(secret), Err(failure)) => {
                let spent = spent.as_ref().map(|spent| spent.token.as_str());
                if after.is_alive(spent, SystemClock.now()) { Ok(*secret) } else { Err(failure) }
            }
        }
    });
    // Only a runtime that shuts down ends it early.
    task.await.unwrap_or_else(|_| Err(not_ended()))
}

/// What lies in the account's place now.
enum Kept {
    This(Box<Secret>),
    /// Somebody signed in anew.
    Other(Box<Secret>),
}

/// Keeps what came of a grant under lease; what was remembered meanwhile stays.
async fn keep<S: SecretStore>(
    secrets: &S,
    place: (GraphId, AccountId),
    (leased, after): (&Grant, &Grant),
) -> Result<Kept, Failure> {
    let (mut pause, mut tries) = (PAUSE, 1);
    for _ in 0..ROUNDS_MAX {
        match put(secrets, place, (leased, after)).await {
            Ok(Some(kept)) => return Ok(kept),
            Ok(None) => {}
            Err(Trouble::Lost(failure)) => return Err(failure),
            Err(Trouble::Store(_)) if tries < TRIES_MAX => {
                tokio::time::sleep(pause).await;
                (pause, tries) = (pause * 2, tries + 1);
            }
            Err(Trouble::Store(error)) => return Err(not_kept(&error)),
        }
    }
    Err(busy())
}

enum Trouble {
    Store(StoreError),
    Lost(Failure),
}

/// One try; `None`: somebody else wrote there just now.
async fn put<S: SecretStore>(
    secrets: &S,
    place: (GraphId, AccountId),
    (leased, after): (&Grant, &Grant),
) -> Result<Option<Kept>, Trouble> {
    let found = read(secrets, place).await.map_err(Trouble::Store)?;
    let (secret, sealed) =
        found.transpose().map_err(Trouble::Lost)?.ok_or_else(|| Trouble::Lost(no_secret()))?;
    if !secret.is_still(leased) {
        return Ok(Some(Kept::Other(Box::new(secret))));
    }
    let secret = secret.with(after.clone());
    let put = replace(secrets, place, &sealed, &secret).await.map_err(Trouble::Store)?;
    Ok(put.then(|| Kept::This(Box::new(secret))))
}

fn too_slow() -> Failure {
    let detail = "the service that refreshes sign-ins does not answer: it is tried again";
    failure(FailureClass::Transient, "account.slow", detail)
}

fn not_ended() -> Failure {
    let detail = "the program ends while a sign-in is refreshed: it is tried again";
    failure(FailureClass::Transient, "account.not-ended", detail)
}

fn not_kept(error: &StoreError) -> Failure {
    let detail = format!(
        "new tokens came and could not be kept ({error}): mend the store; where the old ones are \
         refused from now on, sign in again"
    );
    failure(FailureClass::Transient, "account.not-kept", &detail)
}
