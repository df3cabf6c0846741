//! One row as a statement.

use kalends_core::ids::{CalendarId, EdgeId, EventId, GraphId};
use kalends_core::mirror::{Part, PartRef};
use kalends_core::plan::{Row, RowKey};
use kalends_core::ports::Vault;
use kalends_core::presence::{Aside, Presence};

use crate::extent::extent;
use crate::value::{Statement, Value};
use crate::{SqlError, codes, seal};

/// Inserts the row, or replaces the one under its key.
pub(crate) fn put(
    graph: GraphId,
    row: &Row,
    form: &[u8],
    vault: &dyn Vault,
) -> Result<Statement, SqlError> {
    let of = Value::Id(*graph.as_bytes());
    let one = |sql, id: &[u8; 16]| {
        Ok(Statement::new(sql, [of.clone(), Value::Id(*id), Value::form(form)?]))
    };
    match row {
        Row::Account(account) => one(PUT_ACCOUNT, account.id.as_bytes()),
        Row::Calendar(calendar) => one(PUT_CALENDAR, calendar.id.as_bytes()),
        Row::Edge(edge) => one(PUT_EDGE, edge.id.as_bytes()),
        Row::Policy(owner, _) => {
            let owner = Value::Integer(codes::owner(*owner));
            Ok(Statement::new(PUT_POLICY, [of, owner, Value::form(form)?]))
        }
        Row::Sweep(edge, _) => one(PUT_SWEEP, edge.as_bytes()),
        Row::Review(review) => one(PUT_REVIEW, review.calendar.as_bytes()),
        Row::Rule(rule, _) => one(PUT_RULE, rule.as_bytes()),
        Row::Hold(hold) => one(PUT_HOLD, hold.id.as_bytes()),
        Row::Session(session) => one(PUT_SESSION, session.id.as_bytes()),
        Row::Event(event) => one(PUT_EVENT, event.id.as_bytes()),
        Row::Presence(event, calendar, row) => put_presence(of, (event, calendar), row, form),
        Row::Mirror(event, edge, _) => Ok(Statement::new(
            PUT_MIRROR,
            [of, Value::Id(*event.as_bytes()), Value::Id(*edge.as_bytes()), Value::form(form)?],
        )),
        Row::Part(part, calendar, row) => put_part(of, part, (calendar, row), form),
        Row::Aside(aside) => put_aside(graph, aside, form, vault),
        Row::Object(calendar, object, _) => Ok(Statement::new(
            PUT_OBJECT,
            [
                of,
                Value::Id(*calendar.as_bytes()),
                Value::Text(object.0.clone()),
                Value::form(form)?,
            ],
        )),
        Row::Cursor(scope, _) => one(PUT_CURSOR, scope.as_bytes()),
        Row::Run(run) => {
            let started = Value::millis(run.started);
            let run = Value::Id(*run.id.as_bytes());
            Ok(Statement::new(PUT_RUN, [of, run, started, Value::form(form)?]))
        }
        Row::Health(account, _) => one(PUT_HEALTH, account.as_bytes()),
        Row::Watch(scope, _) => one(PUT_WATCH, scope.as_bytes()),
        Row::Meeting(meeting) => one(PUT_MEETING, meeting.id.as_bytes()),
        Row::Received(message, _) => one(PUT_RECEIVED, message.as_bytes()),
    }
}

fn put_presence(
    graph: Value,
    (event, calendar): (&EventId, &CalendarId),
    presence: &Presence,
    form: &[u8],
) -> Result<Statement, SqlError> {
    let (starts, ends) = extent(&presence.body);
    Ok(Statement::new(
        PUT_PRESENCE,
        [
            graph,
            Value::Id(*event.as_bytes()),
            Value::Id(*calendar.as_bytes()),
            Value::Integer(codes::gone(presence)),
            Value::Integer(starts),
            ends.map_or(Value::Null, Value::Integer),
            Value::Integer(i64::from(codes::is_parked(presence))),
            Value::form(form)?,
        ],
    ))
}

