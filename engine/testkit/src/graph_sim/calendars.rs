//! Calendars and their groups (3.1).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::context::Cx;
use super::hash;
use super::ids;
use super::profile::Belief;
use super::query;
use super::state::{AccountKind, Calendar, State};
use super::write;

const LISTS: &[&str] = &["$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count"];

/// `GET .../calendars`.
pub(crate) fn list(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(LISTS)?;
    let held = cx.state.calendars_of(cx.user);
    let items: Vec<Value> = held.iter().filter_map(|number| show(cx, *number)).collect();
    query::page(cx, items, "calendar")
}

/// `GET .../calendarGroups`: one group holds all.
pub(crate) fn groups(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(LISTS)?;
    let group = json!({
        "id": group_id(cx),
        "name": "My Calendars",
        "classId": "0006f0b7-0000-0000-c000-000000000046",
        "changeKey": "NreqLYgxdE2DpHBBId74XwAAAAAGZw==",
    });
    query::page(cx, vec![group], "calendarGroup")
}

/// The id of the one group of a mailbox.
pub(crate) fn group_id(cx: &Cx<'_>) -> String {
    format!("AAMkAGro{}=", hash::word(cx.state.seed, "group", cx.user as u64))
}

/// `GET .../calendars/{id}` and `GET .../calendar`.
pub(crate) fn get(cx: &mut Cx<'_>, number: u64) -> Outcome {
    cx.takes(&["$select", "$expand"])?;
    let names = cx.query.selected().unwrap_or_default();
    query::check_names(&names, "calendar")?;
    let mut shown = show(cx, number).ok_or_else(Refusal::not_found)?;
    query::narrow(&mut shown, &cx.query)?;
    Ok(Answer::new(200, shown))
}

/// `POST .../calendars`.
pub(crate) fn create(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&[])?;
    let body = cx.object("calendar")?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().trim();
    if name.is_empty() {
        let message = "The name of a calendar must not be empty.";
        return Err(Refusal::new(400, "ErrorInvalidRequest", message));
    }
    check_name(cx, name, None)?;
    let color = body.get("color").and_then(Value::as_str).unwrap_or("auto");
    let mut extended = BTreeMap::new();
    write::properties(&mut extended, body.get("singleValueExtendedProperties"))?;
    let number = insert(cx.state, cx.user, name, false);
    if let Some(held) = cx.state.calendars.get_mut(&number) {
        color.clone_into(&mut held.color);
        held.extended = extended;
    }
    let mut shown = show(cx, number).ok_or_else(Refusal::not_found)?;
    query::narrow(&mut shown, &cx.query)?;
    Ok(Answer::new(201, shown))
}

/// `PATCH .../calendars/{id}`: name and colour.
pub(crate) fn patch(cx: &mut Cx<'_>, number: u64) -> Outcome {
    cx.takes(&[])?;
    cx.check_writable(number)?;
    let body = cx.object("calendar")?;
    let name = body.get("name").and_then(Value::as_str);
    if let Some(name) = name {
        check_name(cx, name, Some(number))?;
    }
    let change = cx.state.next_seq();
    if let Some(held) = cx.state.calendars.get_mut(&number) {
        held.change = change;
        if let Some(name) = name {
            name.clone_into(&mut held.name);
        }
        if let Some(color) = body.get("color").and_then(Value::as_str) {
            color.clone_into(&mut held.color);
        }
    }
    let mut shown = show(cx, number).ok_or_else(Refusal::not_found)?;
    query::narrow(&mut shown, &cx.query)?;
    Ok(Answer::new(200, shown))
}

/// `DELETE .../calendars/{id}`: with all that is in it.
pub(crate) fn delete(cx: &mut Cx<'_>, number: u64) -> Outcome {
    cx.takes(&[])?;
    let held = cx.state.calendars.get(&number).ok_or_else(Refusal::not_found)?;
    if held.owner != cx.user || held.is_default {
        let message = "The default calendar cannot be deleted.";
        return Err(Refusal::new(400, "ErrorDeleteDistinguishedFolder", message));
    }
    remove(cx.state, number);
    Ok(Answer::empty(204))
}

/// Takes a calendar away with all that is in it.
pub(crate) fn remove(state: &mut State, number: u64) {
    let held: Vec<u64> = state.events_of(number).map(|(event, _)| event).collect();
    for event in held {
        super::events::discard(state, event);
    }
    state.calendars.remove(&number);
}

/// Makes a calendar.
pub(crate) fn insert(state: &mut State, owner: usize, name: &str, is_default: bool) -> u64 {
    let number = state.draw();
    let change = state.next_seq();
    let calendar = Calendar {
        owner,
        name: name.to_owned(),
        color: "auto".to_owned(),
        is_default,
        change,
        extended: BTreeMap::new(),
        shared: BTreeMap::new(),
    };
    state.calendars.insert(number, calendar);
    number
}

fn check_name(cx: &Cx<'_>, name: &str, but: Option<u64>) -> Result<(), Refusal> {
    let mut held = cx.state.calendars.iter().filter(|(_, held)| held.owner == cx.user);
    let is_taken = held.any(|(number, held)| Some(*number) != but && held.name == name);
    if is_taken && cx.profile.holds(Belief::NamesAreUnique) {
        let message = format!(
            "A folder with the specified name already exists., Could not create folder '{name}'."
        );
        return Err(Refusal::new(409, "ErrorFolderExists", &message));
    }
    Ok(())
}

/// A calendar as the person of the path sees it.
fn show(cx: &Cx<'_>, number: u64) -> Option<Value> {
    let held = cx.state.calendars.get(&number)?;
    let owner = cx.state.users.get(&held.owner)?;
    let is_own = held.owner == cx.user;
    let providers = match owner.kind {
        AccountKind::Work => ["teamsForBusiness"],
        AccountKind::Consumer => ["skypeForConsumer"],
    };
    let properties = held.extended.iter().map(|(id, value)| json!({"id": id, "value": value}));
    let mut shown = json!({
        "id": ids::of_calendar(cx.state.seed, number),
        "name": held.name,
        "color": held.color,
        "hexColor": "",
        "isDefaultCalendar": held.is_default && is_own,
        "changeKey": format!("cal{:x}Q==", held.change),
        "canShare": is_own,
        "canViewPrivateItems": is_own,
        "canEdit": held.is_writable(cx.user),
        "isRemovable": !held.is_default,
        "isTallyingResponses": held.is_default && is_own,
        "allowedOnlineMeetingProviders": providers,
        "defaultOnlineMeetingProvider": providers[0],
        "owner": {"name": owner.name, "address": owner.address},
    });
    if !held.extended.is_empty() {
        shown["singleValueExtendedProperties"] = properties.collect::<Vec<_>>().into();
    }
    Some(shown)
}
