//! Spans of what the server does, sent to an OpenTelemetry collector. The usual variables say where and
//! how: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and their like.

use std::env;
use std::fmt::Display;

use async_trait::async_trait;
use kalends::core::ports::{Http as _, HttpBody as _, HttpRequest};
use kalends_tokio::{HttpOptions, ReqwestHttp};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::error::CliError;
use crate::outcome::warn;

/// Without one of them nothing is sent.
const COLLECTOR: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
const NAME: &str = "kalends";
/// What a collector may answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 65_536;

/// Sends spans on, as long as it is kept.
#[derive(Debug)]
pub(crate) struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Begins, where the environment names a collector.
    pub(crate) fn begin() -> Result<Option<Self>, CliError> {
        if COLLECTOR.iter().all(|name| env::var_os(name).is_none_or(|value| value.is_empty())) {
            return Ok(None);
        }
        // A collector is often in one's own network.
        let http = ReqwestHttp::new(HttpOptions::personal()).map_err(|error| wrong(&error))?;
        let client = Client { http, runtime: Handle::current() };
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
        let exporter = exporter.map_err(|error| wrong(&error))?;
        let mut resource = Resource::builder();
        if env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(NAME);
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        // What libraries trace may hold addresses and names: ours is ids and numbers.
        let ours = Targets::new().with_target(NAME, Level::INFO);
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(NAME));
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(ours));
        tracing::subscriber::set_global_default(subscriber).map_err(|error| wrong(&error))?;
        Ok(Some(Self(provider)))
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            warn(&format!("the last spans could not be sent: {error}"));
        }
    }
}

fn wrong(error: &dyn Display) -> CliError {
    CliError::failed("telemetry", &format!("spans cannot be sent: {error}"))
}

/// Carries spans, for a thread that has no runtime of its own.
#[derive(Debug)]
struct Client {
    http: ReqwestHttp,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let request = HttpRequest {
            method: "POST",
            url: head.uri.to_string(),
            headers: headers.collect(),
            body: body.to_vec(),
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        let http = self.http.clone();
        self.runtime.spawn(sent(http, request)).await?
    }
}

async fn sent(http: ReqwestHttp, request: HttpRequest) -> Result<Response<Bytes>, HttpError> {
    let failed = |failure| format!("the collector does not answer: {failure:?}");
    let (head, mut body) = http.send(request).await.map_err(failed)?;
    let mut answer = Vec::new();
    while let Some(piece) = body.chunk().await.map_err(failed)? {
        answer.extend(piece);
    }
    Ok(Response::builder().status(head.status).body(answer.into())?)
}
