//! Sends a request to the object that it is for.

use worker::{Context, Env, Request, Response, event};

/// `/OBJECT/…`: hands the request to the object of that name; each is a database of its own.
#[event(fetch, respond_with_errors)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let path = request.path();
    let object = path.split('/').nth(1).unwrap_or_default();
    env.durable_object("CONTRACT")?.get_by_name(object)?.fetch_with_request(request).await
}
