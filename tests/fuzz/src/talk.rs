//! Whole conversations, with a server that answers whatever it likes.

use std::collections::VecDeque;

use kalends_caldav::{Caldav, CaldavConfig};
use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{ProviderId, StepSeed, Version};
use kalends_core::ports::{
    Call, Credential, Exchange, HttpFailure, HttpHead, Input, Provider, Turn,
};
use kalends_core::presence::Guests;
use kalends_core::provider::{
    Done, Item, Listing, MirrorDoc, ObjectName, Output, Payload, ProviderOp,
};
use kalends_google::{Google, GoogleConfig};
use kalends_microsoft::{Microsoft, MicrosoftConfig};
use kalends_recurrence::{Civil, Length, Timestamp, When, Zone};

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);
const HOST: &str = "https://server.example";

/// Between two answers in the input.
const BETWEEN: &[u8] = b"\n%%\n";

/// An exchange may send so many calls for each answer that it got, and after the last.
const CALLS_MAX: usize = 100;

/// Google's readers: the input is an operation's letter and a line each for what is answered.
///
/// # Panics
/// Where a conversation has no end, goes to another host, hears something else when answers come in
/// pieces, or gives what cannot be written again.
pub fn google(bytes: &[u8]) {
    let remember = "google 1\nmain-zone Europe/Berlin\n".to_owned();
    let config = GoogleConfig { api: HOST.to_owned(), granted: String::new(), remember };
    converse(&Google::new(config), &Credential::Bearer("token".to_owned()), bytes);
}

/// Microsoft Graph's readers, as [`google`] does it.
///
/// # Panics
/// As [`google`].
pub fn graph(bytes: &[u8]) {
    let config = MicrosoftConfig { api: format!("{HOST}/v1.0"), remember: String::new() };
    converse(&Microsoft::new(config), &Credential::Bearer("token".to_owned()), bytes);
}

/// The readers of CalDAV, as [`google`] does it.
///
/// # Panics
/// As [`google`].
pub fn caldav(bytes: &[u8]) {
    let url = format!("{HOST}/dav/");
    let config = CaldavConfig { url, user: "alice".to_owned(), remember: String::new() };
    let credential = Credential::Basic { user: "alice".to_owned(), password: "p".to_owned() };
    converse(&Caldav::new(config), &credential, bytes);
}

fn converse(provider: &dyn Provider, credential: &Credential, bytes: &[u8]) {
    let Some((letter, rest)) = bytes.split_first() else { return };
    let op = op(*letter);
    let answers = answers(rest);
    let Ok(exchange) = provider.start(&op, credential) else { return };
    let (heard, done) = hear(exchange, &answers, usize::MAX);
    if let Ok(exchange) = provider.start(&op, credential) {
        assert_eq!((&heard, &done), (&hear(exchange, &answers, 7).0, &done), "in pieces");
    }
    let bodies = heard.iter().filter_map(|output| match output {
        Output::Item(Item::Event(event)) => match &event.payload {
            Payload::Whole(body) => Some(body.clone()),
            Payload::Instance { content, .. } => {
                content.as_ref().map(|content| Body::single((**content).clone()))
            }
        },
        Output::Item(
            Item::Message(_)
            | Item::Broken(_)
            | Item::Removed { .. }
            | Item::AsRuled { .. }
            | Item::Listed(_),
        )
        | Output::Name { .. }
        | Output::Calendar(_)
        | Output::Schedule(_) => None,
    });
    for body in bodies {
        let op = ProviderOp::Create { calendar: calendar(), doc: doc(body) };
        if let Ok(exchange) = provider.start(&op, credential) {
            let _sent = hear(exchange, &[], usize::MAX);
        }
    }
}

