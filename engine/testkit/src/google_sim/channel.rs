//! Watch channels: events.watch, calendarList.watch and channels.stop.

use serde_json::{Value, json};

use super::context::Cx;
use super::digest;
use super::error::ApiError;
use super::json::{Object, object, text};
use super::reply::{Answer, Reply};
use super::state::Role;

/// A channel, also after it ended: stopped ones are known to fire still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) watched: Watched,
    pub(crate) resource_id: String,
    pub(crate) uri: String,
    pub(crate) address: String,
    pub(crate) token: Option<String>,
    pub(crate) expires_ms: i64,
    pub(crate) stopped: bool,
    /// The number of its last message.
    pub(crate) number: u64,
    owner: String,
}

/// What a channel is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// Events of a calendar.
    Events(String),
    /// A person's list of calendars.
    List(String),
}

impl Watched {
    /// Its path on this server.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Events(calendar) => format!("/calendar/v3/calendars/{calendar}/events"),
            Self::List(_) => "/calendar/v3/users/me/calendarList".to_owned(),
        }
    }
}

/// `POST calendars/{calendarId}/events/watch`
pub(crate) fn watch_events(cx: &mut Cx<'_>) -> Answer {
    let calendar = cx.calendar(Role::Reader)?;
    if calendar.unwatchable {
        let words = "Push notifications are not supported by this resource.";
        let reason = "pushNotSupportedForRequestedResource";
        return Err(ApiError::new(400, "global", reason, words));
    }
    let id = calendar.id.clone();
    open(cx, Watched::Events(id))
}

/// `POST users/me/calendarList/watch`
pub(crate) fn watch_list(cx: &mut Cx<'_>) -> Answer {
    let user = cx.caller.user.clone();
    open(cx, Watched::List(user))
}

fn open(cx: &mut Cx<'_>, watched: Watched) -> Answer {
    let sent = cx.call.object()?;
    let (id, address) = checked(sent)?;
    if cx.state.channels.contains_key(&id) {
        let words = format!("Channel id {id} not unique");
        return Err(ApiError::new(400, "global", "channelIdNotUnique", words));
    }
    let expires_ms = (cx.now_ms + cx.profile.push.life_max_ms).min(asked_ms(sent, cx.now_ms));
    let who = match &watched {
        Watched::Events(calendar) => calendar.clone(),
        Watched::List(user) => format!("list of {user}"),
    };
    let path = watched.path().replace('@', "%40");
    let channel = Channel {
        resource_id: digest::token(cx.state.seed, &["resource", &who]),
        uri: format!("https://www.googleapis.com{path}?alt=json"),
        address,
        token: text(sent, "token").map(str::to_owned),
        expires_ms,
        stopped: false,
        number: 0,
        owner: cx.caller.user.clone(),
        watched,
        id: id.clone(),
    };
    let body = shown(&channel);
    cx.state.channels.insert(id, channel);
    Ok(Reply::json(body))
}

/// Id and address of a channel that is asked for.
fn checked(sent: &Object) -> Result<(String, String), ApiError> {
    let id = text(sent, "id").ok_or_else(|| ApiError::required("Missing channel id."))?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_+/=".contains(c);
    if id.is_empty() || id.len() > 64 || !id.chars().all(fits) {
        return Err(ApiError::invalid("Invalid channel id."));
    }
    if !matches!(text(sent, "type"), Some("web_hook" | "webhook")) {
        return Err(ApiError::invalid("Unknown channel type."));
    }
    let address = text(sent, "address").unwrap_or_default();
    if !(address.starts_with("https://") || is_loopback(address)) {
        let words = "WebHook callback must be HTTPS: ".to_owned() + address;
        return Err(ApiError::new(400, "global", "push.webhookUrlNotHttps", words));
    }
    Ok((id.to_owned(), address.to_owned()))
}

/// Whether an address is plain HTTP on this machine, which stands for HTTPS here.
pub fn is_loopback(address: &str) -> bool {
    let host = url::Url::parse(address).ok();
    let host = host.as_ref().filter(|url| url.scheme() == "http").and_then(url::Url::host_str);
    matches!(host, Some("127.0.0.1" | "localhost" | "[::1]"))
}

fn asked_ms(sent: &Object, now_ms: i64) -> i64 {
    let number = |value: &Value| match value.as_str() {
        Some(text) => text.parse().ok(),
        None => value.as_i64(),
    };
    let ttl = sent.get("params").and_then(|params| params.get("ttl")).and_then(number);
    let ttl = ttl.map(|seconds: i64| now_ms.saturating_add(seconds.saturating_mul(1_000)));
    sent.get("expiration").and_then(number).or(ttl).unwrap_or(i64::MAX)
}

fn shown(channel: &Channel) -> Value {
    let mut out = object(json!({
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": channel.uri,
        "expiration": channel.expires_ms.to_string(),
    }));
    if let Some(token) = &channel.token {
        out.insert("token".to_owned(), json!(token));
    }
    Value::Object(out)
}

/// `POST channels/stop`
pub(crate) fn stop(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let (id, resource) = (text(sent, "id"), text(sent, "resourceId"));
    let (now_ms, user) = (cx.now_ms, cx.caller.user.clone());
    let held = cx.state.channels.get_mut(id.unwrap_or_default()).filter(|held| {
        Some(held.resource_id.as_str()) == resource
            && held.owner == user
            && !held.stopped
            && now_ms < held.expires_ms
    });
    let missing = || {
        let words = format!("Channel '{}' not found for project", id.unwrap_or_default());
        ApiError::new(404, "global", "notFound", words)
    };
    held.ok_or_else(missing)?.stopped = true;
    Ok(Reply::status(204))
}
