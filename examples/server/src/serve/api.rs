//! All that is answered over HTTP, and the document that describes it.

use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router, middleware};
use kalends::ids::GraphId;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;

use super::again;
use super::caller::Caller;
use super::document;
use super::limit::limited;
use super::observe;
use super::problem::Problem;
use super::routes;
use super::state::Server;

/// The routes, and their description (OpenAPI 3.1).
pub(crate) fn router(server: &Server) -> (Router, OpenApi) {
    let (v1, mut api) =
        OpenApiRouter::with_openapi(described()).nest("/v1", routes::v1()).split_for_parts();
    let (open, without_key) = routes::open().split_for_parts();
    api.merge(without_key);
    document::complete(&mut api);
    let document = api.clone();
    let v1 = v1
        .layer(from_fn_with_state(server.clone(), wake))
        .layer(from_fn_with_state(server.clone(), again::once))
        .layer(from_fn_with_state(server.clone(), limited));
    let router = v1
        .route("/v1/openapi.json", get(|| async move { Json(document) }))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(observe::ready))
        .route("/metrics", get(observe::metrics))
        .route("/notices/{graph}/{kind}", any(notice))
        .merge(open)
        .merge(super::mcp::router(server))
        .merge(super::sign_in::router())
        .merge(super::page::router(server))
        .fallback(|| async { not_found() })
        .method_not_allowed_fallback(|| async { not_allowed() })
        .layer(middleware::map_response(guarded))
        .layer(from_fn_with_state(server.clone(), observe::observed))
        .with_state(server.clone());
    (router, api)
}

fn described() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Kalends")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Federates calendars: mirrors events between accounts, as busy time, titles or whole. \
             Every request bears a key of the server. Writes may bear an `Idempotency-Key`: then \
             one that comes again is answered as the first was, unless its answer holds what is told \
             once: sign-ins, feeds, webhooks and keys are made anew each time. Errors \
             are problem details (RFC 9457) with a stable `code`.",
        ))
        .build();
    let mut api = OpenApiBuilder::new()
        .info(info)
        .security(Some([SecurityRequirement::new("key", Vec::<String>::new())]))
        .build();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    api.components.get_or_insert_default().add_security_scheme("key", scheme);
    api
}

/// What is answered stays what it is called, and in nobody's cache.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = axum::http::HeaderValue::from_static;
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(fixed("no-store"));
    response
}

/// After a change, the graph's loop looks at once at what follows.
async fn wake(State(server): State<Server>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let caller = match Caller::of(&server, &parts).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    if response.status().is_success() {
        server.desks.wake(&caller.data).await;
    }
    response
}

/// A provider's notice is verified and written down, and nothing more.
async fn notice(
    State(server): State<Server>,
    Path((graph, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let graph = graph.parse::<GraphId>().ok();
    match graph.and_then(|graph| Some((graph, server.desks.of(graph)?))) {
        Some((graph, desk)) => {
            let came = Instant::now();
            let response = desk.take(request).await;
            server.metrics.notice(graph, came, response.status().is_success());
            response
        }
        None => not_found().into_response(),
    }
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "nothing is at this address")
}

fn not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "request",
        "this address does not take that method: see /v1/openapi.json",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::data::Data;
    use crate::serve::desks::Desks;
    use crate::serve::feed::Listeners;
    use crate::serve::pulse::Pulse;
    use crate::serve::registry::Registry;

    /// Catches a change of the API that its document does not tell. `KALENDS_BLESS=1` writes it down
    /// anew.
    #[tokio::test]
    async fn the_document_beside_the_code_is_what_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let server = Server {
            registry,
            data,
            desks: Desks::default(),
            pulse: Pulse::default(),
            listeners: Listeners::default(),
            doors: Arc::default(),
            metrics: Arc::default(),
            limits: Arc::default(),
            logs: false,
            stop: tokio::sync::watch::channel(false).1,
        };
        let served = router(&server).1.to_pretty_json().unwrap() + "\n";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        if std::env::var_os("KALENDS_BLESS").is_some() {
            std::fs::write(&file, &served).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(committed == served, "openapi.json is not what is served: KALENDS_BLESS=1");
    }
}
