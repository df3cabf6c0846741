//! Rows for cases, made from small numbers.

use kalends_core::cursor::{Asked, ClockWord, Cursor, Health, Released, Review, Run, Verdict};
use kalends_core::event::{Body, Content, Span};
use kalends_core::graph::{
    Account, Calendar, CalendarRole, Capabilities, Edge, EdgeOptions, Lifecycle, Policy,
    PolicyOwner, ScopeKind, Sweep,
};
use kalends_core::ids::{
    AccountId, CalendarId, EdgeId, EventId, GraphId, HoldId, ProviderId, RuleId, RunId, SessionId,
    Version,
};
use kalends_core::mirror::{Mirror, MirrorMode, Part, PartKey, PartRef, PartStatus, Wanted};
use kalends_core::plan::Row;
use kalends_core::presence::{
    Aside, AsideKind, ContentHash, Event, Evidence, Gone, InstanceObject, Presence,
};
use kalends_core::schedule::{Hold, Rule, Session, SessionState, Sought};
use kalends_core::slice::{ObjectRow, Owner};
use kalends_core::time::{Civil, Length, Timestamp, When, Zone};
use kalends_core::watch::Watch;

/// The graph that most cases use.
pub const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
/// Another graph in the same store.
pub const OTHER: GraphId = GraphId::from_bytes([2; 16]);
/// A run.
pub const RUN: RunId = RunId::from_bytes([9; 16]);
/// A time.
pub const AT: Timestamp = Timestamp::from_millis(1_772_355_600_123);

/// The event with this number; ids sort like numbers.
#[must_use]
pub fn event_id(n: u32) -> EventId {
    EventId::from_bytes(bytes(n))
}

/// The calendar with this number.
#[must_use]
pub fn calendar_id(n: u32) -> CalendarId {
    CalendarId::from_bytes(bytes(n))
}

/// The edge with this number.
#[must_use]
pub fn edge_id(n: u32) -> EdgeId {
    EdgeId::from_bytes(bytes(n))
}

/// The account with this number.
#[must_use]
pub fn account_id(n: u32) -> AccountId {
    AccountId::from_bytes(bytes(n))
}

fn bytes(n: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes[15] = 7;
    bytes
}

/// A provider's id.
#[must_use]
pub fn object_id(text: &str) -> ProviderId {
    ProviderId(text.to_owned())
}

/// Evidence of a deletion.
#[must_use]
pub fn gone() -> Gone {
    Gone { run: RUN, at: AT, evidence: Evidence::Tombstone, confirmed: false }
}

/// One row of each kind of the set-up.
#[must_use]
pub fn set_up() -> Vec<Row> {
    vec![
        Row::Account(account(1, "work")),
        Row::Calendar(Calendar {
            id: calendar_id(1),
            account: account_id(1),
            provider_id: Some(object_id("/c/1/")),
            name: "One".to_owned(),
            kind: ScopeKind::Calendar,
            on: true,
            capabilities: Capabilities::default(),
            role: CalendarRole::Theirs,
        }),
        Row::Edge(Edge {
            id: edge_id(1),
            from: calendar_id(1),
            to: calendar_id(2),
            options: EdgeOptions::default(),
            state: Lifecycle::Active,
            pair: None,
        }),
        Row::Policy(PolicyOwner::Person, Policy::default()),
        Row::Policy(PolicyOwner::Organization, Policy { people: false, ..Policy::default() }),
        Row::Sweep(edge_id(1), Sweep::After(Some(event_id(3)))),
        Row::Review(Review {
            calendar: calendar_id(1),
            run: RUN,
            count: 9,
            total: 10,
            verdict: Verdict::Waiting,
            unseen: Some(Asked { count: 7, total: 8, verdict: Verdict::Rejected }),
        }),
        Row::Rule(RuleId::from_bytes([11; 16]), Rule::Notice(3_600_000)),
        Row::Hold(Hold {
            id: HoldId::from_bytes([12; 16]),
            event: event_id(1),
            range: Timestamp::from_millis(0)..Timestamp::from_millis(1),
            expires: Timestamp::from_millis(2),
            meeting: None,
        }),
        Row::Session(session()),
    ]
}

fn session() -> Session {
    let range = Timestamp::from_millis(0)..Timestamp::from_millis(7_200_000);
    Session {
        id: SessionId::from_bytes([13; 16]),
        state: SessionState::Open,
        wish: Sought::between(range, 3_600_000, Zone::utc()),
        title: "we meet".to_owned(),
        guests: Vec::new(),
        candidates: Vec::new(),
        hold: None,
        meeting: None,
        attempts: 0,
        expires: Timestamp::from_millis(9),
        ended: None,
    }
}

/// An account with a name.
#[must_use]
pub fn account(n: u32, name: &str) -> Account {
    Account {
        id: account_id(n),
        provider: "caldav".to_owned(),
        name: name.to_owned(),
        subject: format!("/user/{n}/"),
        makes_calendars: Some(true),
        state: Lifecycle::Active,
    }
}

