//! What a round asks.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{CalendarId, EventId, GraphId, ProviderId, RunId};
use kalends_core::slice::{
    AnyCalendar, AsidePage, MirrorPage, ObjectRange, PresencePage, ReadSet, TimePage,
};

use super::chunk;
use crate::queries::{JOURNAL_COLUMNS, of_run};
use crate::value::{Statement, Value};

/// How many events a page of evidence holds.
pub(super) const GONE_EVENTS_MAX: u32 = 200;

/// A statement, and what its rows are.
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) statement: Statement,
}

/// What the rows of a statement are.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Graph,
    SetUp,
    PresencePage(PresencePage),
    MirrorPage(MirrorPage),
    Evidence,
    GoneEvents(CalendarId),
    GoneCounts(CalendarId),
    AsidePage(AsidePage),
    Times(TimePage),
    Objects(CalendarId),
    Asides(CalendarId),
    Range(ObjectRange),
    Cursors,
    Runs,
    Health,
    Watches,
    Meetings,
    Received,
    Journal(RunId),
    Entries,
    Events,
    Presences,
    Mirrors,
    Parts,
    Strays,
}

/// All that the read set names.
pub(super) fn named(graph: GraphId, want: &ReadSet) -> Vec<Question> {
    let of = Value::Id(*graph.as_bytes());
    let mut all = vec![Question {
        ask: Ask::Graph,
        statement: Statement::new(
            "SELECT version, setup, head_seq, head_hash FROM graphs WHERE graph = ?1",
            [of.clone()],
        ),
    }];
    all.extend(want.presences.iter().map(|page| presence_page(&of, *page)));
    all.extend(want.mirrors.iter().map(|page| mirror_page(&of, *page)));
    all.extend(want.evidence.iter().map(|AnyCalendar| evidence(&of)));
    all.extend(want.gone.iter().flat_map(|calendar| gone_page(&of, *calendar)));
    all.extend(want.aside_pages.iter().map(|page| aside_page(&of, *page)));
    all.extend(want.times.iter().map(|page| time_page(&of, *page)));
    all.extend(bundles(graph, &want.events));
    all.extend(objects(&of, want));
    all.extend(want.ranges.iter().map(|range| object_range(&of, range)));
    let list = |ask: Ask, head: &str, keys: Vec<Value>| list(&of, ask, (head, ""), keys);
    let ids = want.cursors.iter().map(|id| Value::Id(*id.as_bytes()));
    let head = "SELECT scope, body FROM cursors WHERE graph = ?1 AND scope IN ";
    all.extend(list(Ask::Cursors, head, ids.collect()));
    let ids = want.runs.iter().map(|id| Value::Id(*id.as_bytes()));
    let head = "SELECT run, body FROM runs WHERE graph = ?1 AND run IN ";
    all.extend(list(Ask::Runs, head, ids.collect()));
    let ids = want.health.iter().map(|id| Value::Id(*id.as_bytes()));
    let head = "SELECT account, body FROM health WHERE graph = ?1 AND account IN ";
    all.extend(list(Ask::Health, head, ids.collect()));
    let ids = want.watches.iter().map(|id| Value::Id(*id.as_bytes()));
    let head = "SELECT scope, body FROM watches WHERE graph = ?1 AND scope IN ";
    all.extend(list(Ask::Watches, head, ids.collect()));
    all.extend(meetings(&of, want));
    all.extend(
        want.journal
            .iter()
            .map(|run| Question { ask: Ask::Journal(*run), statement: of_run(graph, *run) }),
    );
    let entries = want.entries.iter().map(|seq| Value::count(*seq)).collect();
    let head = format!("{JOURNAL_COLUMNS} AND journal.seq IN ");
    all.extend(list(Ask::Entries, &head, entries));
    all
}

/// Meetings, and what was taken in of other graphs.
fn meetings(of: &Value, want: &ReadSet) -> Vec<Question> {
    let ids = want.meetings.iter().map(|id| Value::Id(*id.as_bytes())).collect();
    let head = "SELECT id, body FROM meetings WHERE graph = ?1 AND id IN ";
    let mut all = list(of, Ask::Meetings, (head, ""), ids);
    let ids = want.received.iter().map(|id| Value::Id(*id.as_bytes())).collect();
    let head = "SELECT message, body FROM inbox WHERE graph = ?1 AND message IN ";
    all.extend(list(of, Ask::Received, (head, ""), ids));
    all
}

