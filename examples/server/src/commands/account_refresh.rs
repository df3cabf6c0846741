//! Refreshing the sign-in of an account because somebody asks.

use kalends::core::provider::{Failure, FailureClass};

use crate::accounts::{Kinds, StoredAccounts};
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::failpoint::Passing;
use crate::lookup;
use crate::outcome::Outcome;
use crate::view::Refreshed;

/// Gets new tokens for an account now; of the tokens nothing is said.
pub(crate) async fn run(data: &Data, name: &str) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let account = lookup::account(&config, name)?;
    let accounts = StoredAccounts::refreshing(data.store.clone(), Kinds, Passing(data.http()?));
    match accounts.refresh(data.keys.graph, account.id).await {
        Ok(grant) => {
            let expires = grant.expires.map(|at| at.to_string());
            let text = match &expires {
                Some(at) => format!("{name} has new tokens, good until {at}"),
                None => format!("{name} has new tokens"),
            };
            let account = name.to_owned();
            Ok(Outcome::new(Refreshed { account, state: "ok", expires, code: None }, text))
        }
        Err(failure) => refused(name, failure),
    }
}

/// What only a person mends is an answer; what may pass, and what makes no sense, is none.
fn refused(name: &str, failure: Failure) -> Result<Outcome, CliError> {
    let state = match failure.class {
        FailureClass::SignIn => "sign-in",
        FailureClass::Consent => "consent",
        FailureClass::Unsupported => {
            return Err(CliError::new(&failure.code, failure.detail, Exit::Usage));
        }
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::Unknown => {
            let text = format!("not now ({}): {}: try again", failure.code, failure.detail);
            return Err(CliError::new(CliError::LATER, text, Exit::Failed));
        }
        FailureClass::Forbidden
        | FailureClass::NotFound
        | FailureClass::CalendarGone
        | FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Protocol => return Err((&failure).into()),
    };
    let text = format!("{name} is not refreshed ({}): {}", failure.code, failure.detail);
    let account = name.to_owned();
    let json = Refreshed { account, state, expires: None, code: Some(failure.code) };
    Ok(Outcome::new(json, text).with_exit(Exit::SignIn))
}
