//! Our properties on an event: single-value extended properties under one GUID and few names, since
//! a mailbox keeps a limited number of names for good.

use serde_json::{Value, json};

use crate::context::encoded;
use crate::wire::event::EventJson;

/// The property set of Kalends.
const SET: &str = "{8c6f7a52-4d0b-4c5e-9a5e-6b616c656e64}";
/// The mark.
const MARK: &str = "kal_m";
/// The derived id that the mark was made for.
const DERIVED: &str = "kal_d";
/// Of a changed instance: its series.
const SERIES: &str = "kal_s";
/// What stands there of a series that is being written in several steps.
pub(crate) const IN_PART: &str = "-";
/// Of a calendar: the name we gave it when we made it.
const CALENDAR: &str = "kal_c";

/// What our properties say of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Marked {
    pub(crate) mark: Option<String>,
    pub(crate) derived: Option<String>,
    pub(crate) series: Option<String>,
}

impl Marked {
    pub(crate) fn of(event: &EventJson) -> Self {
        let value = |name: &str| {
            let all = event.single_value_extended_properties.iter().flatten();
            let mut found = all.filter(|property| is(property.id.as_deref(), name));
            found.next().and_then(|property| property.value.clone()).filter(|v| !v.is_empty())
        };
        Self { mark: value(MARK), derived: value(DERIVED), series: value(SERIES) }
    }
}

/// What an instance said that was made as its series had it then, field by field: it bears a mark of
/// nothing, and that where a name would stand.
pub(crate) fn emptied_as(event: &EventJson) -> Option<&str> {
    let value = |name: &str| {
        let mut all = event.single_value_extended_properties.iter().flatten();
        all.find(|one| is(one.id.as_deref(), name)).and_then(|one| one.value.as_deref())
    };
    value(DERIVED).filter(|_| value(MARK) == Some(""))
}

/// The properties of a mirror's event; `series`: of a changed instance, its master.
pub(crate) fn properties(mark: &str, derived: &str, series: Option<&str>) -> Value {
    json!([
        { "id": id(MARK), "value": mark },
        { "id": id(DERIVED), "value": derived },
        { "id": id(SERIES), "value": series.unwrap_or_default() },
    ])
}

/// The properties of an instance that is made as its series has it; `said`: that, in short.
pub(crate) fn emptied(said: &str) -> Value {
    properties("", said, None)
}

/// `$expand` for the properties of an event, encoded.
pub(crate) fn expand() -> String {
    let any: Vec<String> = [MARK, DERIVED, SERIES].iter().map(|name| equals("id", name)).collect();
    let filter = encoded(&any.join(" or "));
    format!("singleValueExtendedProperties($filter={filter})")
}

/// `$filter` for events made under a derived id.
pub(crate) fn filter(derived: &str) -> String {
    let (name, value) = (equals("ep/id", DERIVED), derived.replace('\'', "''"));
    format!("singleValueExtendedProperties/Any(ep: {name} and ep/value eq '{value}')")
}

/// The property of a calendar of ours.
pub(crate) fn calendar_properties(derived: &str) -> Value {
    json!([{ "id": id(CALENDAR), "value": derived }])
}

/// `$expand` for the property of a calendar, encoded.
pub(crate) fn expand_calendar() -> String {
    format!("singleValueExtendedProperties($filter={})", encoded(&equals("id", CALENDAR)))
}

/// Whether a property is the one of a calendar of ours.
pub(crate) fn is_calendar(id: Option<&str>) -> bool {
    is(id, CALENDAR)
}

fn equals(field: &str, name: &str) -> String {
    format!("{field} eq '{}'", id(name))
}

fn id(name: &str) -> String {
    format!("String {SET} Name {name}")
}

/// The GUID comes back in either case, the name as it was given.
fn is(id: Option<&str>, name: &str) -> bool {
    let Some((set, found)) = id.and_then(|id| id.rsplit_once(' ')) else { return false };
    found == name && set.eq_ignore_ascii_case(&format!("String {SET} Name"))
}
