//! The readers of stored and queued forms.

use std::collections::BTreeMap;

use kalends_core::ids::CalendarId;
use kalends_core::journal::Payload;
use kalends_core::plan::{Row, RowKey};
use kalends_core::wire::{self, WireError};

/// A form behind its key and a tab, or a form alone: what can be read is written again and read
/// equal; a journal's payload can be replayed and taken back.
///
/// # Panics
/// Where that is not so.
pub fn wire(bytes: &[u8]) {
    let parted = bytes.iter().position(|byte| *byte == b'\t');
    let (key, form) = parted.map_or((&b""[..], bytes), |at| (&bytes[..at], &bytes[at + 1..]));
    if let Ok(key) = std::str::from_utf8(key) {
        let _ = wire::read_job_key(key);
        if let Some(key) = wire::read_key(key) {
            row(&key, form);
        }
    }
    if let Ok(job) = wire::read_job(form) {
        assert_eq!(wire::read_job(&wire::job(&job)), Ok(job));
    }
    if let Ok(message) = wire::read_message(form) {
        assert_eq!(wire::read_message(&wire::message(&message)), Ok(message));
    }
    let payload = Payload(form.to_vec());
    let mut rows = BTreeMap::new();
    if wire::replay(&payload, &mut rows).is_ok() {
        let _ = wire::unplay(&payload, &mut rows);
    }
    let _ = wire::read_lost(&payload);
}

fn row(key: &RowKey, form: &[u8]) {
    assert_eq!(wire::read_key(&wire::key(key)).as_ref(), Some(key));
    if let Ok(row) = read(key, form) {
        assert_eq!(read(key, &wire::encode(&row)).as_ref(), Ok(&row));
    }
}

/// The row of a key; the calendar of a part, which stands beside its form, is made up.
fn read(key: &RowKey, form: &[u8]) -> Result<Row, WireError> {
    Ok(match key.clone() {
        RowKey::Account(id) => Row::Account(wire::account(id, form)?),
        RowKey::Calendar(id) => Row::Calendar(wire::calendar(id, form)?),
        RowKey::Edge(id) => Row::Edge(wire::edge(id, form)?),
        RowKey::Policy(owner) => Row::Policy(owner, wire::policy(form)?),
        RowKey::Review(id) => Row::Review(wire::review(id, form)?),
        RowKey::Rule(id) => Row::Rule(id, wire::rule(form)?),
        RowKey::Hold(id) => Row::Hold(wire::hold(id, form)?),
        RowKey::Session(id) => Row::Session(wire::session(id, form)?),
        RowKey::Sweep(id) => Row::Sweep(id, wire::sweep(form)?),
        RowKey::Event(id) => Row::Event(wire::event(id, form)?),
        RowKey::Presence(event, calendar) => {
            Row::Presence(event, calendar, Box::new(wire::presence(form)?))
        }
        RowKey::Mirror(event, edge) => Row::Mirror(event, edge, wire::mirror(form)?),
        RowKey::Part(part) => Row::Part(part, CalendarId::from_bytes([0; 16]), wire::part(form)?),
        RowKey::Aside(calendar, object) => Row::Aside(wire::aside(calendar, object, form)?),
        RowKey::Meeting(id) => Row::Meeting(wire::meeting(id, form)?),
        RowKey::Object(calendar, id) => Row::Object(calendar, id, wire::object(form)?),
        RowKey::Cursor(scope) => Row::Cursor(scope, wire::cursor(form)?),
        RowKey::Run(id) => Row::Run(wire::run(id, form)?),
        RowKey::Health(id) => Row::Health(id, wire::health(form)?),
        RowKey::Watch(id) => Row::Watch(id, wire::watch(form)?),
        RowKey::Received(id) => Row::Received(id, wire::received(form)?),
    })
}
