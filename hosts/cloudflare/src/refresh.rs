//! Refreshing a sign-in. A refresh token may be good for one use: what its use brought is kept though
//! whoever asked went away meanwhile.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::Clock as _;
use kalends_core::provider::{Failure, FailureClass};
use kalends_kit::{Secret, oauth};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::accounts::{Secrets, failed};
use crate::http::within;
use crate::{FetchHttp, WorkerClock};

/// How long the service that refreshes may take: less than the lease.
pub(crate) const ANSWER: Duration = Duration::from_secs(20);

/// A token that was refused just now, and why.
#[derive(Debug)]
pub(crate) struct Spent {
    token: String,
    why: Failure,
}

impl Spent {
    pub(crate) fn new(token: &str, why: &Failure) -> Self {
        Self { token: token.to_owned(), why: why.clone() }
    }
}

/// Refreshes under a lease, in a task of its own that ends what it began.
pub(crate) async fn refresh(
    secrets: Secrets,
    http: FetchHttp,
    place: (GraphId, AccountId),
    leased: Secret,
    spent: Option<Spent>,
) -> Result<Secret, Failure> {
    let outcome = Rc::new(RefCell::new(None));
    let told = Rc::clone(&outcome);
    let task = async move {
        let refreshed = ask(&secrets, &http, place, &leased, spent.as_ref()).await;
        told.replace(Some(refreshed));
        Ok(JsValue::UNDEFINED)
    };
    // It fails only where the task panicked, and then nothing was told.
    let _ = JsFuture::from(future_to_promise(AssertUnwindSafe(task))).await;
    outcome.take().unwrap_or_else(|| {
        let detail = "the object ended while a sign-in was refreshed: it is tried again";
        Err(failed(FailureClass::Transient, "account.not-ended", detail))
    })
}

/// Asks for tokens and keeps what came. Where somebody signed in anew meanwhile, that holds; what was
/// remembered meanwhile stays.
async fn ask(
    secrets: &Secrets,
    http: &FetchHttp,
    place: (GraphId, AccountId),
    leased: &Secret,
    spent: Option<&Spent>,
) -> Result<Secret, Failure> {
    let Some(sign_in) = leased.sign_in.as_deref() else { return Ok(leased.clone()) };
    let why = spent.map(|spent| &spent.why);
    let asked = oauth::ask_for_tokens(http, sign_in.refresh(why), &WorkerClock);
    let asked = within(ANSWER, asked).await.unwrap_or_else(|_| Err(too_slow()));
    let after = sign_in.after(&asked, why);
    let now = secrets.read(place)?;
    if !now.is_still(&sign_in.grant) {
        return Ok(now);
    }
    let secret = now.with(after.clone());
    secrets.keep(place, &secret)?;
    let token = spent.map(|spent| spent.token.as_str());
    match asked {
        Err(failure) if !after.is_alive(token, WorkerClock.now()) => Err(failure),
        Ok(_) | Err(_) => Ok(secret),
    }
}

fn too_slow() -> Failure {
    let detail = "the service that refreshes sign-ins does not answer: it is tried again";
    failed(FailureClass::Transient, "account.slow", detail)
}
