//! A browser, as far as a sign-in needs one: it keeps cookies, sends a form and follows redirects.

use std::collections::BTreeMap;

use kalends::core::ports::{Http as _, HttpBody as _, HttpFailure, HttpHead, HttpRequest};
use kalends_tokio::ReqwestHttp;
use serde_json::{Value, json};

use crate::error::CliError;

/// The longest page that is read.
const BYTES_MAX: u64 = 1_000_000;
/// The most redirects that are followed.
const HOPS: u32 = 6;

pub(super) struct Browser<'a> {
    http: ReqwestHttp,
    /// The server that signs in.
    server: &'a str,
    key: String,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(http: ReqwestHttp, server: &'a str, key: &str) -> Self {
        Self { http, server, key: key.to_owned(), cookies: BTreeMap::new() }
    }

    /// Connects an account as its owner does: at the provider's page, who sends the browser back.
    pub(super) async fn sign_in(&mut self, provider: &str, name: &str) -> Result<(), CliError> {
        let started =
            self.ask("/v1/sign-ins", &json!({"provider": provider, "name": name})).await?;
        let page = started["address"].as_str().ok_or_else(|| odd(provider))?.to_owned();
        let (_, text) = self.send("GET", &page, &[], ("", String::new())).await?;
        let token = text.split("name=\"token\" value=\"").nth(1);
        let token = token.and_then(|rest| rest.split('"').next()).ok_or_else(|| odd(provider))?;
        let form = ("application/x-www-form-urlencoded", format!("token={token}"));
        let (mut head, _) = self.send("POST", &page, &[], form).await?;
        for _ in 0..HOPS {
            let Some(next) = head.header("location").map(str::to_owned) else { break };
            head = self.send("GET", &next, &[], ("", String::new())).await?.0;
        }
        if head.status == 200 { Ok(()) } else { Err(odd(provider)) }
    }

    /// Sends a request of a program, with the key.
    pub(super) async fn ask(&mut self, path: &str, body: &Value) -> Result<Value, CliError> {
        let headers = [("authorization", format!("Bearer {}", self.key))];
        let (url, body) = (format!("{}{path}", self.server), body.to_string());
        let (head, text) = self.send("POST", &url, &headers, ("application/json", body)).await?;
        if !(200..300).contains(&head.status) {
            return Err(CliError::failed(
                "demo",
                &format!("{path} of the demo's own says: {text}"),
            ));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn send(
        &mut self,
        method: &'static str,
        url: &str,
        headers: &[(&str, String)],
        (kind, body): (&str, String),
    ) -> Result<(HttpHead, String), CliError> {
        let own = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
        let mut headers: Vec<(String, String)> = headers.iter().map(own).collect();
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        if url.starts_with(self.server) && !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            headers.push(("cookie".to_owned(), pairs.collect::<Vec<_>>().join("; ")));
        }
        let (url, body) = (url.to_owned(), body.into_bytes());
        let request = HttpRequest { method, url, headers, body, answer_bytes_max: BYTES_MAX };
        let (head, mut answer) = self.http.send(request).await.map_err(|why| lost(&why))?;
        for (_, cookie) in head.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
            self.cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|why| lost(&why))? {
            bytes.extend(chunk);
        }
        Ok((head, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn lost(why: &HttpFailure) -> CliError {
    CliError::failed("demo", &format!("an answer of the demo's own did not come: {why:?}"))
}

fn odd(provider: &str) -> CliError {
    CliError::failed("demo", &format!("the sign-in to the simulated {provider} did not end well"))
}
