//! Requests that come in from outside, over HTTP/1.1: notices of providers, and the browser that
//! comes back from a sign-in.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kalends_core::notice::InboundRequest;
use kalends_core::ports::Clock as _;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::clock::SystemClock;

/// A request is read and answered in this time, or not at all.
const WAIT: Duration = Duration::from_secs(10);
/// Requests that wait to be looked at; more are told to come again.
const WAITING_MAX: usize = 64;

/// A listener on one address, without TLS: what is public stands behind a proxy. Requests wait in
/// it until they are taken, one by one. It ends when it is dropped.
#[derive(Debug)]
pub struct Inbox {
    address: SocketAddr,
    visits: Visits,
    server: JoinHandle<io::Result<()>>,
}

/// Where requests are handed in, for a server that has a listener of its own. Clones are the same
/// desk.
#[derive(Debug, Clone)]
pub struct Desk(mpsc::Sender<Knock>);

/// What was handed in at a [`Desk`], until it is taken.
#[derive(Debug)]
pub struct Visits(mpsc::Receiver<Knock>);

/// What happens at a desk.
#[derive(Debug)]
pub enum Knock {
    /// A request came.
    Visit(Visit),
    /// Something changed here: providers are looked at, and what is due.
    Wake,
    /// Something came from elsewhere: what is due is looked at, and no provider is read for it.
    Look,
}

impl Visits {
    /// An empty desk.
    #[must_use]
    pub fn new() -> (Desk, Self) {
        let (send, waiting) = mpsc::channel(WAITING_MAX);
        (Desk(send), Self(waiting))
    }

    /// The next of them. Comes back only with one.
    pub async fn next(&mut self) -> Knock {
        match self.0.recv().await {
            Some(knock) => knock,
            // Nobody is left who could knock.
            None => std::future::pending().await,
        }
    }
}

impl Visits {
    /// The next of them, where one waits.
    pub(crate) fn waiting(&mut self) -> Option<Knock> {
        self.0.try_recv().ok()
    }
}

impl Desk {
    /// Waits for the answer to a request, which it keeps bounded in size and time.
    pub async fn take(&self, request: Request) -> Response {
        match tokio::time::timeout(WAIT, looked_at(&self.0, request)).await {
            Ok(response) => response,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    /// Says that something changed here.
    pub fn wake(&self) {
        // A full desk is looked at soon anyway.
        let _ = self.0.try_send(Knock::Wake);
    }

    /// Says that something came from elsewhere: what is due is looked at as soon as after a notice.
    pub fn look(&self) {
        // A full desk is looked at soon anyway.
        let _ = self.0.try_send(Knock::Look);
    }
}

/// A request, and whoever waits for its answer.
#[derive(Debug)]
pub struct Visit {
    /// The request, whole and bounded.
    pub request: InboundRequest,
    answer: oneshot::Sender<(u16, String)>,
}

impl Visit {
    /// Answers with a status and a plain text.
    pub fn answer(self, status: u16, text: impl Into<String>) {
        // Who asked may have gone.
        let _ = self.answer.send((status, text.into()));
    }
}

impl Inbox {
    /// Listens.
    ///
    /// # Errors
    /// Where the address cannot be had.
    pub async fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (desk, visits) = Visits::new();
        let router = Router::new().fallback(take).with_state(desk);
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, visits, server })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request. Comes back only with one.
    pub async fn next(&mut self) -> Visit {
        loop {
            if let Knock::Visit(visit) = self.visits.next().await {
                return visit;
            }
        }
    }

    /// All that comes in.
    pub const fn visits(&mut self) -> &mut Visits {
        &mut self.visits
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(desk): State<Desk>, request: Request) -> Response {
    desk.take(request).await
}

async fn looked_at(desk: &mpsc::Sender<Knock>, request: Request) -> Response {
    let Some(request) = read(request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (answer, answered) = oneshot::channel();
    if desk.try_send(Knock::Visit(Visit { request, answer })).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Ok((status, text)) = answered.await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let plain = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        // What a stranger sent is never shown as a page.
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, plain, Body::from(text)).into_response()
}

/// The request whole; `None`: its body is too large, or broke off.
async fn read(request: Request) -> Option<InboundRequest> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, InboundRequest::BODY_BYTES_MAX).await.ok()?;
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    Some(InboundRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
        received: SystemClock.now(),
    })
}
