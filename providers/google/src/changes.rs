//! The fields in which an origin is to differ, as PATCH takes them: what is not named stays, and
//! what is to go is null.

use kalends_core::event::{Body, Content, Exception, Recurrence};
use kalends_core::provider::Failure;
use kalends_core::time::When;
use kalends_kit::as_ruled;
use serde_json::{Map, Value, json};

use crate::encode;
use crate::recurrence;
use crate::text;
use crate::times;

/// What is to become of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// It says this.
    Change(When, Box<Content>),
    /// It does not take place.
    Cancel(When),
}

impl Edit {
    pub(crate) const fn original(&self) -> &When {
        match self {
            Self::Change(original, _) | Self::Cancel(original) => original,
        }
    }
}

/// The change of an event that stays a single.
pub(crate) fn of_single(base: &Body, want: &Body) -> Result<Map<String, Value>, Failure> {
    of_content(&base.content, &want.content, false)
}

/// The change that makes a series of a single.
pub(crate) fn to_series(base: &Body, want: &Body) -> Result<Map<String, Value>, Failure> {
    let mut fields = of_content(&base.content, &want.content, true)?;
    let lines = want.recurrence.as_ref().map(recurrence::lines).unwrap_or_default();
    fields.insert("recurrence".to_owned(), json!(lines));
    // A series needs a zone that Google knows, and a single may have had none.
    times_of(&want.content, true, &mut fields)?;
    Ok(fields)
}

/// The instances that a series has otherwise once it is one; what does not take place stands in its own
/// lines.
pub(crate) fn of_new_series(want: &Body) -> Vec<Edit> {
    let change =
        |one: &Exception| Edit::Change(one.original.clone(), Box::new(one.content.clone()));
    want.exceptions.iter().map(change).collect()
}

/// The change of a series' master, which holds `held` now.
pub(crate) fn of_series(
    base: &Body,
    want: &Body,
    held: &Body,
) -> Result<Map<String, Value>, Failure> {
    let mut fields = of_content(&base.content, &want.content, want.recurrence.is_some())?;
    let Some(wanted) = &want.recurrence else {
        fields.insert("recurrence".to_owned(), Value::Null);
        return Ok(fields);
    };
    let held = held.recurrence.clone().unwrap_or_default();
    let before = base.recurrence.clone().unwrap_or_default();
    let gone = |when: &When| before.excluded.contains(when) && !wanted.excluded.contains(when);
    let excluded = held.excluded.iter().filter(|when| !gone(when)).cloned().collect();
    let rules =
        if wanted.rules == before.rules { held.rules.clone() } else { wanted.rules.clone() };
    let extras =
        if wanted.extras == before.extras { held.extras.clone() } else { wanted.extras.clone() };
    let next = Recurrence { rules, extras, excluded };
    if next != held {
        fields.insert("recurrence".to_owned(), json!(recurrence::lines(&next)));
    }
    Ok(fields)
}

/// What is to become of single instances of a series whose master holds `held`.
pub(crate) fn edits(base: &Body, want: &Body, held: &Body) -> Vec<Edit> {
    let Some(wanted) = &want.recurrence else {
        return Vec::new();
    };
    let excluded = |body: &Body| body.recurrence.clone().unwrap_or_default().excluded;
    let (before, lines) = (excluded(base), excluded(held));
    let changed = want
        .exceptions
        .iter()
        .filter(|one| !base.exceptions.contains(one))
        .map(|one| Edit::Change(one.original.clone(), Box::new(one.content.clone())));
    let cancelled = wanted
        .excluded
        .iter()
        .filter(|when| !before.contains(when))
        .map(|when| Edit::Cancel(when.clone()));
    let wanted_there = |when: &When| {
        want.exceptions.iter().any(|one| one.original == *when) || wanted.excluded.contains(when)
    };
    // A line of the master goes with the master; what was an event of its own is made as the
    // series has it.
    let back = base.exceptions.iter().map(|one| &one.original).chain(&before);
    let back = back
        .filter(|when| !wanted_there(when) && !lines.contains(when))
        .map(|when| Edit::Change(when.clone(), Box::new(as_ruled(&want.content, when))));
    changed.chain(cancelled).chain(back).collect()
}

/// The fields in which two contents differ.
pub(crate) fn of_content(
    base: &Content,
    want: &Content,
    is_series: bool,
) -> Result<Map<String, Value>, Failure> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    if base.title != want.title {
        set("summary", json!(want.title));
    }
    if base.description != want.description {
        set("description", json!(text::written(&want.description)));
    }
    if base.location != want.location {
        set("location", json!(want.location));
    }
    if base.status != want.status {
        set("status", status(want));
    }
    if base.busy != want.busy {
        set("transparency", json!(encode::transparency(want.busy)));
    }
    if base.privacy != want.privacy {
        set("visibility", json!(encode::visibility(want.privacy)));
    }
    if base.span != want.span {
        times_of(want, is_series, &mut fields)?;
    }
    Ok(fields)
}

/// The word for a content's status.
pub(crate) fn status(content: &Content) -> Value {
    json!(encode::status(content.status))
}

/// Start and end, with null for the kind of time that they are not.
fn times_of(
    content: &Content,
    is_series: bool,
    fields: &mut Map<String, Value>,
) -> Result<(), Failure> {
    let (start, end) =
        times::start_and_end(&content.span, is_series).ok_or_else(encode::no_zone)?;
    for (name, mut value) in [("start", start), ("end", end)] {
        if let Value::Object(time) = &mut value {
            for part in ["date", "dateTime", "timeZone"] {
                time.entry(part).or_insert(Value::Null);
            }
        }
        fields.insert(name.to_owned(), value);
    }
    Ok(())
}
