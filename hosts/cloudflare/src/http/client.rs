//! Sending requests.

use std::net::IpAddr;
use std::time::Duration;

use js_sys::{Array, Uint8Array};
use kalends_core::ports::{Http, HttpFailure, HttpHead, HttpRequest};
use kalends_kit::{Url, is_public};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestInit, RequestRedirect, Response, WorkerGlobalScope};

use super::body::FetchBody;
use super::ending::{Ending, within};

/// What the runtime sends no request with, and what a server that knows none says to it.
const UNSENDABLE: (&str, u16) = ("MKCALENDAR", 501);

/// How requests are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchOptions {
    /// The longest wait for the head of an answer.
    pub head: Duration,
    /// The longest silence inside a body.
    pub silence: Duration,
    /// Whether loopback, private and reserved addresses may be talked to, where they are numbers.
    pub allow_private: bool,
    /// The `User-Agent`.
    pub user_agent: String,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            allow_private: false,
            user_agent: concat!("Kalends/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Sends requests with the runtime's `fetch`, WebDAV's too. Redirects are not followed.
///
/// The runtime refuses to send MKCALENDAR: that is answered here as by a server that does not know
/// it, with 501, and the provider takes the other way there is (RFC 5689).
#[derive(Debug, Clone, Default)]
pub struct FetchHttp {
    options: FetchOptions,
}

impl FetchHttp {
    /// With these settings.
    #[must_use]
    pub const fn new(options: FetchOptions) -> Self {
        Self { options }
    }

    fn to_send(&self, request: &HttpRequest, ending: &Ending) -> Result<Request, JsValue> {
        let headers = Headers::new()?;
        headers.set("user-agent", &self.options.user_agent)?;
        for (name, value) in &request.headers {
            headers.append(name, value)?;
        }
        let init = RequestInit::new();
        init.set_method(request.method);
        init.set_headers(&headers);
        init.set_redirect(RequestRedirect::Manual);
        init.set_signal(Some(&ending.signal()));
        if !request.body.is_empty() {
            init.set_body(&Uint8Array::from(request.body.as_slice()));
        }
        Request::new_with_str_and_init(&request.url, &init)
    }
}

impl Http for FetchHttp {
    type Body = FetchBody;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, FetchBody), HttpFailure> {
        if !is_allowed(&request.url, self.options.allow_private) {
            return Err(HttpFailure::BadAddress);
        }
        let (unsendable, status) = UNSENDABLE;
        if request.method == unsendable {
            return Ok((HttpHead { status, headers: Vec::new() }, FetchBody::none()));
        }
        let ending = Ending::new().map_err(|_| HttpFailure::Reset)?;
        let sent = self.to_send(&request, &ending).map_err(|_| HttpFailure::BadAddress)?;
        let global: WorkerGlobalScope = js_sys::global().unchecked_into();
        let answer = JsFuture::from(global.fetch_with_request(&sent));
        // The runtime does not say how far a request got: each may have been acted on.
        let answer = within(self.options.head, answer).await?.map_err(|_| HttpFailure::Reset)?;
        let response: Response = answer.dyn_into().map_err(|_| HttpFailure::Reset)?;
        let head = HttpHead { status: response.status(), headers: headers_of(&response) };
        let (max, silence) = (request.answer_bytes_max, self.options.silence);
        Ok((head, FetchBody::of_response(&response, max, silence, ending)?))
    }
}

/// Names are resolved by the runtime, which reaches public addresses only.
fn is_allowed(url: &str, allow_private: bool) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    if url.host().is_empty() {
        return false;
    }
    let bare = url.host().trim_start_matches('[').trim_end_matches(']');
    allow_private || bare.parse::<IpAddr>().map_or(bare != "localhost", is_public)
}

/// Names come in lower case, and fields of one name as one.
fn headers_of(response: &Response) -> Vec<(String, String)> {
    let field = |entry: JsValue| {
        let entry = Array::from(&entry);
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    response.headers().entries().into_iter().flatten().filter_map(field).collect()
}
