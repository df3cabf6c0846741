//! The end of a sign-in, in the graph's object.

use kalends_kit::oauth::Attempt;
use serde::{Deserialize, Serialize};
use worker::Env;

use crate::accounts::{from_browser, keep};
use crate::graph::Object;
use crate::problem::Problem;
use crate::services::service;

/// What a browser brought back, and what tells that it was sent with it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ending {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) write: bool,
    pub(super) redirect: String,
    pub(super) seed: [u8; 32],
    pub(super) query: String,
}

/// Redeems the code, and takes the account in.
pub(crate) async fn finish(object: &Object, ending: Ending, env: &Env) -> Result<(), Problem> {
    let service = service(&ending.kind, ending.write, env)?;
    let attempt = Attempt::new(&ending.redirect, &ending.seed);
    let kind = service.kind;
    let secret = from_browser(service, &attempt, &ending.query, env).await?;
    keep(object, ending.name, (kind, secret)).await?;
    Ok(object.wake()?)
}
