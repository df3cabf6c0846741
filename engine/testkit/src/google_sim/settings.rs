//! settings: what clients read of a person's choices.

use serde_json::{Value, json};

use super::context::Cx;
use super::error::ApiError;
use super::reply::{Answer, Reply};

/// `GET users/me/settings`
pub(crate) fn list(cx: &mut Cx<'_>) -> Answer {
    let items = all(cx)?;
    Ok(Reply::json(json!({"kind": "calendar#settings", "etag": "\"settings\"", "items": items})))
}

/// `GET users/me/settings/{setting}`
pub(crate) fn get(cx: &mut Cx<'_>) -> Answer {
    let wanted = json!(cx.call.named("setting"));
    let found = all(cx)?.into_iter().find(|setting| setting["id"] == wanted);
    found.map(Reply::json).ok_or_else(ApiError::not_found)
}

fn all(cx: &mut Cx<'_>) -> Result<Vec<Value>, ApiError> {
    let zone = cx.user()?.time_zone.clone();
    let pairs = [("timezone", zone.as_str()), ("weekStart", "1"), ("locale", "en")];
    let setting = |(id, value): (&str, &str)| json!({"kind": "calendar#setting", "etag": format!("\"{id}\""), "id": id, "value": value});
    Ok(pairs.into_iter().map(setting).collect())
}