fn put_part(
    graph: Value,
    key: &PartRef,
    (calendar, part): (&CalendarId, &Part),
    form: &[u8],
) -> Result<Statement, SqlError> {
    Ok(Statement::new(
        PUT_PART,
        [
            graph,
            Value::Id(*key.event.as_bytes()),
            Value::Id(*key.edge.as_bytes()),
            Value::Blob(key.part.to_bytes().to_vec()),
            Value::Id(*calendar.as_bytes()),
            Value::Integer(codes::status(&part.status)),
            Value::Integer(i64::from(part.gone.is_some())),
            Value::form(form)?,
        ],
    ))
}

fn put_aside(
    graph: GraphId,
    aside: &Aside,
    form: &[u8],
    vault: &dyn Vault,
) -> Result<Statement, SqlError> {
    let (kind, event) = codes::aside(&aside.what);
    let place = seal::aside(graph, aside.calendar, &aside.object);
    Ok(Statement::new(
        PUT_ASIDE,
        [
            Value::Id(*graph.as_bytes()),
            Value::Id(*aside.calendar.as_bytes()),
            Value::Text(aside.object.0.clone()),
            Value::Integer(kind),
            Value::id(event.map(EventId::as_bytes)),
            Value::sealed(vault.seal(&place, form)?)?,
        ],
    ))
}

/// Deletes the row under the key, if there is one.
pub(crate) fn delete(graph: GraphId, key: &RowKey) -> Statement {
    let of = Value::Id(*graph.as_bytes());
    let id = |id: &[u8; 16]| Value::Id(*id);
    match key {
        RowKey::Account(key) => Statement::new(DELETE_ACCOUNT, [of, id(key.as_bytes())]),
        RowKey::Calendar(key) => Statement::new(DELETE_CALENDAR, [of, id(key.as_bytes())]),
        RowKey::Edge(key) => Statement::new(DELETE_EDGE, [of, id(key.as_bytes())]),
        RowKey::Policy(owner) => {
            Statement::new(DELETE_POLICY, [of, Value::Integer(codes::owner(*owner))])
        }
        RowKey::Sweep(edge) => Statement::new(DELETE_SWEEP, [of, id(edge.as_bytes())]),
        RowKey::Review(key) => Statement::new(DELETE_REVIEW, [of, id(key.as_bytes())]),
        RowKey::Rule(key) => Statement::new(DELETE_RULE, [of, id(key.as_bytes())]),
        RowKey::Hold(key) => Statement::new(DELETE_HOLD, [of, id(key.as_bytes())]),
        RowKey::Session(key) => Statement::new(DELETE_SESSION, [of, id(key.as_bytes())]),
        RowKey::Event(key) => Statement::new(DELETE_EVENT, [of, id(key.as_bytes())]),
        RowKey::Presence(event, calendar) => {
            Statement::new(DELETE_PRESENCE, [of, id(event.as_bytes()), id(calendar.as_bytes())])
        }
        RowKey::Mirror(event, edge) => {
            Statement::new(DELETE_MIRROR, [of, id(event.as_bytes()), id(edge.as_bytes())])
        }
        RowKey::Part(part) => delete_part(of, part.event, part.edge, part),
        RowKey::Aside(calendar, object) => Statement::new(
            DELETE_ASIDE,
            [of, id(calendar.as_bytes()), Value::Text(object.0.clone())],
        ),
        RowKey::Object(calendar, object) => Statement::new(
            DELETE_OBJECT,
            [of, id(calendar.as_bytes()), Value::Text(object.0.clone())],
        ),
        RowKey::Cursor(scope) => Statement::new(DELETE_CURSOR, [of, id(scope.as_bytes())]),
        RowKey::Run(run) => Statement::new(DELETE_RUN, [of, id(run.as_bytes())]),
        RowKey::Health(account) => Statement::new(DELETE_HEALTH, [of, id(account.as_bytes())]),
        RowKey::Watch(scope) => Statement::new(DELETE_WATCH, [of, id(scope.as_bytes())]),
        RowKey::Meeting(key) => Statement::new(DELETE_MEETING, [of, id(key.as_bytes())]),
        RowKey::Received(key) => Statement::new(DELETE_RECEIVED, [of, id(key.as_bytes())]),
    }
}

