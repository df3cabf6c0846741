//! What a careful client never sends. Findings are logged; where the simulator is strict they are
//! refused as well. What Graph itself refuses is refused always.

use serde_json::{Map, Value};

/// One thing a client should not have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Index of the request in the log.
    pub request: usize,
    /// Which rule it breaks.
    pub rule: Rule,
    /// What was wrong.
    pub detail: String,
}

/// Rules of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A body breaks the published types (3.2).
    Contract,
    /// A body without a JSON content type.
    ContentType,
    /// A query parameter that means nothing there.
    Query,
    /// A property that only the service sets.
    ReadOnly,
    /// A write without `If-Match` (3.7).
    Unconditional,
    /// A creation without `transactionId` (3.6).
    NoTransaction,
    /// A time with an offset: what it means is not known (3.2).
    Offset,
    /// A call about events outside the space of immutable ids, or a change of spaces (3.5).
    Ids,
    /// A path that is not of the API.
    Path,
    /// What carries our mark names people, beeps, or is held online.
    Silence,
}

/// How the extended property ends that says of an event that it is a mirror of ours.
const MARK: &str = " Name kal_m";

/// What would mail, invite or remind somebody in what is sent of a mirror: what is left out when one
/// is made is as the mailbox has it by default. A patch may leave out what it does not change.
pub(super) fn loud(sent: &Map<String, Value>, is_patch: bool) -> Vec<String> {
    let is_mark = |one: &Value| {
        let says = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        says("id").ends_with(MARK) && !says("value").is_empty()
    };
    let properties = sent.get("singleValueExtendedProperties").and_then(Value::as_array);
    if !properties.is_some_and(|all| all.iter().any(is_mark)) {
        return Vec::new();
    }
    let mut loud = Vec::new();
    let reminder = sent.get("isReminderOn");
    if reminder != Some(&Value::Bool(false)) && !(is_patch && reminder.is_none()) {
        loud.push(format!("a mirror reminds: {reminder:?}"));
    }
    if sent.get("attendees").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        loud.push("a mirror has attendees".to_owned());
    }
    if sent.get("isOnlineMeeting") == Some(&Value::Bool(true)) {
        loud.push("a mirror is held online".to_owned());
    }
    loud
}