/// All that is recorded of these events.
pub(super) fn bundles(graph: GraphId, events: &BTreeSet<EventId>) -> Vec<Question> {
    const STATEMENTS: [(Ask, &str, &str); 5] = [
        (Ask::Events, "SELECT id, body FROM events WHERE graph = ?1 AND id IN ", ""),
        (
            Ask::Presences,
            "SELECT event, calendar, body FROM presences WHERE graph = ?1 AND event IN ",
            "",
        ),
        (Ask::Mirrors, "SELECT event, edge, body FROM mirrors WHERE graph = ?1 AND event IN ", ""),
        (
            Ask::Parts,
            "SELECT event, edge, part, body FROM parts WHERE graph = ?1 AND event IN ",
            "",
        ),
        (
            Ask::Strays,
            // Without statistics, a long list seems dearer than all that is set aside.
            "SELECT event, calendar, object, sealed FROM asides INDEXED BY asides_by_event \
             WHERE graph = ?1 AND event IN ",
            " AND event IS NOT NULL",
        ),
    ];
    let of = Value::Id(*graph.as_bytes());
    let keys: Vec<Value> = events.iter().map(|id| Value::Id(*id.as_bytes())).collect();
    let of_kind = |(ask, head, tail): (Ask, &str, &str)| list(&of, ask, (head, tail), keys.clone());
    STATEMENTS.into_iter().flat_map(of_kind).collect()
}

/// The set-up, one kind after the other. Some hosts take at most five terms in one statement.
pub(super) fn set_up(graph: GraphId) -> [Question; 3] {
    let made = "SELECT 0, id, body FROM accounts WHERE graph = ?1 \
        UNION ALL SELECT 1, id, body FROM calendars WHERE graph = ?1 \
        UNION ALL SELECT 2, id, body FROM edges WHERE graph = ?1";
    let beside = "SELECT 3, owner, body FROM policies WHERE graph = ?1 \
        UNION ALL SELECT 4, edge, body FROM sweeps WHERE graph = ?1 \
        UNION ALL SELECT 5, calendar, body FROM reviews WHERE graph = ?1";
    let planned = "SELECT 6, id, body FROM rules WHERE graph = ?1 \
        UNION ALL SELECT 7, id, body FROM holds WHERE graph = ?1 \
        UNION ALL SELECT 8, id, body FROM sessions WHERE graph = ?1";
    [made, beside, planned].map(|sql| Question {
        ask: Ask::SetUp,
        statement: Statement::new(sql, [Value::Id(*graph.as_bytes())]),
    })
}

/// By calendar, as the index over time is.
fn time_page(of: &Value, page: TimePage) -> Question {
    let statement = Statement::new(
        "SELECT presences.event FROM calendars CROSS JOIN presences \
         ON presences.graph = calendars.graph AND presences.calendar = calendars.id \
         WHERE calendars.graph = ?1 AND presences.starts < ?3 \
         AND (presences.ends IS NULL OR presences.ends >= ?2)",
        [of.clone(), Value::millis(page.from), Value::millis(page.to)],
    );
    Question { ask: Ask::Times(page), statement }
}

fn presence_page(of: &Value, page: PresencePage) -> Question {
    let statement = Statement::new(
        "SELECT event FROM presences WHERE graph = ?1 AND calendar = ?2 AND event > ?3 \
         ORDER BY event LIMIT ?4",
        [
            of.clone(),
            Value::Id(*page.calendar.as_bytes()),
            after(page.after),
            Value::Integer(i64::from(page.limit) + 1),
        ],
    );
    Question { ask: Ask::PresencePage(page), statement }
}

fn mirror_page(of: &Value, page: MirrorPage) -> Question {
    let statement = Statement::new(
        "SELECT event FROM mirrors WHERE graph = ?1 AND edge = ?2 AND event > ?3 \
         ORDER BY event LIMIT ?4",
        [
            of.clone(),
            Value::Id(*page.edge.as_bytes()),
            after(page.after),
            Value::Integer(i64::from(page.limit) + 1),
        ],
    );
    Question { ask: Ask::MirrorPage(page), statement }
}

/// Bytes of any length sort after none.
fn after(event: Option<EventId>) -> Value {
    event.map_or(Value::Blob(Vec::new()), |event| Value::Id(*event.as_bytes()))
}

fn aside_page(of: &Value, page: AsidePage) -> Question {
    let statement = Statement::new(
        "SELECT object FROM asides WHERE graph = ?1 AND calendar = ?2 AND event IS NULL \
         ORDER BY object LIMIT ?3",
        [of.clone(), Value::Id(*page.calendar.as_bytes()), Value::Integer(page.limit.into())],
    );
    Question { ask: Ask::AsidePage(page), statement }
}

