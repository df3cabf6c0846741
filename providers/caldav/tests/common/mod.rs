//! Drives exchanges by hand: what they send is answered by a function.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "each suite uses a part of it, and what is not as expected ends a test"
)]

use kalends_caldav::{Caldav, CaldavConfig};
use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{ProviderId, StepSeed};
use kalends_core::ports::{
    Call, Credential, Exchange, HttpFailure, HttpHead, HttpRequest, Input, Provider, Turn,
};
use kalends_core::provider::{Done, Failure, Item, Listing, MirrorDoc, Output, ProviderOp};
use kalends_core::time::{Civil, Date, Length, Timestamp, When, Zone};

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// What is known of an account after a first discovery.
pub(crate) const HOME: &str = "caldav 1\nsubject h/p/\nhome https://h/c/\naddress alice@h\n";
/// Changes since a token, as a server gave them.
pub(crate) const SYNC: &str = include_str!("../literal/sync.xml");

pub(crate) fn calendar() -> ProviderId {
    id("/c/work/")
}

pub(crate) fn list(listing: Listing) -> ProviderOp {
    ProviderOp::List { calendar: calendar(), listing }
}

pub(crate) fn since(token: &str) -> ProviderOp {
    list(Listing::Since(token.into()))
}

pub(crate) fn known() -> CaldavConfig {
    config("https://h/", HOME)
}

/// How a request is answered.
pub(crate) enum Answer {
    Whole(HttpHead, Vec<u8>),
    Cut(HttpHead, Vec<u8>, HttpFailure),
    None(HttpFailure),
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Answer::Whole(HttpHead { status, headers }, body.as_bytes().to_vec())
}

pub(crate) fn xml(status: u16, body: &str) -> Answer {
    answer(status, &[("content-type", "application/xml; charset=utf-8")], body)
}

/// What came of a conversation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) outputs: Vec<Output>,
    pub(crate) done: Done,
    pub(crate) requests: usize,
}

impl Heard {
    pub(crate) fn items(&self) -> Vec<&Item> {
        self.outputs
            .iter()
            .filter_map(|output| match output {
                Output::Item(item) => Some(item),
                Output::Name { .. } | Output::Calendar(_) | Output::Schedule(_) => None,
            })
            .collect()
    }

    pub(crate) fn failure(&self) -> &Failure {
        match &self.done {
            Done::Failed(failure) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }
}

/// Carries one exchange, its answers in chunks of so many bytes.
pub(crate) fn carry(
    mut exchange: Box<dyn Exchange>,
    chunk: usize,
    mut server: impl FnMut(&HttpRequest) -> Answer,
) -> Heard {
    let (mut outputs, mut requests) = (Vec::new(), 0);
    let mut pending: std::collections::VecDeque<Input> = [].into();
    let mut input = Input::Start;
    loop {
        input = match exchange.resume(input, NOW) {
            Turn::Item(output) => {
                outputs.push(output);
                Input::Start
            }
            Turn::Draw => Input::Drawn(StepSeed([7; 32])),
            Turn::More => pending.pop_front().expect("an answer is under way"),
            Turn::Done(done) => return Heard { outputs, done, requests },
            Turn::Send(Call::Http(request)) => {
                requests += 1;
                assert!(requests < 500, "a conversation without an end");
                pending.clear();
                let (head, body, end) = match server(&request) {
                    Answer::Whole(head, body) => (head, body, Input::End),
                    Answer::Cut(head, body, failure) => (head, body, Input::Failed(failure)),
                    Answer::None(failure) => {
                        input = Input::Failed(failure);
                        continue;
                    }
                };
                pending.extend(body.chunks(chunk.max(1)).map(|part| Input::Chunk(part.to_vec())));
                pending.push_back(end);
                Input::Head(head)
            }
            Turn::Send(Call::Records(_)) => panic!("no records here"),
        };
    }
}

pub(crate) fn basic() -> Credential {
    Credential::Basic { user: "alice".into(), password: "secret".into() }
}

pub(crate) fn config(url: &str, remember: &str) -> CaldavConfig {
    CaldavConfig { url: url.into(), user: "alice".into(), remember: remember.into() }
}

pub(crate) fn run(
    config: &CaldavConfig,
    op: &ProviderOp,
    chunk: usize,
    server: impl FnMut(&HttpRequest) -> Answer,
) -> Heard {
    let exchange = Caldav::new(config.clone()).start(op, &basic()).unwrap();
    carry(exchange, chunk, server)
}

pub(crate) fn id(path: &str) -> ProviderId {
    ProviderId(path.to_owned())
}

/// An hour in Berlin at ten, so many days after the first of June 2026.
pub(crate) fn body(title: &str, day: i32) -> Body {
    let start = Civil::new(Date::new(2026, 6, 1).unwrap().add_days(day), 36_000);
    let mut content = Content::at(Span {
        start: When::Zoned(start, Zone::parse("Europe/Berlin").unwrap()),
        length: Length::Exact(3_600),
        end_zone: None,
    });
    content.title = title.to_owned();
    Body::single(content)
}

pub(crate) fn doc(derived: &str, title: &str) -> Box<MirrorDoc> {
    Box::new(MirrorDoc {
        derived: derived.to_owned(),
        mark: "k1.00112233445566778899aabbccddeeff".to_owned(),
        body: body(title, 1),
        instance: None,
    })
}

pub(crate) fn ics(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:20260610T090000Z\r\nDTEND:20260610T100000Z\r\n\
         SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
