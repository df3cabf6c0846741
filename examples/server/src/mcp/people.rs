//! What people alone open: settings, rules, accounts, calendars that were left alone, and whatever an edge
//! tells of people or to them.

use std::collections::BTreeMap;

use kalends::core::graph::EdgeOptions;
use kalends::core::journal::Payload;
use kalends::core::plan::{Row, RowKey};
use kalends::core::slice::Config;
use kalends::core::wire;
use serde_json::Value;

/// Rows under their keys as text.
type Rows = BTreeMap<String, Value>;

/// Whether taking back what a run changed of the set-up, first to last, opens any of it.
pub(super) fn undo_opens(config: &Config, changes: &[Payload]) -> bool {
    let now = rows(config);
    let mut then = now.clone();
    for payload in changes.iter().rev() {
        // What cannot be read is not judged, so nobody who is not a person decides on it.
        if wire::unplay_untouched(payload, &mut then).is_err() {
            return true;
        }
    }
    let differs = |key: &&String| now.get(*key) != then.get(*key);
    let mut keys = now.keys().chain(then.keys()).filter(differs);
    keys.any(|text| match wire::read_key(text) {
        Some(RowKey::Edge(id)) => {
            let before = then.get(text).map(|row| wire::edge(id, &bytes(row)));
            let (now, before) = (config.edges.get(&id).map(|edge| &edge.options), before);
            before.is_some_and(|edge| edge.map_or(true, |edge| is_wider(now, &edge.options)))
        }
        Some(RowKey::Calendar(id)) => {
            let is_on = |row: &Value| wire::calendar(id, &bytes(row)).map_or(true, |one| one.on);
            let now = config.calendars.get(&id).is_some_and(|calendar| calendar.on);
            !now && then.get(text).is_some_and(is_on)
        }
        // An account that the run added stays, whoever takes the run back.
        Some(RowKey::Account(_)) => then.contains_key(text),
        Some(RowKey::Policy(_) | RowKey::Rule(_)) => true,
        // Nobody but the engine changes those, and no undo does.
        Some(
            RowKey::Review(_)
            | RowKey::Hold(_)
            | RowKey::Session(_)
            | RowKey::Event(_)
            | RowKey::Presence(..)
            | RowKey::Mirror(..)
            | RowKey::Part(_)
            | RowKey::Aside(..)
            | RowKey::Meeting(_)
            | RowKey::Object(..)
            | RowKey::Sweep(_)
            | RowKey::Cursor(_)
            | RowKey::Run(_)
            | RowKey::Health(_)
            | RowKey::Watch(_)
            | RowKey::Received(_),
        ) => false,
        // What cannot be read is not judged either.
        None => true,
    })
}

/// Whether the second options open what the first, if there are any, do not.
fn is_wider(now: Option<&EdgeOptions>, then: &EdgeOptions) -> bool {
    let opened = |of: fn(&EdgeOptions) -> bool| of(then) && !now.is_some_and(of);
    opened(|options| options.private_grant)
        || opened(|options| options.may_notify)
        || opened(|options| options.people)
        || opened(|options| options.meeting)
}

fn rows(config: &Config) -> Rows {
    let edges = config.edges.values().cloned().map(Row::Edge);
    let calendars = config.calendars.values().cloned().map(Row::Calendar);
    let accounts = config.accounts.values().cloned().map(Row::Account);
    let policies =
        config.policies.iter().map(|(owner, policy)| Row::Policy(*owner, policy.clone()));
    let rules = config.rules.iter().map(|(id, rule)| Row::Rule(*id, rule.clone()));
    let all = edges.chain(calendars).chain(accounts).chain(policies).chain(rules);
    let whole = |row: Row| {
        let value = serde_json::from_slice(&wire::encode(&row)).ok()?;
        Some((wire::key(&row.key()), value))
    };
    all.filter_map(whole).collect()
}

fn bytes(row: &Value) -> Vec<u8> {
    row.to_string().into_bytes()
}
