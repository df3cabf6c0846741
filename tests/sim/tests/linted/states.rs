//! Rows in states that no step leaves them in: each is named.

use kalends_core::cursor::{Cursor, Failing, Health};
use kalends_core::graph::Sweep;
use kalends_core::ids::{
    EdgeId, EventId, GraphId, HoldId, MeetingId, ProviderId, ScopeId, SessionId, WatchId,
};
use kalends_core::plan::{Row, RowKey};
use kalends_core::schedule::{Asked, Hold, Said, Session, SessionState, Sought};
use kalends_core::time::{Timestamp, Zone};
use kalends_core::watch::{Channel, Missed, Stage, Watch};
use kalends_sim_tests::START;
use kalends_testkit::lint;

use super::rows;

/// Makes of a cursor what no step leaves behind.
type Spoil = fn(&mut Cursor);

const MEETING: MeetingId = MeetingId::from_bytes([1; 16]);

/// What is said of the rows of a graph at rest with one more.
fn said(row: Row) -> String {
    let mut rows = rows();
    rows.insert(row.key(), row);
    lint::always(&rows).join("\n")
}

fn at(hour: i64) -> Timestamp {
    START.saturating_add_millis(hour * 3_600_000)
}

/// One of the keys of a graph at rest that is such a one.
fn one<T>(is_it: fn(&RowKey) -> Option<T>) -> T {
    let Some(found) = rows().keys().find_map(is_it) else { panic!("there is one") };
    found
}

fn scope() -> ScopeId {
    one(|key| if let RowKey::Cursor(scope) = key { Some(*scope) } else { None })
}

fn edge() -> EdgeId {
    one(|key| if let RowKey::Edge(edge) = key { Some(*edge) } else { None })
}

fn event() -> EventId {
    one(|key| if let RowKey::Event(event) = key { Some(*event) } else { None })
}

fn failing() -> Option<Failing> {
    Some(Failing { times: 0, code: "sim".to_owned(), retry_at: at(1) })
}

fn channel(name: u8, stage: Stage) -> Channel {
    Channel {
        name: WatchId::from_bytes([name; 16]),
        id: (stage != Stage::Opening).then(|| format!("channel {name}")),
        resource: None,
        address: "https://push.example".to_owned(),
        stage,
        since: at(0),
        expires: at(24),
    }
}

/// Catches a linter that has no rule for a cursor, or lets a state pass that no step leaves behind.
#[test]
fn a_cursor_in_a_state_that_it_cannot_be_in_is_named() {
    let scope = scope();
    let Some(Row::Cursor(_, good)) = rows().remove(&RowKey::Cursor(scope)) else { panic!("none") };
    assert_eq!(said(Row::Cursor(scope, good.clone())), "");
    let id = |n: usize| ProviderId(format!("object {n}"));
    let spoilt: [(&str, Spoil); 5] = [
        ("goes on from nowhere", |cursor| {
            (cursor.committed, cursor.in_progress) = (None, Some("token".to_owned()));
        }),
        ("never read to its end", |cursor| {
            (cursor.read_at, cursor.committed) = (None, Some("token".to_owned()))
        }),
        ("was read in no run", |cursor| (cursor.read_at, cursor.read_in) = (Some(at(0)), None)),
        ("dates a tag", |cursor| (cursor.tag, cursor.tag_since) = (None, Some(at(0)))),
        ("fails, and never did", |cursor| cursor.failing = failing()),
    ];
    for (what, spoil) in spoilt {
        let mut cursor = good.clone();
        spoil(&mut cursor);
        assert!(said(Row::Cursor(scope, cursor)).contains(what), "{what}");
    }
    let twice = Cursor { written: vec![id(1), id(1)], ..good.clone() };
    assert!(said(Row::Cursor(scope, twice)).contains("twice"));
    let many = Cursor { written: (0..=Cursor::WRITTEN_MAX).map(id).collect(), ..good };
    assert!(said(Row::Cursor(scope, many)).contains("too much"));
}

