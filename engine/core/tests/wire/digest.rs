//! The digest of a graph: the same for the same rows whoever saw them when, else another.

use kalends_core::ids::{RunId, Version};
use kalends_core::plan::Row;
use kalends_core::presence::{AsideKind, Gone};
use kalends_core::read::GraphDigest;
use kalends_core::slice::Config;
use kalends_core::time::Timestamp;

use super::samples;

/// Each sample under the key that no sample before has.
fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = samples::rows().into_iter().map(|(_, row)| row).collect();
    rows.sort_by_key(Row::key);
    // The fuller forms come last.
    rows.reverse();
    rows.dedup_by_key(|row| row.key());
    rows.reverse();
    rows
}

fn digest(rows: impl IntoIterator<Item = Row>) -> [u8; 32] {
    let mut digest = GraphDigest::default();
    rows.into_iter().for_each(|row| digest.take(row).unwrap());
    digest.end()
}

const fn is_operational(row: &Row) -> bool {
    match row {
        Row::Object(..)
        | Row::Sweep(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Health(..)
        | Row::Received(..)
        | Row::Watch(..) => true,
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Review(_)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_)
        | Row::Event(_)
        | Row::Presence(..)
        | Row::Mirror(..)
        | Row::Part(..)
        | Row::Aside(_)
        | Row::Meeting(_) => false,
    }
}

fn another(gone: &mut Option<Gone>) -> bool {
    let Some(gone) = gone else { return false };
    gone.run = RunId::from_bytes([99; 16]);
    gone.at = gone.at.saturating_add_millis(1);
    true
}

fn drawn_anew(version: &mut Option<Version>) {
    if let Some(version) = version {
        version.0.push('!');
    }
}

/// The same row, seen in another run and at another time at a server that draws other versions;
/// whether there is anything to see.
fn seen_otherwise(row: &mut Row) -> bool {
    let later = |at: &mut Timestamp| *at = at.saturating_add_millis(77);
    match row {
        Row::Review(review) => {
            review.run = RunId::from_bytes([99; 16]);
            true
        }
        Row::Presence(_, _, presence) => {
            drawn_anew(&mut presence.version);
            let gone = another(&mut presence.gone);
            let instances = presence.instances.iter_mut().map(|i| another(&mut i.gone)).count();
            let retry = presence.pending.as_mut().and_then(|pending| pending.retry_at.as_mut());
            retry.is_some_and(|at| {
                later(at);
                gone && instances > 0
            })
        }
        Row::Part(_, _, part) => {
            if let Some(object) = &mut part.object {
                drawn_anew(&mut object.version);
            }
            part.reverts.iter_mut().for_each(later);
            another(&mut part.gone) || !part.reverts.is_empty()
        }
        Row::Aside(aside) => match &mut aside.what {
            AsideKind::Quarantined(found) => {
                later(&mut found.at);
                true
            }
            AsideKind::Stray { .. }
            | AsideKind::ForeignManaged { .. }
            | AsideKind::NotEvent
            | AsideKind::Message { .. } => false,
        },
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_)
        | Row::Event(_)
        | Row::Mirror(..)
        | Row::Object(..)
        | Row::Sweep(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Health(..)
        | Row::Received(..)
        | Row::Watch(..)
        | Row::Meeting(_) => false,
    }
}

#[test]
fn who_saw_it_and_when_changes_no_digest() {
    let mut others = rows();
    let seen = others.iter_mut().map(seen_otherwise).filter(|other| *other).count();
    assert_eq!(seen, 4, "a review, a presence, a part and a quarantined object");
    assert_ne!(others, rows());
    assert_eq!(digest(others), digest(rows()));
}

#[test]
fn every_recorded_row_changes_the_digest_and_no_operational_one() {
    let whole = digest(rows());
    for at in 0..rows().len() {
        let mut fewer = rows();
        let row = fewer.remove(at);
        assert_eq!(digest(fewer) == whole, is_operational(&row), "{row:?}");
    }
}

#[test]
fn what_a_row_says_changes_the_digest() {
    for row in samples::rows().into_iter().map(|(_, row)| row) {
        let Row::Presence(event, calendar, mut presence) = row.clone() else { continue };
        presence.body.content.title.push('!');
        let changed = Row::Presence(event, calendar, presence);
        assert_ne!(digest([row]), digest([changed]));
    }
}

#[test]
fn rows_come_in_their_order_and_once() {
    let mut digest = GraphDigest::default();
    let recorded = rows().into_iter().filter(|row| !is_operational(row));
    let rows: Vec<Row> = recorded.collect();
    digest.take(rows[1].clone()).unwrap();
    assert!(digest.take(rows[1].clone()).is_err());
    assert!(digest.take(rows[0].clone()).is_err());
    assert!(digest.take(rows[2].clone()).is_ok());
}

#[test]
fn the_set_up_is_taken_row_by_row() {
    let mut config = Config::default();
    for row in rows() {
        match row {
            Row::Account(account) => drop(config.accounts.insert(account.id, account)),
            Row::Calendar(calendar) => drop(config.calendars.insert(calendar.id, calendar)),
            Row::Edge(edge) => drop(config.edges.insert(edge.id, edge)),
            Row::Policy(owner, policy) => drop(config.policies.insert(owner, policy)),
            Row::Review(review) => drop(config.reviews.insert(review.calendar, review)),
            Row::Rule(id, rule) => drop(config.rules.insert(id, rule)),
            Row::Hold(hold) => drop(config.holds.insert(hold.id, hold)),
            Row::Session(session) => drop(config.sessions.insert(session.id, session)),
            Row::Event(_)
            | Row::Presence(..)
            | Row::Mirror(..)
            | Row::Part(..)
            | Row::Aside(_)
            | Row::Object(..)
            | Row::Sweep(..)
            | Row::Cursor(..)
            | Row::Run(_)
            | Row::Health(..)
            | Row::Received(..)
            | Row::Watch(..)
            | Row::Meeting(_) => {}
        }
    }
    let mut taken = GraphDigest::default();
    taken.take_set_up(&config).unwrap();
    let set_up = |row: &Row| match row {
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Review(_)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_) => true,
        Row::Event(_)
        | Row::Presence(..)
        | Row::Mirror(..)
        | Row::Part(..)
        | Row::Aside(_)
        | Row::Object(..)
        | Row::Sweep(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Health(..)
        | Row::Received(..)
        | Row::Watch(..)
        | Row::Meeting(_) => false,
    };
    assert_eq!(taken.end(), digest(rows().into_iter().filter(set_up)));
}
