//! What people do to events in Google's own programs, which no single call does.

use serde_json::{Value, json};

use super::calendar::{Calendar, Row};
use super::events_change::{rewritten, store_changed};
use super::instances::Naming;
use super::json::Object;
use super::series::{Key, Pattern};
use super::time::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Gives an event another content; the error is Google's reason for refusing it.
pub(crate) fn set(
    calendar: &mut Calendar,
    row: &Row,
    whole: Object,
    now_ms: i64,
) -> Result<(), String> {
    let next = rewritten(calendar, row, whole, now_ms);
    store_changed(calendar, row, next.map_err(|error| error.to_string())?, now_ms);
    Ok(())
}

/// Series and original start of the third instance.
pub(crate) fn third(row: &Row) -> Option<(String, Key)> {
    let pattern = Pattern::read(&row.body).ok()??;
    let start = super::series::key_of(&Moment::read(row.body.get("start"), "start").ok()?);
    let found = pattern.within(start..start.saturating_add(400 * 86_400)).into_iter().nth(2)?;
    Some((row.id.clone(), found.key))
}

/// "This and following": the series ends before an instance, and another goes on from it. Changed
/// instances go along under new ids (F27). Gives the id of the new series.
pub(crate) fn split(
    calendar: &mut Calendar,
    naming: Naming,
    (master, key): (&str, Key),
    now_ms: i64,
) -> Result<String, String> {
    let row = calendar.rows.get(master).cloned().ok_or("there is no such series")?;
    let pattern = Pattern::read(&row.body).map_err(|_| "the series cannot be read")?;
    let first = pattern.and_then(|pattern| pattern.at(key)).ok_or("there is no such instance")?;
    let later = |row: &Row| row.instance_of.as_ref().is_some_and(|(_, other)| *other >= key);
    let moved = calendar.changed_instances(master).into_iter().filter(later).collect();
    let before = row.body.get("recurrence").cloned().unwrap_or(json!([]));
    let mut short = row.body.clone();
    short.insert("recurrence".to_owned(), ended(&before, &first.start));
    set(calendar, &row, short, now_ms)?;
    let id = format!("{master}_R{}", stamp(&first.start));
    let mut body = row.body.clone();
    body.insert("start".to_owned(), first.start.stored());
    body.insert("end".to_owned(), first.end.stored());
    body.insert("recurrence".to_owned(), going_on(&before, &row, key));
    let uid = format!("{id}@google.com");
    calendar.store(Row {
        id: id.clone(),
        uid: uid.clone(),
        body,
        created_ms: now_ms,
        updated_ms: now_ms,
        previous: None,
        ..row
    });
    put_changes(calendar, naming, (&id, &uid), moved);
    Ok(id)
}

/// Puts changed instances of one series into another, under the ids that they have there.
pub(crate) fn put_changes(
    calendar: &mut Calendar,
    naming: Naming,
    (master, uid): (&str, &str),
    changed: Vec<Row>,
) {
    let start = calendar.rows.get(master).and_then(|row| row.body.get("start"));
    let dated = Moment::read(start, "start").is_ok_and(|start| start.is_day());
    for row in changed {
        let key = row.instance_of.as_ref().map_or(0, |(_, key)| *key);
        calendar.store(Row {
            id: naming.id(master, key, dated),
            uid: uid.to_owned(),
            instance_of: Some((master.to_owned(), key)),
            bare: false,
            ..row
        });
    }
}

fn stamp(start: &Moment) -> String {
    match start {
        Moment::Day(date) => date.strftime("%Y%m%d").to_string(),
        Moment::Time(instant, _) => instant.strftime("%Y%m%dT%H%M%SZ").to_string(),
    }
}

/// The lines with an end just before a start.
fn ended(lines: &Value, start: &Moment) -> Value {
    let until = match start {
        Moment::Day(date) => {
            date.yesterday().map(|date| date.strftime("%Y%m%d").to_string()).unwrap_or_default()
        }
        Moment::Time(instant, _) => {
            let last = Timestamp::from_second(instant.as_second() - 1).unwrap_or(*instant);
            last.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
        }
    };
    each_rule(lines, |rule| format!("{};UNTIL={until}", without(rule, &["UNTIL", "COUNT"])))
}

/// The lines for what follows: a count goes on with what is left.
fn going_on(lines: &Value, row: &Row, key: Key) -> Value {
    let start =
        Moment::read(row.body.get("start"), "start").map(|start| super::series::key_of(&start));
    let pattern = Pattern::read(&row.body).ok().flatten();
    let passed = match (start, pattern) {
        (Ok(start), Some(pattern)) => {
            pattern.within(start..key).iter().filter(|one| one.key < key).count()
        }
        _ => 0,
    };
    each_rule(lines, |rule| match part(rule, "COUNT").and_then(|text| text.parse::<usize>().ok()) {
        None => rule.to_owned(),
        Some(count) => {
            let left = count.saturating_sub(passed).max(1);
            format!("{};COUNT={left}", without(rule, &["COUNT"]))
        }
    })
}

fn each_rule(lines: &Value, change: impl Fn(&str) -> String) -> Value {
    let lines = lines.as_array().into_iter().flatten().filter_map(Value::as_str);
    let changed = lines.map(|line| match line.strip_prefix("RRULE:") {
        Some(rule) => format!("RRULE:{}", change(rule)),
        None => line.to_owned(),
    });
    json!(changed.collect::<Vec<_>>())
}

fn without(rule: &str, names: &[&str]) -> String {
    let kept = rule
        .split(';')
        .filter(|part| !names.iter().any(|name| part.split('=').next() == Some(name)));
    kept.collect::<Vec<_>>().join(";")
}

fn part<'a>(rule: &'a str, name: &str) -> Option<&'a str> {
    rule.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}