/// What a conversation gives and ends in. An answer comes in pieces of so many bytes; after the
/// last one the connection breaks.
fn hear(
    mut exchange: Box<dyn Exchange>,
    answers: &[(u16, &[u8])],
    size: usize,
) -> (Vec<Output>, Done) {
    let (mut heard, mut calls, mut coming) = (Vec::new(), 0, VecDeque::new());
    let mut answers = answers.iter();
    let mut input = Input::Start;
    loop {
        input = match exchange.resume(input, NOW) {
            Turn::Item(output) => {
                heard.push(output);
                Input::Start
            }
            Turn::Draw => Input::Drawn(StepSeed([7; 32])),
            Turn::More => coming.pop_front().unwrap_or(Input::Failed(HttpFailure::Cut)),
            Turn::Done(done) => return (heard, done),
            Turn::Send(Call::Records(_)) => panic!("there are no records here"),
            Turn::Send(Call::Http(request)) => {
                calls += 1;
                assert!(calls <= CALLS_MAX * (1 + answers.len()), "a conversation without an end");
                assert!(request.url.starts_with(&format!("{HOST}/")), "asked of {}", request.url);
                match answers.next() {
                    None => Input::Failed(HttpFailure::Reset),
                    Some((status, body)) => {
                        let pieces = body.chunks(size.min(body.len().max(1)));
                        coming = pieces.map(|piece| Input::Chunk(piece.to_vec())).collect();
                        coming.push_back(Input::End);
                        let kind = ("content-type".to_owned(), kind(body).to_owned());
                        Input::Head(HttpHead { status: *status, headers: vec![kind] })
                    }
                }
            }
        };
    }
}

/// Answers that begin with a status of three digits, or else are good.
fn answers(bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut all = Vec::new();
    let mut rest = Some(bytes);
    while let Some(bytes) = rest {
        let end = bytes.windows(BETWEEN.len()).position(|four| four == BETWEEN);
        let (one, others) = match end {
            Some(at) => (&bytes[..at], Some(&bytes[at + BETWEEN.len()..])),
            None => (bytes, None),
        };
        let status = one.get(..3).and_then(|digits| core::str::from_utf8(digits).ok());
        all.push(match status.and_then(|digits| digits.parse().ok()) {
            Some(status) => (status, &one[3..]),
            None => (200, one),
        });
        rest = others;
    }
    all
}

fn kind(body: &[u8]) -> &'static str {
    match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => "application/json; charset=utf-8",
        Some(b'<') => "application/xml; charset=utf-8",
        Some(_) | None => "text/calendar; charset=utf-8",
    }
}

fn op(letter: u8) -> ProviderOp {
    let (calendar, id, version) = (calendar(), name("e1"), Version("\"1\"".to_owned()));
    let listing = |listing| ProviderOp::List { calendar: self::calendar(), listing };
    match letter {
        b'd' => ProviderOp::Discover,
        b'n' => listing(Listing::Names),
        b'l' => listing(Listing::Contents),
        b's' => listing(Listing::Since("token".to_owned())),
        b'c' => ProviderOp::Create { calendar, doc: doc(body("Made")) },
        b'r' => ProviderOp::Replace {
            calendar,
            id,
            version,
            doc: doc(body("Replaced")),
            instances: Vec::new(),
        },
        b'x' => ProviderOp::Delete { calendar, id, version, guests: Guests::Untold },
        b'p' => {
            let (base, want) = (Box::new(body("Was")), Box::new(body("Is")));
            ProviderOp::Patch { calendar, id, version, base, want, guests: Guests::Told }
        }
        b'm' => {
            let derived = "0123456789abcdefghijklmnop".to_owned();
            ProviderOp::MakeCalendar { derived, name: "Other calendars".to_owned() }
        }
        b'b' => {
            let of = vec!["ann@example.com".to_owned(), "bob@example.com".to_owned()];
            ProviderOp::FreeBusy { of, from: NOW, to: NOW.saturating_add_millis(86_400_000) }
        }
        _ => ProviderOp::Fetch {
            calendar,
            names: vec![
                ObjectName::Known(id),
                ObjectName::Derived("0123456789abcdefghijklmnop".to_owned()),
            ],
        },
    }
}

fn calendar() -> ProviderId {
    name("c1")
}

fn name(text: &str) -> ProviderId {
    ProviderId(format!("/dav/alice/{text}/"))
}

fn body(title: &str) -> Body {
    let zone = Zone::resolve("Europe/Berlin").unwrap_or_else(Zone::utc);
    let start = When::Zoned(Civil::from_seconds(1_780_052_400), zone);
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    Body::single(Content { title: title.to_owned(), ..Content::at(span) })
}

fn doc(body: Body) -> Box<MirrorDoc> {
    let derived = "0123456789abcdefghijklmnop".to_owned();
    Box::new(MirrorDoc { derived, mark: "mark0123".to_owned(), body, instance: None })
}
