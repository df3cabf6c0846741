//! Drives exchanges by hand: what they send is answered by a script of literal texts.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "each suite uses a part of it, and what is not as expected ends a test"
)]

use std::collections::VecDeque;

use kalends_core::event::{Body, Content, Recurrence, Span};
use kalends_core::ids::{ProviderId, StepSeed, Version};
use kalends_core::ports::{
    Call, Credential, HttpFailure, HttpHead, HttpRequest, Input, Provider, Turn,
};
use kalends_core::provider::{Done, EventItem, Failure, Item, MirrorDoc, Output, ProviderOp};
use kalends_core::time::{Length, Rule, Timestamp, When, Zone};
use kalends_microsoft::{Microsoft, MicrosoftConfig};
use serde_json::Value;

pub(crate) const API: &str = "https://graph.example/v1.0";
pub(crate) const PREFER: &str =
    "IdType=\"ImmutableId\", outlook.timezone=\"UTC\", outlook.body-content-type=\"text\"";
/// 2026-05-28.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// One call that is expected, and its answer.
pub(crate) struct Step {
    /// Method and the beginning of the address below the API.
    pub(crate) call: &'static str,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether the answer breaks off behind the body.
    is_cut: bool,
}

pub(crate) fn step(call: &'static str, status: u16, body: impl Into<String>) -> Step {
    Step { call, status, headers: Vec::new(), body: body.into(), is_cut: false }
}

/// An answer that breaks off.
pub(crate) fn cut(call: &'static str) -> Step {
    Step { is_cut: true, ..step(call, 200, "{\"id\":\"") }
}

impl Step {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What came of a conversation.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) outputs: Vec<Output>,
    pub(crate) done: Done,
    pub(crate) sent: Vec<HttpRequest>,
}

impl Heard {
    pub(crate) fn items(&self) -> Vec<&Item> {
        let item = |output: &'_ Output| matches!(output, Output::Item(_));
        assert!(self.outputs.iter().all(item), "{:?}", self.outputs);
        self.outputs
            .iter()
            .filter_map(|output| match output {
                Output::Item(item) => Some(item),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn event(&self) -> &EventItem {
        match &self.items()[..] {
            [Item::Event(event)] => event,
            other => panic!("one event was expected: {other:?}"),
        }
    }

    pub(crate) fn names(&self) -> Vec<(String, Option<String>)> {
        self.outputs
            .iter()
            .map(|output| match output {
                Output::Name { id, version } => (id.0.clone(), version.clone().map(|v| v.0)),
                Output::Item(Item::Removed { id, .. }) => (id.0.clone(), Some("removed".into())),
                other => panic!("names were expected: {other:?}"),
            })
            .collect()
    }

    pub(crate) fn failure(&self) -> &Failure {
        match &self.done {
            Done::Failed(failure) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }

    pub(crate) fn stored(&self) -> &kalends_core::provider::Stored {
        match &self.done {
            Done::Stored(stored) => stored,
            other => panic!("nothing was stored: {other:?}"),
        }
    }

    /// The body of the nth call.
    pub(crate) fn json(&self, nth: usize) -> Value {
        serde_json::from_slice(&self.sent[nth].body).unwrap()
    }

    pub(crate) fn header(&self, nth: usize, name: &str) -> Option<&str> {
        let all = &self.sent[nth].headers;
        all.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Carries one operation with these answers, in this order, and no other call.
pub(crate) fn run(op: &ProviderOp, script: Vec<Step>) -> Heard {
    run_known("", op, script)
}

pub(crate) fn run_known(remember: &str, op: &ProviderOp, script: Vec<Step>) -> Heard {
    let mut script: VecDeque<Step> = script.into();
    let heard = converse(remember, op, &mut |call| {
        let next = script.pop_front().unwrap_or_else(|| panic!("unexpected: {call}"));
        assert!(call.starts_with(next.call), "{call}\n  instead of {}", next.call);
        next
    });
    assert!(script.is_empty(), "not asked for: {}", script[0].call);
    heard
}

/// Carries one operation with answers by the call: a status and a body for each.
pub(crate) fn run_with(op: &ProviderOp, answer: impl Fn(&str) -> (u16, String)) -> Heard {
    converse("", op, &mut |call| {
        let (status, body) = answer(call);
        step("", status, body)
    })
}

fn converse(remember: &str, op: &ProviderOp, answer: &mut dyn FnMut(&str) -> Step) -> Heard {
    let config = MicrosoftConfig { api: API.into(), remember: remember.into() };
    let credential = Credential::Bearer("token".into());
    let mut exchange = Microsoft::new(config).start(op, &credential).unwrap();
    let (mut outputs, mut sent) = (Vec::new(), Vec::new());
    let mut pending: VecDeque<Input> = VecDeque::new();
    let mut input = Input::Start;
    loop {
        input = match exchange.resume(input, NOW) {
            Turn::Item(output) => {
                outputs.push(output);
                Input::Start
            }
            Turn::Draw => Input::Drawn(StepSeed([7; 32])),
            Turn::More => pending.pop_front().expect("an answer is under way"),
            Turn::Done(done) => {
                return Heard { outputs, done, sent };
            }
            Turn::Send(Call::Http(request)) => {
                let place = request.url.strip_prefix(API).unwrap_or(&request.url);
                let call = format!("{} {place}", request.method);
                let next = answer(&call);
                let prefer = request.headers.iter().find(|(key, _)| key == "Prefer");
                assert!(prefer.is_some_and(|(_, value)| value.starts_with(PREFER)), "{call}");
                sent.push(request);
                let end = if next.is_cut { Input::Failed(HttpFailure::Cut) } else { Input::End };
                pending = [Input::Chunk(next.body.into_bytes()), end].into();
                Input::Head(HttpHead { status: next.status, headers: next.headers })
            }
            Turn::Send(Call::Records(_)) => panic!("no records here"),
        };
    }
}

pub(crate) fn id(text: &str) -> ProviderId {
    ProviderId(text.to_owned())
}

pub(crate) fn version(text: &str) -> Version {
    Version(text.to_owned())
}

pub(crate) fn error(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"text that says nothing"}}}}"#)
}

pub(crate) fn zoned(text: &str, zone: &str) -> When {
    When::Zoned(text.parse().unwrap(), Zone::parse(zone).unwrap())
}

pub(crate) fn content(title: &str, start: When) -> Content {
    let length = match start.is_date() {
        true => Length::Nominal { days: 1, seconds: 0 },
        false => Length::Exact(3_600),
    };
    let mut content = Content::at(Span { start, length, end_zone: None });
    content.title = title.to_owned();
    content
}

pub(crate) fn series(title: &str, start: When, rule: &str) -> Body {
    let rules = vec![Rule::parse(rule).unwrap()];
    let recurrence = Recurrence { rules, ..Recurrence::default() };
    Body { recurrence: Some(recurrence), ..Body::single(content(title, start)) }
}

pub(crate) fn doc(body: Body) -> Box<MirrorDoc> {
    let (derived, mark) = ("0123456789abcdefghijklmnop".to_owned(), "m0m0".to_owned());
    Box::new(MirrorDoc { derived, mark, body, instance: None })
}
