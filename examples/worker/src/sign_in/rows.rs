//! Sign-ins under way, in D1: until they end, or ten minutes are over.

use kalends::core::ports::Clock as _;
use kalends_cloudflare::WorkerClock;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::D1PreparedStatement;

use super::ticket::Ticket;
use crate::problem::Problem;
use crate::registry::Registry;

/// How long a sign-in may take.
const LASTS_MS: i64 = 600_000;

/// What is known of a sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SignInRow {
    pub(super) graph: String,
    /// Who is signed in, as this server knows them.
    pub(super) user: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) write: bool,
    /// Where the browser goes in the end.
    pub(super) back: Option<String>,
}

#[derive(Deserialize)]
struct Kept {
    what: String,
}

/// Keeps one; until when it is good, in milliseconds. Those that are over are forgotten.
pub(super) async fn keep(
    registry: &Registry,
    ticket: &Ticket,
    row: &SignInRow,
) -> Result<i64, Problem> {
    let now = WorkerClock.now().as_millis();
    let over = bound(registry, "DELETE FROM sign_ins WHERE expires <= ?1", &[number(now)])?;
    let what = serde_json::to_string(row).map_err(worker::Error::from)?;
    let (expires, hash) = (now + LASTS_MS, ticket.hash());
    let text = "INSERT INTO sign_ins (ticket, what, expires) VALUES (?1, ?2, ?3)";
    let kept = bound(registry, text, &[hash.into(), what.into(), number(expires)])?;
    registry.d1().batch(vec![over, kept]).await?;
    Ok(expires)
}

/// The one with this ticket that no browser has taken up.
pub(super) async fn offered(
    registry: &Registry,
    ticket: &Ticket,
) -> Result<Option<SignInRow>, Problem> {
    let text = "SELECT what FROM sign_ins WHERE ticket = ?1 AND browser IS NULL AND expires > ?2";
    found(bound(registry, text, &[ticket.hash().into(), now()])?).await
}

/// Ties it to a browser: the first one that comes.
pub(super) async fn tie(
    registry: &Registry,
    ticket: &Ticket,
    browser: &Ticket,
) -> Result<Option<SignInRow>, Problem> {
    let text = "UPDATE sign_ins SET browser = ?2 \
        WHERE ticket = ?1 AND browser IS NULL AND expires > ?3 RETURNING what";
    found(bound(registry, text, &[ticket.hash().into(), browser.hash().into(), now()])?).await
}

/// Takes the one that this browser is tied to: it is good once.
pub(super) async fn take(
    registry: &Registry,
    browser: &Ticket,
) -> Result<Option<SignInRow>, Problem> {
    let text = "DELETE FROM sign_ins WHERE browser = ?1 AND expires > ?2 RETURNING what";
    found(bound(registry, text, &[browser.hash().into(), now()])?).await
}

async fn found(statement: D1PreparedStatement) -> Result<Option<SignInRow>, Problem> {
    let kept: Option<Kept> = statement.first(None).await?;
    let row = kept.map(|kept| serde_json::from_str(&kept.what)).transpose();
    Ok(row.map_err(worker::Error::from)?)
}

fn bound(
    registry: &Registry,
    text: &str,
    values: &[JsValue],
) -> Result<D1PreparedStatement, Problem> {
    Ok(registry.d1().prepare(text).bind(values)?)
}

fn now() -> JsValue {
    number(WorkerClock.now().as_millis())
}

#[allow(clippy::cast_precision_loss, reason = "numbers of the runtime are doubles")]
fn number(value: i64) -> JsValue {
    JsValue::from(value as f64)
}
