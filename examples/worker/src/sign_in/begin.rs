//! The beginning of a sign-in, asked for with a key.

use kalends::core::time::Timestamp;
use kalends::ids::GraphId;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Env, Request, Response};

use super::rows::{self, SignInRow};
use super::ticket::Ticket;
use crate::accounts::check_name;
use crate::body;
use crate::problem::Problem;
use crate::registry::Registry;
use crate::services::{means, service};
use crate::settings::{is_return_to, public};

/// An account to be connected with a browser.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    provider: String,
    name: String,
    /// Ask to write to the person's own calendars too, for mirrors among their events.
    #[serde(default)]
    write: bool,
    /// Where the browser goes in the end: one of the addresses in `RETURN_TO`.
    return_to: Option<String>,
}

/// Answers `POST /v1/sign-ins`: the answer's address is for the browser of the person who signs in.
pub(crate) async fn begin(
    mut request: Request,
    env: &Env,
    (registry, graph): (&Registry, GraphId),
) -> Result<Response, Problem> {
    let new: New = body::json(&mut request).await?;
    check_name(&new.name)?;
    if new.return_to.as_ref().is_some_and(|back| !is_return_to(env, back)) {
        let text = "return_to is none of the addresses in RETURN_TO";
        return Err(Problem::new(422, "sign-in.return-to", text));
    }
    let service = service(&new.provider, new.write, env)?.must_be_registered()?;
    let base = public(env, &request)?;
    let ticket = Ticket::draw();
    let row = SignInRow {
        graph: graph.to_string(),
        user: registry.name_of(graph).await?,
        kind: new.provider,
        name: new.name,
        write: new.write,
        back: new.return_to,
    };
    let expires = rows::keep(registry, &ticket, &row).await?;
    let asks = service.client.scopes.iter();
    let asks = asks.map(|scope| json!({ "scope": scope, "means": means(scope) }));
    let told = json!({
        "address": format!("{base}/sign-in/{}", ticket.expose()),
        "expires": Timestamp::from_millis(expires).to_string(),
        "asks": asks.collect::<Vec<Value>>(),
    });
    Ok(Response::from_json(&told)?.with_status(201))
}
