//! Sending requests.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kalends_core::ports::{Http, HttpFailure, HttpHead, HttpRequest};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};
use tokio::time::{Instant, timeout_at};
use tower::util::MapRequestLayer;

use super::address::{Resolver, is_allowed};
use super::body::AnswerBody;
use super::failure::before_head;
use super::{file, tls};

tokio::task_local! {
    /// Whether the request of this task opened a connection of its own.
    static DIALED: Cell<bool>;
}

/// How requests are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// The longest time to connect, TLS among it.
    pub connect: Duration,
    /// The longest wait for the head of an answer.
    pub head: Duration,
    /// The longest silence inside a body.
    pub silence: Duration,
    /// The longest time for all of an answer.
    pub total: Duration,
    /// How long an idle connection is kept; shorter than most servers keep theirs.
    pub idle: Duration,
    /// Whether loopback, private and reserved addresses may be talked to.
    pub allow_private: bool,
    /// Whether `file:` addresses are answered.
    pub allow_files: bool,
    /// The `User-Agent`.
    pub user_agent: String,
}

impl HttpOptions {
    /// For a person's own machine: every address is the user's own choice.
    #[must_use]
    pub fn personal() -> Self {
        Self { allow_private: true, allow_files: true, ..Self::hosted() }
    }

    /// For a service that is given addresses by others: public ones only, and no files.
    #[must_use]
    pub fn hosted() -> Self {
        Self {
            connect: Duration::from_secs(15),
            head: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            total: Duration::from_secs(1_800),
            idle: Duration::from_secs(20),
            allow_private: false,
            allow_files: false,
            user_agent: concat!("Kalends/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Why the client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// TLS has no usable ciphers or roots.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The client refused its settings.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// Sends requests with reqwest: HTTP/1.1, rustls, pooled connections, no redirects, no proxy, no
/// decompression, no cookies. Clones share one pool.
#[derive(Debug, Clone)]
pub struct ReqwestHttp {
    client: Client,
    options: Arc<HttpOptions>,
    resent: Arc<AtomicU64>,
}

impl ReqwestHttp {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`SetUpError`] where TLS or the client cannot be set up.
    pub fn new(options: HttpOptions) -> Result<Self, SetUpError> {
        let noticed = MapRequestLayer::new(|connection| {
            let _ = DIALED.try_with(|dialed| dialed.set(true));
            connection
        });
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config()?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .connect_timeout(options.connect)
            .pool_idle_timeout(options.idle)
            .user_agent(&options.user_agent)
            .dns_resolver(Arc::new(Resolver { allow_private: options.allow_private }))
            .connector_layer(noticed)
            .build()?;
        Ok(Self { client, options: Arc::new(options), resent: Arc::default() })
    }

    /// How many requests were sent a second time, because the server had closed the pooled
    /// connection that they were first sent on.
    #[must_use]
    pub fn resent(&self) -> u64 {
        self.resent.load(Ordering::Relaxed)
    }

    /// Sends, and once more where a reading request met a connection that the server had closed
    /// while it was idle. Writes are never sent twice: the first may have been acted on.
    async fn execute(&self, request: Request) -> Result<Response, HttpFailure> {
        let again = is_reading(request.method()).then(|| request.try_clone()).flatten();
        let (dialed, sent) = DIALED
            .scope(Cell::new(false), async {
                let sent = self.client.execute(request).await;
                (DIALED.with(Cell::get), sent)
            })
            .await;
        let failure = match sent {
            Ok(response) => return Ok(response),
            Err(error) => before_head(&error),
        };
        match again {
            Some(again) if failure == HttpFailure::Reset && !dialed => {
                self.resent.fetch_add(1, Ordering::Relaxed);
                self.client.execute(again).await.map_err(|error| before_head(&error))
            }
            Some(_) | None => Err(failure),
        }
    }
}

impl Http for ReqwestHttp {
    type Body = AnswerBody;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, AnswerBody), HttpFailure> {
        let url = Url::parse(&request.url).map_err(|_| HttpFailure::BadAddress)?;
        match url.scheme() {
            "http" | "https" if is_allowed(&url, self.options.allow_private) => {}
            "file" if self.options.allow_files => return file::answer(&url, &request).await,
            _ => return Err(HttpFailure::BadAddress),
        }
        let now = Instant::now();
        let max = request.answer_bytes_max;
        let sending = self.execute(to_send(url, request)?);
        let response = match timeout_at(now + self.options.head, sending).await {
            Ok(response) => response?,
            Err(_) => return Err(HttpFailure::Deadline),
        };
        let head = head_of(&response);
        let until = now + self.options.total;
        Ok((head, AnswerBody::of_response(response, max, self.options.silence, until)))
    }
}

fn is_reading(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT")
}

fn to_send(url: Url, request: HttpRequest) -> Result<Request, HttpFailure> {
    let method = Method::from_bytes(request.method.as_bytes());
    let mut out = Request::new(method.map_err(|_| HttpFailure::BadAddress)?, url);
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HttpFailure::BadAddress)?;
        let mut value =
            HeaderValue::from_bytes(value.as_bytes()).map_err(|_| HttpFailure::BadAddress)?;
        value.set_sensitive(name == reqwest::header::AUTHORIZATION);
        headers.append(name, value);
    }
    *out.headers_mut() = headers;
    if !request.body.is_empty() {
        *out.body_mut() = Some(request.body.into());
    }
    Ok(out)
}

fn head_of(response: &Response) -> HttpHead {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter();
    HttpHead {
        status: response.status().as_u16(),
        headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
    }
}
