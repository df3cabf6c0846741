//! Several reads in one call (`$batch`).

use kalends_core::ports::HttpHead;
use kalends_core::provider::Failure;
use kalends_core::time::Timestamp;
use kalends_kit::{Reply, Request};
use serde_json::{Map, Value, json};

use super::parse;
use crate::ask::{self, PREFER};
use crate::context::Context;
use crate::wire::page::{BatchJson, MemberJson};

/// Reads that go in one batch. A mailbox answers them at once, as if they had come each by itself, and
/// counts them so: as many as [`ALLOWANCE`](crate::allowance::ALLOWANCE) lets be under way.
pub(crate) const READS_MAX: usize = 3;

/// Reads of paths below the API, at once.
pub(crate) fn reads(context: &Context, paths: &[String]) -> Result<Request, Failure> {
    let members = paths.iter().enumerate().map(|(at, path)| {
        let headers = json!({ "Prefer": PREFER, "Accept": "application/json" });
        json!({ "id": id(at), "method": "GET", "url": path, "headers": headers })
    });
    let body = json!({ "requests": members.collect::<Vec<Value>>() });
    Ok(ask::ask(context.at("/$batch")?, &body))
}

/// The answers, in the order of the calls; `None` where there is none.
pub(crate) fn answers(
    reply: &Reply,
    count: usize,
    now: Timestamp,
) -> Result<Vec<Option<Reply>>, Failure> {
    let batch: BatchJson = parse::read(reply, now)?;
    let mut answers: Vec<Option<Reply>> = (0..count).map(|_| None).collect();
    for member in batch.responses {
        let place = member.id.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        if let Some(slot) = place.and_then(|at| answers.get_mut(at)) {
            *slot = Some(single(reply, member));
        }
    }
    Ok(answers)
}

fn id(at: usize) -> String {
    (at + 1).to_string()
}

/// One answer as if it had come alone; the time of the whole stands for its own.
fn single(whole: &Reply, member: MemberJson) -> Reply {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let own: Map<String, Value> = member.headers.unwrap_or_default();
    let mut headers: Vec<(String, String)> =
        own.iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect();
    headers.extend(whole.head.header("date").map(|date| ("date".to_owned(), date.to_owned())));
    // What is no JSON comes as text, and no event can be read from it.
    let body = if member.body.is_null() { Vec::new() } else { text(&member.body).into_bytes() };
    Reply { url: whole.url.clone(), head: HttpHead { status: member.status, headers }, body }
}
