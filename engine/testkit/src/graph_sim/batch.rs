//! `POST /$batch`: up to twenty requests in one, each with an answer of its own (3.12).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal};
use crate::wire::{SimReply, SimRequest};

/// One request of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) request: SimRequest,
    pub(crate) depends_on: Vec<String>,
}

/// Reads the envelope; the members take the sign-in of the whole.
pub(crate) fn read(
    body: &[u8],
    outer: &SimRequest,
    members_max: usize,
) -> Result<Vec<Member>, Refusal> {
    let malformed =
        |why: &str| Refusal::new(400, "BadRequest", &format!("Invalid batch payload: {why}"));
    let read: Value = serde_json::from_slice(body).map_err(|_| malformed("it is no JSON"))?;
    let requests = read.get("requests").and_then(Value::as_array);
    let requests = requests.ok_or_else(|| malformed("requests are missing"))?;
    if requests.is_empty() || requests.len() > members_max {
        return Err(malformed(&format!("it must hold 1 to {members_max} requests")));
    }
    let mut out: Vec<Member> = Vec::new();
    for one in requests {
        let member = member(one, outer).map_err(|why| malformed(&why))?;
        if out.iter().any(|known| known.id == member.id) {
            return Err(malformed("an id is not unique"));
        }
        out.push(member);
    }
    check_order(&out).map_err(|why| malformed(&why))?;
    Ok(out)
}

fn member(one: &Value, outer: &SimRequest) -> Result<Member, String> {
    let text = |name: &str| one.get(name).and_then(Value::as_str);
    let id = text("id").ok_or("an id is missing")?.to_owned();
    let method = text("method").ok_or_else(|| format!("request {id} has no method"))?;
    let url = text("url").ok_or_else(|| format!("request {id} has no url"))?;
    // Microsoft's own client for Python sends the whole URL of the service.
    let url = url.strip_prefix(&format!("{}/v1.0", outer.origin())).unwrap_or(url);
    if url.contains("://") || url.trim_matches('/').starts_with("$batch") {
        return Err(format!("the url of request {id} must be relative, and no batch"));
    }
    let url = format!("{}/v1.0/{}", outer.origin(), url.trim_start_matches('/'));
    let mut request = SimRequest::new(&method.to_ascii_uppercase(), &url);
    let headers = one.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    if let Some(sign_in) = outer.get("authorization") {
        request = request.header("Authorization", sign_in);
    }
    if let Some(body) = one.get("body") {
        if request.get("content-type").is_none() {
            return Err(format!("request {id} has a body and no Content-Type"));
        }
        request = request.body(body.to_string());
    }
    let depends_on = one.get("dependsOn").and_then(Value::as_array).into_iter().flatten();
    let depends_on = depends_on.filter_map(|id| id.as_str().map(str::to_owned)).collect();
    Ok(Member { id, request, depends_on })
}

/// All at once, each after the one before, or some after the same one.
fn check_order(members: &[Member]) -> Result<(), String> {
    for (at, member) in members.iter().enumerate() {
        if member.depends_on.len() > 1 {
            return Err(format!("request {} depends on more than one", member.id));
        }
        for id in &member.depends_on {
            if !members[..at].iter().any(|known| known.id == *id) {
                return Err(format!(
                    "request {} depends on {id}, which is not before it",
                    member.id
                ));
            }
        }
    }
    let first = members.iter().flat_map(|member| &member.depends_on).next();
    let same =
        members.iter().all(|member| member.depends_on.first().is_none_or(|id| Some(id) == first));
    let serial = members.windows(2).all(|pair| {
        let [before, after] = pair else { return true };
        after.depends_on.first() == Some(&before.id)
    });
    if first.is_none() || same || serial {
        return Ok(());
    }
    Err("dependsOn must be all parallel, all serial or on one request".to_owned())
}

/// Whether a member cannot run because what it depends on failed.
pub(crate) fn is_blocked(member: &Member, statuses: &BTreeMap<String, u16>) -> bool {
    member.depends_on.iter().any(|id| statuses.get(id).is_none_or(|status| *status >= 400))
}

/// The reply to a member as a part of the whole.
pub(crate) fn part(id: &str, reply: &SimReply) -> Value {
    let headers = reply.headers.iter().map(|(name, value)| (name.clone(), json!(value)));
    let headers: Map<String, Value> = headers.collect();
    let mut out = json!({"id": id, "status": reply.status, "headers": headers});
    if !reply.body.is_empty() {
        out["body"] = serde_json::from_slice(&reply.body).unwrap_or_else(|_| json!(reply.text()));
    }
    out
}

/// A member that did not run.
pub(crate) fn failed_dependency(id: &str) -> Value {
    json!({"id": id, "status": 424, "body": {"error": {
        "code": "FailedDependency",
        "message": "A request that this one depends on failed.",
    }}})
}

/// A member that was throttled (G31).
pub(crate) fn throttled(id: &str) -> Value {
    json!({"id": id, "status": 429, "headers": {"Retry-After": "1"}, "body": {"error": {
        "code": "ApplicationThrottled",
        "message": "Application is over its MailboxConcurrency limit.",
    }}})
}

/// The whole reply.
pub(crate) fn answer(mut parts: Vec<Value>, is_backwards: bool) -> Answer {
    if is_backwards {
        parts.reverse();
    }
    Answer::new(200, json!({"responses": parts}))
}
