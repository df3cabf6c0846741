//! Who someone is, and how their mailbox is set (3.1, 3.3, 3.5).

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::context::Cx;
use super::ids::{self, IdSpace};
use super::query;
use super::zones;

/// `GET /me` and `GET /users/{id}`.
pub(crate) fn me(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&["$select"])?;
    let names = cx.query.selected().unwrap_or_default();
    query::check_names(&names, "user")?;
    let user = cx.state.users.get(&cx.user).ok_or_else(Refusal::not_found)?;
    let mut shown = json!({
        "@odata.context": format!("{}/$metadata#users/$entity", cx.base),
        "id": user.id,
        "userPrincipalName": user.address,
        "mail": if user.has_mailbox { json!(user.address) } else { Value::Null },
        "displayName": user.name,
    });
    query::narrow(&mut shown, &cx.query)?;
    Ok(Answer::new(200, shown))
}

/// `GET /me/mailboxSettings`.
pub(crate) fn settings(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&["$select"])?;
    let user = cx.state.users.get(&cx.user).ok_or_else(Refusal::not_found)?;
    let mut shown = json!({
        "timeZone": user.zone,
        "timeFormat": "HH:mm",
        "dateFormat": "yyyy-MM-dd",
        "workingHours": super::schedule::working_hours(&user.zone),
        "userPurpose": "user",
    });
    query::narrow(&mut shown, &cx.query)?;
    Ok(Answer::new(200, shown))
}

/// `GET /me/mailboxSettings/timeZone`.
pub(crate) fn zone(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&[])?;
    let user = cx.state.users.get(&cx.user).ok_or_else(Refusal::not_found)?;
    Ok(Answer::new(200, json!({"value": user.zone})))
}

/// `GET /me/outlook/supportedTimeZones`, by default under Windows names.
pub(crate) fn supported_zones(cx: &mut Cx<'_>, is_iana: bool) -> Outcome {
    cx.takes(&[])?;
    let items = zones::windows_names().map(|(windows, iana)| {
        let alias = if is_iana { iana } else { windows };
        json!({"alias": alias, "displayName": windows})
    });
    Ok(Answer::new(200, json!({"value": items.collect::<Vec<_>>()})))
}

/// `POST /me/translateExchangeIds`: from one space of ids to the other.
pub(crate) fn translate(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&[])?;
    let body = cx.body.clone().unwrap_or_default();
    let target = body.get("targetIdType").and_then(Value::as_str).unwrap_or_default();
    let space = match target {
        "restImmutableEntryId" => IdSpace::Immutable,
        "restId" => IdSpace::Mutable,
        _ => return Err(Refusal::invalid("targetIdType is not supported.")),
    };
    let inputs = body.get("inputIds").and_then(Value::as_array).cloned().unwrap_or_default();
    if inputs.is_empty() || inputs.len() > 1_000 {
        return Err(Refusal::invalid("inputIds must hold 1 to 1000 ids."));
    }
    let value = inputs.iter().filter_map(|input| {
        let id = input.as_str()?;
        let (number, date) = match ids::find(cx.state, id)? {
            ids::Named::Whole(number) => (number, None),
            ids::Named::Occurrence(number, date) => (number, Some(date)),
        };
        let event = cx.state.events.get(&number)?;
        let seed = cx.state.seed;
        let translated = match date {
            None => ids::of_event(seed, number, event, space),
            Some(date) => ids::of_occurrence((seed, cx.profile), number, event, date, space),
        };
        Some(json!({"sourceId": id, "targetId": translated}))
    });
    Ok(Answer::new(200, json!({"value": value.collect::<Vec<_>>()})))
}
