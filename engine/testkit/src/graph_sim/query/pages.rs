//! `$select`, `$orderby`, `$skip`, `$top` and the link to the next page.

use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::context::Cx;
use super::super::contract;
use super::super::profile::Belief;
use super::options::{Expansion, Query, at};

/// Leaves of an item what `$expand` and `$select` ask for; the id and annotations stay.
pub(crate) fn narrow(item: &mut Value, query: &Query) -> Result<(), Refusal> {
    let expansions = query.expansions()?;
    let names = query.selected();
    let Some(members) = item.as_object_mut() else {
        return Ok(());
    };
    for linked in LINKED {
        expand(members, linked, expansions.iter().find(|one| one.name == *linked))?;
    }
    let expanded = |name: &str| expansions.iter().any(|one| one.name == name);
    if let Some(names) = names {
        let keeps = |name: &str| {
            name == "id" || name.contains('@') || expanded(name) || names.iter().any(|n| n == name)
        };
        members.retain(|name, _| keeps(name));
    } else {
        members.retain(|name, _| name != "cancelledOccurrences");
    }
    Ok(())
}

/// What is linked to an event, and not part of it.
const LINKED: &[&str] = &["singleValueExtendedProperties", "exceptionOccurrences"];

fn expand(
    members: &mut Map<String, Value>,
    name: &str,
    expansion: Option<&Expansion>,
) -> Result<(), Refusal> {
    let Some(expansion) = expansion else {
        members.remove(name);
        return Ok(());
    };
    if name != "singleValueExtendedProperties" {
        return Ok(());
    }
    // Without a filter nothing can be listed (3.8).
    let filter = expansion.filter.as_ref().ok_or_else(|| {
        let message = "Expand on singleValueExtendedProperties needs a $filter on id.";
        Refusal::new(400, "ErrorInvalidProperty", message)
    })?;
    let held = members.get_mut(name).and_then(Value::as_array_mut);
    let is_empty = held.is_none_or(|held| {
        held.retain(|one| filter.fits(one));
        held.is_empty()
    });
    if is_empty {
        members.remove(name);
    }
    Ok(())
}

/// One page of a list in its order, filtered and narrowed as the query says.
pub(crate) fn page(cx: &Cx<'_>, mut items: Vec<Value>, kind: &str) -> Outcome {
    let names = cx.query.selected();
    check_names(names.as_deref().unwrap_or_default(), kind)?;
    if let Some(filter) = cx.query.filter()? {
        items.retain(|item| filter.fits(item));
    }
    sort(&mut items, cx.query.get("$orderby"));
    let count = items.len();
    let skip = cx.query.number("$skip")?.unwrap_or_default();
    let asked = top(cx)?.or(cx.prefer.page_items).unwrap_or(cx.profile.limits.page_items);
    let asked = asked.max(1);
    let mut value: Vec<Value> = items.into_iter().skip(skip).take(asked).collect();
    for item in &mut value {
        narrow(item, &cx.query)?;
    }
    let mut body = json!({
        "@odata.context": format!("{}/$metadata#{}", cx.base, cx.path.trim_matches('/')),
        "value": value,
    });
    if skip + asked < count {
        let query = cx.query.with("$skip", &(skip + asked).to_string());
        body["@odata.nextLink"] = json!(format!("{}{}?{query}", cx.link_base(), cx.path));
    }
    if cx.query.get("$count") == Some("true") {
        body["@odata.count"] = json!(count);
    }
    Ok(Answer::new(200, body))
}

fn top(cx: &Cx<'_>) -> Result<Option<usize>, Refusal> {
    let top = cx.query.number("$top")?;
    if top.is_some_and(|top| top > 1_000) && cx.profile.holds(Belief::LargeTopIsRefused) {
        let message = "The value of $top must be between 1 and 1000.";
        return Err(Refusal::new(400, "ErrorInvalidUrlQuery", message));
    }
    if top == Some(0) {
        let message = "The limit '0' for Top query must be above zero.";
        return Err(Refusal::new(400, "ErrorInvalidUrlQuery", message));
    }
    Ok(top.map(|top| top.min(1_000)))
}

/// Refuses names that the type does not have.
pub(crate) fn check_names(names: &[String], kind: &str) -> Result<(), Refusal> {
    let odd = names.iter().find(|name| !name.contains('@') && !contract::has(kind, name));
    match odd {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            );
            Err(Refusal::new(400, "BadRequest", &message))
        }
    }
}

fn sort(items: &mut [Value], order: Option<&str>) {
    // The last key is the least: sorting is stable.
    for key in order.into_iter().flat_map(|order| order.rsplit(',')) {
        let mut words = key.split_whitespace();
        let path = words.next().unwrap_or_default().to_owned();
        let text = |item: &Value| at(item, &path).to_string();
        items.sort_by_key(text);
        if words.next() == Some("desc") {
            items.reverse();
        }
    }
}