/// By the indexes that hold evidence alone: at rest they hold nothing.
fn evidence(of: &Value) -> Question {
    let statement = Statement::new(
        "SELECT calendar FROM presences WHERE graph = ?1 AND gone > 0 \
         UNION SELECT calendar FROM parts WHERE graph = ?1 AND gone > 0",
        [of.clone()],
    );
    Question { ask: Ask::Evidence, statement }
}

fn gone_page(of: &Value, calendar: CalendarId) -> [Question; 2] {
    let id = Value::Id(*calendar.as_bytes());
    let events = Statement::new(
        "SELECT event FROM presences WHERE graph = ?1 AND calendar = ?2 AND gone > 0 \
         UNION SELECT event FROM parts WHERE graph = ?1 AND calendar = ?2 AND gone > 0 \
         ORDER BY event LIMIT ?3",
        [of.clone(), id.clone(), Value::Integer(i64::from(GONE_EVENTS_MAX) + 1)],
    );
    let counts = Statement::new(
        "SELECT (SELECT count(*) FROM presences \
             WHERE graph = ?1 AND calendar = ?2 AND gone > 0 AND gone = 2), \
         (SELECT count(DISTINCT event) FROM parts \
             WHERE graph = ?1 AND calendar = ?2 AND gone > 0), \
         (SELECT count(*) FROM presences WHERE graph = ?1 AND calendar = ?2)",
        [of.clone(), id],
    );
    [
        Question { ask: Ask::GoneEvents(calendar), statement: events },
        Question { ask: Ask::GoneCounts(calendar), statement: counts },
    ]
}

fn objects(of: &Value, want: &ReadSet) -> Vec<Question> {
    let mut by_calendar: BTreeMap<CalendarId, Vec<&ProviderId>> = BTreeMap::new();
    for (calendar, object) in &want.objects {
        by_calendar.entry(*calendar).or_default().push(object);
    }
    let mut all = Vec::new();
    for (calendar, objects) in by_calendar {
        let first = [of.clone(), Value::Id(*calendar.as_bytes())];
        let mut push = |ask: Ask, head: &str| {
            let keys = objects.iter().map(|object| Value::Text(object.0.clone()));
            let statements = chunk::statements((head, ""), &first, keys);
            all.extend(
                statements.into_iter().map(|statement| Question { ask: ask.clone(), statement }),
            );
        };
        push(
            Ask::Objects(calendar),
            "SELECT object, body FROM objects WHERE graph = ?1 AND calendar = ?2 AND object IN ",
        );
        push(
            Ask::Asides(calendar),
            "SELECT object, sealed FROM asides WHERE graph = ?1 AND calendar = ?2 AND object IN ",
        );
    }
    all
}

/// Text sorts by its bytes, as it does in the core.
fn object_range(of: &Value, range: &ObjectRange) -> Question {
    let text =
        |id: &Option<ProviderId>| id.as_ref().map_or(Value::Null, |id| Value::Text(id.0.clone()));
    let mut args = vec![of.clone(), Value::Id(*range.calendar.as_bytes())];
    args.extend([&range.after, &range.until].into_iter().filter(|id| id.is_some()).map(text));
    args.push(Value::Integer(range.limit.into()));
    let sql = match (&range.after, &range.until) {
        (None, None) => {
            "SELECT object, body FROM objects WHERE graph = ?1 AND calendar = ?2 \
             ORDER BY object LIMIT ?3"
        }
        (Some(_), None) => {
            "SELECT object, body FROM objects WHERE graph = ?1 AND calendar = ?2 \
             AND object > ?3 ORDER BY object LIMIT ?4"
        }
        (None, Some(_)) => {
            "SELECT object, body FROM objects WHERE graph = ?1 AND calendar = ?2 \
             AND object <= ?3 ORDER BY object LIMIT ?4"
        }
        (Some(_), Some(_)) => {
            "SELECT object, body FROM objects WHERE graph = ?1 AND calendar = ?2 \
             AND object > ?3 AND object <= ?4 ORDER BY object LIMIT ?5"
        }
    };
    Question { ask: Ask::Range(range.clone()), statement: Statement::new(sql, args) }
}

fn list(of: &Value, ask: Ask, sql: (&str, &str), keys: Vec<Value>) -> Vec<Question> {
    let statements = chunk::statements(sql, std::slice::from_ref(of), keys.into_iter());
    statements.into_iter().map(|statement| Question { ask: ask.clone(), statement }).collect()
}
