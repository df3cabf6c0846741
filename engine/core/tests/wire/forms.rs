//! Snapshots, reading back, and forms of other versions.

use kalends_core::plan::{Row, RowKey};
use kalends_core::wire::{self, WireError};

use super::samples;

/// One line each: the name, a tab, the key, a tab, the form.
const SNAPSHOT: &str = include_str!("forms.txt");

#[test]
#[expect(clippy::disallowed_methods, reason = "a test leaves what it found for people to copy")]
fn every_form_is_as_its_snapshot_says() {
    let mut lines = Vec::new();
    for (name, row) in samples::rows() {
        lines.push(line(name, &wire::key(&row.key()), &wire::encode(&row)));
    }
    for (name, job) in samples::jobs() {
        lines.push(line(name, &wire::job_key(&job.key), &wire::job(&job)));
    }
    for (name, message) in samples::messages() {
        lines.push(line(name, &message.id.to_string(), &wire::message(&message)));
    }
    // To be copied over the snapshot where a difference is meant.
    let found = concat!(env!("CARGO_TARGET_TMPDIR"), "/forms.txt");
    std::fs::write(found, lines.join("\n") + "\n").unwrap();
    for (line, expected) in lines.iter().zip(SNAPSHOT.lines()) {
        assert_eq!(line, expected, "all forms are in {found}");
    }
    assert_eq!(lines.len(), SNAPSHOT.lines().count(), "all forms are in {found}");
}

#[test]
fn every_row_reads_back_as_it_was() {
    for (name, row) in samples::rows() {
        let read = read(&row.key(), &row, &wire::encode(&row));
        assert_eq!(read, Ok(row), "{name}");
    }
}

#[test]
fn every_job_reads_back_as_it_was() {
    for (name, job) in samples::jobs() {
        assert_eq!(wire::read_job(&wire::job(&job)), Ok(job), "{name}");
        assert_eq!(wire::read_job_key(&wire::job_key(&job.key)), Some(job.key));
    }
}

#[test]
fn every_message_reads_back_as_it_was() {
    for (name, message) in samples::messages() {
        assert_eq!(wire::read_message(&wire::message(&message)), Ok(message), "{name}");
    }
    assert!(wire::read_message(br#"{"v":2}"#).is_err());
}

#[test]
fn every_key_reads_back_as_it_was() {
    for (name, row) in samples::rows() {
        assert_eq!(wire::read_key(&wire::key(&row.key())), Some(row.key()), "{name}");
    }
    assert_eq!(wire::read_key("event/evt_short"), None);
    assert_eq!(wire::read_key("nothing"), None);
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    for (name, row) in samples::rows() {
        let form = String::from_utf8(wire::encode(&row)).unwrap();
        let newer = form.replacen("{\"v\":1", "{\"later\":{\"x\":[1]},\"v\":1", 1);
        assert_eq!(read(&row.key(), &row, newer.as_bytes()), Ok(row), "{name}");
    }
}

/// Catches a part of before there was a hash of start and rule alone, which cannot be read any more.
#[test]
fn a_part_whose_fields_have_one_hash_less_is_read() {
    let five = "0".repeat(64);
    let form = format!(
        r#"{{"v":1,"a":[{{"w":"{0}","c":"{0}","f":{{"w":"{five}","c":"{five}"}}}}],"s":"due","t":0}}"#,
        "0".repeat(52)
    );
    let part = wire::part(form.as_bytes()).unwrap();
    let fields = part.acks[0].fields.unwrap();
    assert!(!fields.want.has_pattern_of(&fields.content), "nothing is known of it");
    assert!(wire::part(form.replace(&five, &"0".repeat(52)).as_bytes()).is_err());
}

#[test]
fn forms_of_a_later_version_are_refused() {
    let found = wire::presence(br#"{"v":2,"o":"x"}"#);
    assert_eq!(found, Err(WireError::Newer { what: "presence", found: 2 }));
    assert!(matches!(wire::health(br#"{"v":10}"#), Err(WireError::Newer { found: 10, .. })));
    assert!(wire::health(b"{}").is_err());
    assert!(wire::health(br#"{"v":1"#).is_err());
}

fn line(name: &str, key: &str, form: &[u8]) -> String {
    format!("{name}\t{key}\t{}", String::from_utf8_lossy(form))
}

/// Reads the form of a row; what a store holds beside it in columns comes from `like`.
fn read(key: &RowKey, like: &Row, form: &[u8]) -> Result<Row, WireError> {
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
        RowKey::Part(part) => {
            let Row::Part(_, calendar, _) = like else { return Ok(like.clone()) };
            Row::Part(part, *calendar, wire::part(form)?)
        }
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