/// One row of each operational kind.
#[must_use]
pub fn operational() -> Vec<Row> {
    let cursor = Cursor { committed: Some("token".to_owned()), ..Cursor::default() };
    let run = Run {
        id: RUN,
        started: AT,
        read: vec![calendar_id(1).into()],
        searched: vec![account_id(1)],
        released: vec![Released { calendar: calendar_id(1), count: 2 }],
        clock: ClockWord::Agrees,
    };
    let health = Health { needs_sign_in: true, ..Health::default() };
    let watch = Watch { refused: true, heard_at: Some(AT), ..Watch::default() };
    vec![
        Row::Cursor(calendar_id(1).into(), cursor),
        Row::Run(run),
        Row::Health(account_id(1), health),
        Row::Watch(calendar_id(1).into(), watch),
    ]
}

/// The identity of an event.
#[must_use]
pub fn event(n: u32) -> Row {
    Row::Event(Event { id: event_id(n), uid: format!("uid-{n}@example.org") })
}

/// An event in a calendar, an hour long, `n` hours after an hour fixed.
#[must_use]
pub fn presence(n: u32, calendar: u32) -> Presence {
    let start = Civil::from_seconds(1_772_355_600 + 3_600 * i64::from(n));
    let mut content = Content::at(Span {
        start: When::Zoned(start, Zone::utc()),
        length: Length::Exact(3_600),
        end_zone: None,
    });
    content.title = format!("event {n} in {calendar}");
    Presence {
        object: object_id(&format!("/c/{calendar}/{n}.ics")),
        version: Some(Version("\"1\"".to_owned())),
        body: Body::single(content),
        doubts: Vec::new(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    }
}

/// The row of a presence.
#[must_use]
pub fn presence_row(n: u32, calendar: u32) -> Row {
    Row::Presence(event_id(n), calendar_id(calendar), Box::new(presence(n, calendar)))
}

/// As [`presence_row`], with evidence against all of it.
#[must_use]
pub fn presence_gone(n: u32, calendar: u32) -> Row {
    let presence = Presence { gone: Some(gone()), ..presence(n, calendar) };
    Row::Presence(event_id(n), calendar_id(calendar), Box::new(presence))
}

/// As [`presence_row`], with evidence against one instance.
#[must_use]
pub fn instance_gone(n: u32, calendar: u32) -> Row {
    let instance = InstanceObject {
        object: object_id(&format!("/c/{calendar}/{n}-1")),
        version: None,
        original: When::Zoned(Civil::from_seconds(0), Zone::utc()),
        gone: Some(gone()),
    };
    let presence = Presence { instances: vec![instance], ..presence(n, calendar) };
    Row::Presence(event_id(n), calendar_id(calendar), Box::new(presence))
}

/// A mirror of an event under an edge, into calendar 2.
#[must_use]
pub fn mirror(n: u32, edge: u32) -> Row {
    let mirror = Mirror { calendar: calendar_id(2), wanted: Wanted::Yes, mode: MirrorMode::Kept };
    Row::Mirror(event_id(n), edge_id(edge), mirror)
}

/// A part of it.
#[must_use]
pub fn part(n: u32, edge: u32, part: PartKey) -> Row {
    Row::Part(part_ref(n, edge, part), calendar_id(2), part_value())
}

/// As [`part`], with evidence against it.
#[must_use]
pub fn part_gone(n: u32, edge: u32, part: PartKey) -> Row {
    let value = Part { gone: Some(gone()), ..part_value() };
    Row::Part(part_ref(n, edge, part), calendar_id(2), value)
}

/// The key of a part.
#[must_use]
pub fn part_ref(n: u32, edge: u32, part: PartKey) -> PartRef {
    PartRef { event: event_id(n), edge: edge_id(edge), part }
}

/// A part to be written.
#[must_use]
pub fn part_value() -> Part {
    Part {
        generation: 1,
        want: Some(ContentHash([5; 32])),
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status: PartStatus::Due,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts: AT,
        gone: None,
    }
}

/// A stray of an event.
#[must_use]
pub fn stray(n: u32, calendar: u32, object: &str) -> Row {
    aside(
        calendar,
        object,
        AsideKind::Stray {
            event: event_id(n),
            edge: edge_id(1),
            part: PartKey::Whole,
            generation: 0,
            content: ContentHash([6; 32]),
            theirs: false,
        },
    )
}

/// An object set aside.
#[must_use]
pub fn aside(calendar: u32, object: &str, what: AsideKind) -> Row {
    let (calendar, object) = (calendar_id(calendar), object_id(object));
    Row::Aside(Aside { calendar, object, version: None, what })
}

/// The index row of an object of event `n`.
#[must_use]
pub fn object(calendar: u32, object: &str, n: u32) -> Row {
    let row = ObjectRow {
        version: Some(Version(format!("\"{n}\""))),
        owner: Owner::Presence(event_id(n)),
        gone: false,
    };
    Row::Object(calendar_id(calendar), object_id(object), row)
}

/// Everything that can be recorded of an event, in calendars 1 and 2 and under edge 1.
#[must_use]
pub fn whole_event(n: u32) -> Vec<Row> {
    vec![
        event(n),
        presence_row(n, 1),
        presence_row(n, 2),
        mirror(n, 1),
        part(n, 1, PartKey::Whole),
        part(n, 1, PartKey::Override(AT)),
        part(n, 1, PartKey::Single(Timestamp::from_millis(-1))),
        stray(n, 2, &format!("/c/2/stray-{n}")),
        object(1, &format!("/c/1/{n}.ics"), n),
    ]
}