fn delete_part(of: Value, event: EventId, edge: EdgeId, part: &PartRef) -> Statement {
    Statement::new(
        DELETE_PART,
        [
            of,
            Value::Id(*event.as_bytes()),
            Value::Id(*edge.as_bytes()),
            Value::Blob(part.part.to_bytes().to_vec()),
        ],
    )
}

macro_rules! by_id {
    ($($put:ident, $delete:ident: $table:literal by $key:literal;)*) => {$(
        const $put: &str = concat!(
            "INSERT INTO ", $table, " (graph, ", $key, ", body) VALUES (?1, ?2, ?3) ",
            "ON CONFLICT (graph, ", $key, ") DO UPDATE SET body = excluded.body",
        );
        const $delete: &str =
            concat!("DELETE FROM ", $table, " WHERE graph = ?1 AND ", $key, " = ?2");
    )*};
}

by_id! {
    PUT_ACCOUNT, DELETE_ACCOUNT: "accounts" by "id";
    PUT_CALENDAR, DELETE_CALENDAR: "calendars" by "id";
    PUT_EDGE, DELETE_EDGE: "edges" by "id";
    PUT_POLICY, DELETE_POLICY: "policies" by "owner";
    PUT_SWEEP, DELETE_SWEEP: "sweeps" by "edge";
    PUT_REVIEW, DELETE_REVIEW: "reviews" by "calendar";
    PUT_RULE, DELETE_RULE: "rules" by "id";
    PUT_HOLD, DELETE_HOLD: "holds" by "id";
    PUT_SESSION, DELETE_SESSION: "sessions" by "id";
    PUT_EVENT, DELETE_EVENT: "events" by "id";
    PUT_CURSOR, DELETE_CURSOR: "cursors" by "scope";
    PUT_HEALTH, DELETE_HEALTH: "health" by "account";
    PUT_WATCH, DELETE_WATCH: "watches" by "scope";
    PUT_MEETING, DELETE_MEETING: "meetings" by "id";
    PUT_RECEIVED, DELETE_RECEIVED: "inbox" by "message";
}

const PUT_PRESENCE: &str = "INSERT INTO presences \
    (graph, event, calendar, gone, starts, ends, parked, body) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
    ON CONFLICT (graph, event, calendar) DO UPDATE SET gone = excluded.gone, \
    starts = excluded.starts, ends = excluded.ends, parked = excluded.parked, body = excluded.body";
const DELETE_PRESENCE: &str =
    "DELETE FROM presences WHERE graph = ?1 AND event = ?2 AND calendar = ?3";

const PUT_MIRROR: &str = "INSERT INTO mirrors (graph, event, edge, body) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (graph, event, edge) DO UPDATE SET body = excluded.body";
const DELETE_MIRROR: &str = "DELETE FROM mirrors WHERE graph = ?1 AND event = ?2 AND edge = ?3";

const PUT_PART: &str = "INSERT INTO parts \
    (graph, event, edge, part, calendar, status, gone, body) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
    ON CONFLICT (graph, event, edge, part) DO UPDATE SET calendar = excluded.calendar, \
    status = excluded.status, gone = excluded.gone, body = excluded.body";
const DELETE_PART: &str =
    "DELETE FROM parts WHERE graph = ?1 AND event = ?2 AND edge = ?3 AND part = ?4";

const PUT_ASIDE: &str = "INSERT INTO asides (graph, calendar, object, kind, event, sealed) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
    ON CONFLICT (graph, calendar, object) DO UPDATE SET kind = excluded.kind, \
    event = excluded.event, sealed = excluded.sealed";
const DELETE_ASIDE: &str = "DELETE FROM asides WHERE graph = ?1 AND calendar = ?2 AND object = ?3";

const PUT_OBJECT: &str = "INSERT INTO objects (graph, calendar, object, body) \
    VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (graph, calendar, object) DO UPDATE SET body = excluded.body";
const DELETE_OBJECT: &str =
    "DELETE FROM objects WHERE graph = ?1 AND calendar = ?2 AND object = ?3";

const PUT_RUN: &str = "INSERT INTO runs (graph, run, started, body) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (graph, run) DO UPDATE SET started = excluded.started, body = excluded.body";
const DELETE_RUN: &str = "DELETE FROM runs WHERE graph = ?1 AND run = ?2";
