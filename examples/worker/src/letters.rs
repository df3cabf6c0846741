//! Letters on their way to a graph, and those that nobody took.

use kalends::ids::GraphId;
use kalends_cloudflare::open_parcel;
use serde_json::json;
use worker::{Env, Method, Request, RequestInit, Response};

use crate::front::object;
use crate::mail::{Mail, send_text};
use crate::problem::Problem;
use crate::registry::Registry;

/// Letters that are listed.
const PAGE: u32 = 100;

/// Brings a letter to its graph, whose answer says whether it was taken.
pub(crate) async fn take(text: &str, env: &Env) -> Result<(), Problem> {
    let to = address(text).ok_or_else(|| {
        Problem::new(422, "letter.unknown", "another version of this program wrote the letter")
    })?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(text.into()));
    let request = Request::new_with_init("https://object/inside/letter", &init)?;
    let mut answer = object(env, to)?.fetch_with_request(request).await?;
    // Read whole in any case: an answer that is left alone keeps this invocation from ending.
    let (status, said) = (answer.status_code(), answer.text().await?);
    match status {
        200..=299 => Ok(()),
        _ => Err(Problem::new(status, "letter.not-taken", said)),
    }
}

/// For whom it is.
fn address(text: &str) -> Option<GraphId> {
    let mail = Mail::read(text).map(|(graph, _)| graph);
    mail.or_else(|| open_parcel(text).ok().map(|(graph, _)| graph))
}

/// Keeps one that its queue gave up.
pub(crate) async fn keep(queue: &str, text: &str, env: &Env) -> Result<(), Problem> {
    Registry::open(env).await?.keep(queue, text).await
}

/// `GET` lists them, without what they say; `POST /ID/retry` sends one again, `DELETE /ID` throws it
/// away.
pub(crate) async fn answer(method: &Method, rest: &str, env: &Env) -> Result<Response, Problem> {
    let registry = Registry::open(env).await?;
    let parts: Vec<&str> = rest.split('/').skip(1).collect();
    let number = |text: &str| text.parse::<i32>().map_err(|_| Problem::not_found("letter"));
    match (method, parts.as_slice()) {
        (Method::Get, []) => {
            let letters = registry.letters(PAGE).await?.into_iter();
            let letters = letters.map(|it| json!({ "id": it.id, "queue": it.queue, "at": it.at }));
            Ok(Response::from_json(&json!({ "letters": letters.collect::<Vec<_>>() }))?)
        }
        (Method::Post, [id, "retry"]) => {
            let letter = registry.letter(number(id)?).await?;
            // Sent first: a letter may come twice, and is taken once.
            send_text(env, "SYNC", letter.body).await?;
            registry.forget(number(id)?).await?;
            Ok(Response::empty()?.with_status(202))
        }
        (Method::Delete, [id]) => {
            registry.forget(number(id)?).await?;
            Ok(Response::empty()?.with_status(204))
        }
        _ => Err(Problem::not_found("place")),
    }
}