/// The same of watches.
#[test]
fn a_watch_in_a_state_that_it_cannot_be_in_is_named() {
    let scope = scope();
    let of = |channels: Vec<Channel>| Watch { channels, ..Watch::default() };
    let watch = |channels| said(Row::Watch(scope, of(channels)));
    let (opening, open) = (channel(1, Stage::Opening), channel(2, Stage::Open));
    let closing = channel(3, Stage::Closing);
    assert_eq!(watch(vec![open.clone(), closing, opening.clone()]), "");
    let many = (0..10).map(|name| channel(name, Stage::Closing)).collect();
    let cases = [
        ("one name", vec![open.clone(), Channel { stage: Stage::Closing, ..open.clone() }]),
        ("too many", many),
        ("two channels at once", vec![opening.clone(), channel(4, Stage::Opening)]),
        ("listens to two", vec![open.clone(), channel(4, Stage::Doubted)]),
        ("opens what is open", vec![Channel { id: Some("a".to_owned()), ..opening }]),
        ("not granted", vec![Channel { id: None, ..open.clone() }]),
        ("ends before", vec![Channel { expires: at(0), ..open }]),
    ];
    for (what, channels) in cases {
        assert!(watch(channels).contains(what), "{what}");
    }
    let missed = Watch { missed: Some(Missed { times: 0, since: at(0) }), ..Watch::default() };
    assert!(said(Row::Watch(scope, missed)).contains("missed nothing"));
    let fails = Watch { failing: failing(), ..Watch::default() };
    assert!(said(Row::Watch(scope, fails)).contains("never did"));
}

/// The same of sweeps, of holds and of how accounts fare.
#[test]
fn a_row_in_a_state_that_it_cannot_be_in_is_named() {
    let (edge, event) = (edge(), event());
    let weighing = |lost| Row::Sweep(edge, Sweep::Weighing { after: None, lost, of: 2 });
    assert_eq!(said(weighing(2)), "");
    assert!(said(weighing(3)).contains("lacks more"));

    let hold = |hour, meeting| Hold {
        id: HoldId::from_bytes([1; 16]),
        event,
        range: at(1)..at(hour),
        expires: at(3),
        meeting,
    };
    assert_eq!(said(Row::Hold(hold(2, None))), "");
    assert!(said(Row::Hold(hold(1, None))).contains("holds no time"));
    assert!(said(Row::Hold(hold(2, Some(MEETING)))).contains("which is not there"));
    let unknown = Hold { event: EventId::from_bytes([1; 16]), ..hold(2, None) };
    assert!(said(Row::Hold(unknown)).contains("which is not there"));
    let mut rows = rows();
    let other = Hold { id: HoldId::from_bytes([2; 16]), ..hold(2, None) };
    for one in [hold(2, None), other] {
        rows.insert(RowKey::Hold(one.id), Row::Hold(one));
    }
    assert!(lint::always(&rows).iter().any(|what| what.contains("is not alone")));

    let account = one(|key| if let RowKey::Health(of) = key { Some(*of) } else { None });
    let fails = Health { failing: failing(), ..Health::default() };
    assert!(said(Row::Health(account, fails)).contains("never did"));
}

/// The same of searches for a time.
#[test]
fn a_session_in_a_state_that_it_cannot_be_in_is_named() {
    let guest = |graph: u8, said| Asked { graph: GraphId::from_bytes([graph; 16]), said };
    let wish =
        Sought { range: at(0)..at(9), length_ms: 3_600_000, grid_minutes: 30, zone: Zone::utc() };
    let open = Session {
        id: SessionId::from_bytes([1; 16]),
        state: SessionState::Open,
        wish,
        title: "Review".to_owned(),
        guests: vec![guest(1, None), guest(2, Some(Said::Denied))],
        candidates: Vec::new(),
        hold: None,
        meeting: None,
        attempts: 0,
        expires: at(24),
        ended: None,
    };
    assert_eq!(said(Row::Session(open.clone())), "");
    let hold = Some(HoldId::from_bytes([1; 16]));
    let held = Session {
        state: SessionState::Held,
        attempts: 1,
        hold,
        meeting: Some(MEETING),
        ..open.clone()
    };
    let cases = [
        ("ended and is not over", Session { ended: Some(at(1)), ..open.clone() }),
        ("ended and is not over", Session { state: SessionState::Expired, ..open.clone() }),
        ("asks nobody", Session { hold, ..open.clone() }),
        ("too early", Session { hold, meeting: Some(MEETING), ..open.clone() }),
        ("or for none", Session { state: SessionState::Held, ..open.clone() }),
        ("without having tried", Session { attempts: 0, ..held.clone() }),
        ("waits for nobody", Session { guests: Vec::new(), ..open.clone() }),
        ("offers a time twice", Session { candidates: vec![at(1), at(1)], ..open.clone() }),
        ("asks somebody twice", Session { guests: vec![guest(1, None), guest(1, None)], ..open }),
        ("names Meeting", held.clone()),
        ("names Hold", held),
    ];
    for (what, session) in cases {
        let found = said(Row::Session(session));
        assert!(found.contains(what), "{what}: {found}");
    }
}
