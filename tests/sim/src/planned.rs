//! What a plan's operations would put on the wire, beside what was put there.

use kalends_core::ports::{Call, Clock, HttpHead, Input, Turn};
use kalends_core::provider::ProviderOp;
use kalends_core::step::Operation;
use kalends_driver::{Accounts as _, Preview};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{SimReply, SimRequest};

use crate::keep::Keep;
use crate::world::World;

/// One write: the method, the collection and the name in it, and the body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Write {
    /// The method.
    pub method: String,
    /// The last two segments of the path: where the home set lies is not yet known of a calendar
    /// that is to be made.
    pub place: String,
    /// The body, whole.
    pub body: String,
}

impl Write {
    fn of(request: &SimRequest) -> Self {
        Self {
            method: request.method.clone(),
            place: place(&request.path()),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        }
    }
}

/// The writes that the server was sent since its log was cleared, sorted.
pub fn sent<S: Keep>(world: &World<S>) -> Vec<Write> {
    let sim = world.http.sim();
    let requests = sim.log().iter().map(|logged| &logged.request);
    let mut writes: Vec<Write> =
        requests.filter(|request| is_write(&request.method)).map(Write::of).collect();
    writes.sort();
    writes
}

/// The writes that a plan announces, as the provider words them now, sorted.
pub fn announced<S: Keep>(world: &World<S>, preview: &Preview) -> Vec<Write> {
    let mut writes: Vec<Write> =
        preview.operations.iter().map(|operation| worded(world, operation)).collect();
    writes.sort();
    writes
}

/// Begins the conversation of an operation, up to the request that writes.
fn worded<S: Keep>(world: &World<S>, operation: &Operation) -> Write {
    if let ProviderOp::DeleteCalendar { calendar, .. } = &operation.op {
        let (method, body) = ("DELETE".to_owned(), String::new());
        return Write { method, place: place(&calendar.0), body };
    }
    let config = world.set_up();
    let account = &config.accounts[&operation.account];
    let opened = block_on(world.logins.open(world.keys.graph, account)).unwrap();
    let mut exchange = opened.provider.start(&operation.op, &opened.credential).unwrap();
    let now = world.clock.now();
    let mut turn = exchange.resume(Input::Start, now);
    loop {
        turn = match turn {
            Turn::Send(Call::Http(request)) => {
                let asked = SimRequest {
                    method: request.method.to_owned(),
                    url: request.url,
                    headers: request.headers,
                    body: request.body,
                };
                if is_write(&asked.method) {
                    return Write::of(&asked);
                }
                let reply = world.http.sim().handle(now.as_millis(), &asked);
                let (head, body) = parts(reply);
                let mut next = exchange.resume(Input::Head(head), now);
                if next == Turn::More {
                    next = exchange.resume(Input::Chunk(body), now);
                }
                if next == Turn::More { exchange.resume(Input::End, now) } else { next }
            }
            Turn::Item(_) => exchange.resume(Input::Start, now),
            other @ (Turn::Send(_) | Turn::Draw | Turn::More | Turn::Done(_)) => {
                panic!("{operation:?} ends in {other:?} before it writes")
            }
        };
    }
}

fn parts(reply: SimReply) -> (HttpHead, Vec<u8>) {
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    let headers = reply.headers.into_iter().map(lower).collect();
    (HttpHead { status: reply.status, headers }, reply.body)
}

fn is_write(method: &str) -> bool {
    !["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"].contains(&method)
}

fn place(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let last = segments[segments.len().saturating_sub(2)..].iter();
    // An overlay that is not made yet goes by its lasting name, without what the provider adds.
    last.map(|one| one.trim_start_matches("kalends-")).collect::<Vec<_>>().join("/")
}
