//! Where providers tell of changes: looked at, put into the queue, answered.

use kalends::core::notice::{InboundRequest, Notice, Refusal};
use kalends::core::ports::Clock as _;
use kalends::core::watch::WatchSecrets;
use kalends::ids::GraphId;
use kalends_cloudflare::{PARCEL_BYTES_MAX, WorkerClock};
use worker::{Env, Request, Response};

use crate::body;
use crate::kinds::for_notices;
use crate::mail::{Mail, Post, What};
use crate::problem::Problem;
use crate::registry::Registry;

/// The most bytes of a notice's body: with its head it has to fit into a message of a queue.
const BODY_BYTES_MAX: usize = PARCEL_BYTES_MAX / 2;

/// Takes in a request to `/notices/GRAPH/KIND`. Whether its token is right is for the graph to say:
/// here it is only seen that it may be a notice for somebody who is known.
pub(crate) async fn take(request: Request, env: &Env, path: &str) -> Result<Response, Problem> {
    let (graph, kind) = path.split_once('/').ok_or_else(|| Problem::not_found("place"))?;
    let graph: GraphId = graph.parse().map_err(|_| Problem::not_found("place"))?;
    let provider = for_notices(kind).ok_or_else(|| Problem::not_found("kind of account"))?;
    let inbound = read(request).await?;
    match provider.notice(&inbound, &WatchSecrets::default()) {
        Notice::Answer(text) => return Ok(Response::ok(text)?),
        // No watch is known here.
        Notice::Heard(_) | Notice::Refuse(Refusal::UnknownWatch) => {}
        Notice::Refuse(refusal) => {
            return Err(Problem::new(refusal.status(), "notice.refused", refusal.to_string()));
        }
    }
    if !Registry::open(env).await?.knows(graph).await? {
        return Err(Problem::not_found("place"));
    }
    Mail::new(graph, What::Notice(Box::new(Post::of(kind, &inbound)))).send(env).await?;
    Ok(Response::empty()?.with_status(202))
}

async fn read(mut request: Request) -> Result<InboundRequest, Problem> {
    let body = body::read(&mut request, BODY_BYTES_MAX).await?;
    Ok(InboundRequest {
        method: request.method().to_string(),
        path: request.path(),
        query: request.url()?.query().unwrap_or_default().to_owned(),
        headers: request.headers().entries().collect(),
        body,
        received: WorkerClock.now(),
    })
}
