//! Requests that come again: one that bears `Idempotency-Key` is carried out once, and answered the
//! same each time.

use std::cell::RefCell;
use std::collections::BTreeSet;

use kalends::core::ports::Clock as _;
use kalends::ids::GraphId;
use kalends_cloudflare::WorkerClock;
use sha2::{Digest as _, Sha256};
use wasm_bindgen::JsValue;
use worker::{Headers, Method, Request, RequestInit, Response};

use crate::answers::{Answers, Before, Kept};
use crate::birth::Birth;
use crate::problem::Problem;
use crate::registry::hash;
use crate::{body, front};

/// The header's name.
const TOKEN: &str = "idempotency-key";
/// Set on an answer that was given before.
const REPLAYED: &str = "idempotency-replayed";
/// The longest token.
const TOKEN_MAX: usize = 255;

/// Claims of the requests that are under way in an object. Whoever held one before the object was made
/// is gone.
pub(crate) type UnderWay = RefCell<BTreeSet<String>>;

/// Carries a request to a graph out unless it was carried out before.
pub(crate) async fn once(
    (graph, answers, under_way): (GraphId, &Answers, &UnderWay),
    mut request: Request,
    answer: impl AsyncFnOnce(Request, Birth) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let Some(token) = request.headers().get(TOKEN)?.filter(|_| changes(&request)) else {
        return answer(request, Birth::now()).await;
    };
    if token.is_empty() || token.len() > TOKEN_MAX {
        return Err(Problem::usage("Idempotency-Key holds 1 to 255 readable characters"));
    }
    let claim = claim(&request, &token)?;
    let body = body::read(&mut request, body::OF_USERS_MAX).await?;
    let print = fingerprint(&request, &body)?;
    let now = WorkerClock.now();
    answers.forget_old(now)?;
    let first = match answers.claim(&claim, &print, now)? {
        Before::Another => return Err(reused()),
        Before::Answered(kept) => return replayed(kept),
        Before::Begun(first) => first,
    };
    let Some(_held) = Held::hold(under_way, &claim) else { return Err(under_way_still()) };
    let birth = Birth::of_request(graph, &claim, first);
    let mut answer = match answer(rebuilt(&request, &body)?, birth).await {
        Ok(response) => response,
        // An answer that says "try again" is none.
        Err(problem) if problem.passes() => {
            if problem.did_nothing() {
                answers.release(&claim)?;
            }
            return Err(problem);
        }
        Err(problem) => problem.answer()?,
    };
    let (status, headers) = (answer.status_code(), answer.headers().clone());
    let body = answer.bytes().await?;
    answers.keep(&claim, status, &body)?;
    Ok(Response::from_bytes(body)?.with_status(status).with_headers(headers))
}

/// A claim whose request is under way for as long as this lives, also where its future is dropped.
struct Held<'a>(&'a UnderWay, &'a str);

impl<'a> Held<'a> {
    /// `None`: another request holds it.
    fn hold(all: &'a UnderWay, claim: &'a str) -> Option<Self> {
        let is_new = all.borrow_mut().insert(claim.to_owned());
        // Not made where another holds it: its end would give back the other's.
        is_new.then(|| Self(all, claim))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().remove(self.1);
    }
}

/// Whether a request changes anything. An event that is only tried changes nothing.
fn changes(request: &Request) -> bool {
    let reads = matches!(request.method(), Method::Get | Method::Head | Method::Options);
    let tried = request.path().starts_with("/v1/events")
        && request.url().is_ok_and(|url| {
            url.query_pairs().any(|(name, value)| name == "dry_run" && value == "true")
        });
    !reads && !tried
}

/// A token belongs to the key that it came with: two programs of one user may both say "1".
fn claim(request: &Request, token: &str) -> Result<String, Problem> {
    Ok(format!("{}/{token}", hash(&front::bearer(request)?)))
}

/// What tells requests apart. The key's own text is in it, which nobody keeps, so that a password in
/// the body cannot be guessed from what is kept.
fn fingerprint(request: &Request, body: &[u8]) -> Result<Vec<u8>, Problem> {
    let key = request.headers().get("authorization")?.unwrap_or_default();
    let (method, url) = (request.method().to_string(), request.url()?);
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let mut hash = Sha256::new();
    for part in [key.as_bytes(), method.as_bytes(), target.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Ok(hash.finalize().to_vec())
}

/// The request with its body as it was before that was read.
fn rebuilt(request: &Request, body: &[u8]) -> Result<Request, Problem> {
    let mut init = RequestInit::new();
    init.with_method(request.method()).with_headers(request.headers().clone());
    if !body.is_empty() {
        let text = std::str::from_utf8(body).map_err(|_| Problem::usage("the body is no text"))?;
        init.with_body(Some(JsValue::from(text)));
    }
    Ok(Request::new_with_init(request.url()?.as_str(), &init)?)
}

fn replayed(Kept { status, body }: Kept) -> Result<Response, Problem> {
    let kind = if status < 300 { "application/json" } else { "application/problem+json" };
    let headers = Headers::new();
    headers.set("content-type", kind)?;
    headers.set(REPLAYED, "true")?;
    Ok(Response::from_bytes(body)?.with_status(status).with_headers(headers))
}

fn under_way_still() -> Problem {
    let text = "a request with this Idempotency-Key is being carried out: ask again later";
    Problem::new(409, "idempotency.under-way", text)
}

fn reused() -> Problem {
    let text = "another request bore this Idempotency-Key: take a new one for each request";
    Problem::new(422, "idempotency.reused", text)
}
