//! Every statement holds the limits of every SQLite, and finds its rows by an index.

use super::common::{Disk, vault};
use kalends_core::ids::{MeetingId, ProviderId, ScopeId};
use kalends_core::journal::{Cause, CauseKind, Entry, Head, Payload};
use kalends_core::mirror::PartKey;
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::ports::Claim;
use kalends_core::scratch::{Pad, Piece, Waste};
use kalends_core::slice::{
    AnyCalendar, AsidePage, GraphVersion, MirrorPage, ObjectRange, PresencePage, ReadSet, TimePage,
};
use kalends_core::wire;
use kalends_sql::queries::{
    ActedPage, AsideFilter, AsidesPage, CountsOf, EntriesOf, EntriesPage, EventsPage, HeadsPage,
    HeldByCalendar, JournalFilter, JournalPage, LeftIn, OpenByCalendar, ParkedOriginsPage,
    PartFilter, PartsPage, PresencesPage, Query as _, Recorded, RecordedPage, RunsPage, Stirred,
};
use kalends_sql::{
    INTEGER_MAX, Loader, PARAMETERS_MAX, Statement, VALUE_BYTES_MAX, Value, commit, create_graph,
    delete_secret, get_secret, graph_exists, list_graphs, list_secrets, outbox, put_secret, queue,
    scratch,
};
use kalends_testkit::contract::outbox::{message, met};
use kalends_testkit::contract::queue::job;
use kalends_testkit::contract::rows::{
    AT, GRAPH, RUN, account_id, calendar_id, edge_id, event_id, operational, part_ref, set_up,
    whole_event,
};
use rusqlite::Connection;
use rusqlite::limits::Limit;

#[test]
fn no_statement_goes_beyond_what_every_sqlite_takes() {
    for Statement { sql, args } in all() {
        assert!(args.len() <= PARAMETERS_MAX, "{} parameters: {sql}", args.len());
        assert!(sql.contains(&format!("?{}", args.len())), "{} arguments: {sql}", args.len());
        for word in ["BEGIN", "SAVEPOINT", "TEMP", "PRAGMA", "last_insert_rowid", "ATTACH"] {
            assert!(!sql.to_uppercase().contains(&word.to_uppercase()), "{word}: {sql}");
        }
        for arg in args {
            match arg {
                Value::Integer(integer) => assert!(integer.abs() <= INTEGER_MAX, "{sql}"),
                Value::Text(text) => assert!(text.len() <= VALUE_BYTES_MAX, "{sql}"),
                Value::Blob(bytes) => assert!(bytes.len() <= VALUE_BYTES_MAX, "{sql}"),
                Value::Null | Value::Id(_) => {}
            }
        }
    }
}

/// Catches a statement that the SQLite of another host refuses to compile.
#[test]
fn every_statement_compiles_under_the_limits_of_the_narrowest_host() {
    let disk = Disk::new();
    let connection = limited(&disk);
    for Statement { sql, .. } in all() {
        connection.prepare(&sql).map(drop).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

#[test]
fn a_commit_prepares_a_statement_once_however_many_rows_it_puts() {
    let rows = |events: u32| -> Vec<Change> {
        let rows = (1..=events).flat_map(whole_event);
        rows.map(|row| {
            let form = wire::encode(&row);
            Change::Put(row, form)
        })
        .collect()
    };
    let prepared = |events: u32| {
        let plan = Plan { changes: rows(events), ..Plan::default() };
        let writes = commit(GRAPH, GraphVersion(0), &plan, &*vault()).unwrap().writes;
        assert_eq!(writes.len(), plan.changes.len());
        writes.chunk_by(|a, b| a.sql == b.sql).count()
    };
    assert_eq!(prepared(50), prepared(1));
}

/// A statement costs a host that is far from its database more than a row does.
#[test]
fn a_commit_writes_its_entries_many_a_statement() {
    let plan = Plan { entries: entries(375), ..Plan::default() };
    let writes = commit(GRAPH, GraphVersion(0), &plan, &*vault()).unwrap().writes;
    assert_eq!(writes.len(), 46);
    assert!(writes.chunk_by(|a, b| a.sql == b.sql).count() <= 7, "few texts to prepare");
    let disk = Disk::new();
    let connection = limited(&disk);
    for Statement { sql, args } in &writes {
        let args = args.iter().map(|value| match value {
            Value::Null => rusqlite::types::Value::Null,
            Value::Integer(integer) => (*integer).into(),
            Value::Text(text) => text.clone().into(),
            Value::Blob(bytes) => bytes.clone().into(),
            Value::Id(bytes) => bytes.to_vec().into(),
        });
        connection.execute(sql, rusqlite::params_from_iter(args)).unwrap();
    }
    let written =
        "SELECT count(DISTINCT journal.seq) FROM journal JOIN payloads USING (graph, seq)";
    assert_eq!(connection.query_row(written, [], |row| row.get::<_, u32>(0)).unwrap(), 375);
}

#[test]
fn no_statement_reads_a_whole_table_or_sorts_one() {
    let disk = Disk::new();
    let connection = limited(&disk);
    for statement in all() {
        let plan = explain(&connection, &statement);
        let lists_all = statement.sql.contains("FROM jobs WHERE graph = ?1 AND (lease_until");
        let unites = statement.sql.contains("UNION SELECT");
        // What is open is no whole table.
        let counts_open = statement.sql.contains("status > 0 GROUP BY calendar");
        for step in plan.lines() {
            let is_given = step.contains("CONSTANT") || step.contains("ROW VALUES CLAUSE");
            // What the statement itself has gathered so far.
            let is_own = ["lanes", "found"].iter().any(|name| step.contains(name));
            let scans = step.starts_with("SCAN ") && !is_own && !is_given;
            let sorts = step.contains("TEMP B-TREE") && !is_own;
            let sorts = sorts
                && !lists_all
                && !unites
                && !counts_open
                && !statement.sql.contains("WITH RECURSIVE");
            assert!(!scans && !sorts, "{step}\n{plan}\n{}", statement.sql);
            assert!(!step.contains("AUTOMATIC"), "{step}: {}", statement.sql);
        }
        let by_graph = plan.lines().filter(|step| step.starts_with("SEARCH"));
        for step in by_graph {
            let lists_graphs = step.contains("graphs USING PRIMARY KEY (graph>?)");
            // The last move of any graph, and what moved behind it: both at the end of an index.
            let moves = step.contains("graphs USING COVERING INDEX graphs_moved")
                || step.contains("graphs USING INDEX graphs_moved ((moved,graph)>(?,?))");
            let is_found = step.contains("(graph=") || lists_graphs || moves;
            assert!(is_found, "{step}: {}", statement.sql);
        }
    }
}

#[test]
fn keys_are_looked_up_as_a_whole() {
    let disk = Disk::new();
    let connection = limited(&disk);
    let want = |head: &str, step: &str| {
        let statement = all().into_iter().find(|found| found.sql.starts_with(head)).unwrap();
        let plan = explain(&connection, &statement);
        assert!(plan.contains(step), "{plan}\n{}", statement.sql);
    };
    want("SELECT event, calendar, body FROM presences", "(graph=? AND event=?)");
    want(
        "SELECT event, calendar, object, sealed FROM asides",
        "asides_by_event (graph=? AND event=?)",
    );
    want("SELECT object, body FROM objects", "(graph=? AND calendar=? AND object=?)");
    want(
        "SELECT event, starts, body",
        "presences_by_time (graph=? AND calendar=? AND (starts,event)>(?,?) AND starts<?)",
    );
    want("SELECT (SELECT count(*) FROM presences", "COVERING INDEX presences_gone");
    want("SELECT calendar FROM presences", "presences USING COVERING INDEX presences_gone");
    want("SELECT calendar FROM presences", "parts USING INDEX parts_gone (graph=?)");
    want(
        "SELECT event FROM mirrors",
        "COVERING INDEX mirrors_by_edge (graph=? AND edge=? AND event>?)",
    );
    want("SELECT object FROM asides", "PRIMARY KEY (graph=? AND calendar=?)");
    want("WITH RECURSIVE", "jobs_by_lane (graph=? AND lane=?");
}

/// Catches a glance at every graph that costs as much as they hold.
#[test]
fn what_is_left_to_do_is_counted_without_what_is_done() {
    let disk = Disk::new();
    let connection = limited(&disk);
    let plan = explain(&connection, &LeftIn { graph: GRAPH }.statement());
    let found = plan.lines().filter(|step| step.starts_with("SEARCH"));
    let by = [
        "presences USING COVERING INDEX presences_gone",
        "parts USING COVERING INDEX parts_open (graph=? AND status>",
        "parts USING COVERING INDEX parts_open (graph=? AND status=",
        "asides USING COVERING INDEX asides_by_kind (graph=? AND kind=?)",
        "jobs USING",
    ];
    for (step, by) in found.zip(by) {
        assert!(step.contains(by), "{by}\n{plan}");
    }
    assert_eq!(plan.lines().filter(|step| step.starts_with("SEARCH")).count(), by.len(), "{plan}");
}

#[test]
fn a_row_that_no_store_takes_is_refused_before_anything_is_written() {
    let mut row = kalends_testkit::contract::rows::presence(1, 1);
    row.body.content.description = "x".repeat(2_000_000);
    let row = Row::Presence(event_id(1), calendar_id(1), Box::new(row));
    let plan = super::common::plan([row]);
    let refused = commit(GRAPH, GraphVersion(0), &plan, &*vault());
    assert!(refused.is_err_and(|error| error.to_string().contains("too large")));
}

/// A database with the limits of the narrowest host, which are those of Durable Objects.
fn limited(disk: &Disk) -> Connection {
    drop(disk.open());
    let connection = Connection::open(disk.path()).unwrap();
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    ] {
        connection.set_limit(limit, most).unwrap();
    }
    connection
}

fn explain(connection: &Connection, statement: &Statement) -> String {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    let nulls = statement.args.iter().map(|_| rusqlite::types::Null);
    let steps = explain
        .query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3))
        .unwrap();
    steps.map(|step| step.unwrap() + "\n").collect()
}

/// Every statement that this crate can make.
fn all() -> Vec<Statement> {
    let mut all = Vec::new();
    let mut loader = Loader::new(GRAPH, everything(), None);
    while let Some(statements) = loader.next_round() {
        let mut results = vec![Vec::new(); statements.len()];
        results[0] = vec![vec![
            Value::Integer(0),
            Value::Integer(1),
            Value::Integer(0),
            Value::Blob(vec![0; 32]),
        ]];
        let first_round = statements[0].sql.contains("FROM graphs");
        if !first_round {
            results[0].clear();
        }
        all.extend(statements);
        for rows in results {
            loader.feed(rows, &*vault()).unwrap();
        }
    }
    let commit = commit(GRAPH, GraphVersion(0), &large_plan(), &*vault()).unwrap();
    all.push(commit.check);
    all.extend(commit.writes);
    all.extend(of_queue());
    all.extend(of_outbox());
    all.extend(of_scratch());
    all.extend(of_queries());
    all.extend([
        create_graph(GRAPH),
        graph_exists(GRAPH),
        list_graphs(None, 9),
        get_secret(GRAPH, account_id(1)),
        list_secrets(GRAPH),
        delete_secret(GRAPH, account_id(1)),
        put_secret(GRAPH, account_id(1), b"x", &*vault()).unwrap(),
    ]);
    all
}

fn everything() -> ReadSet {
    let id = |text: &str| Some(ProviderId(text.to_owned()));
    let range = |after, until| ObjectRange { calendar: calendar_id(1), after, until, limit: 9 };
    let page = PresencePage { calendar: calendar_id(1), after: None, limit: 9 };
    let of_edge = MirrorPage { edge: edge_id(1), after: Some(event_id(1)), limit: u32::MAX };
    ReadSet {
        events: (0..250).map(event_id).collect(),
        objects: (0..150).map(|n| (calendar_id(n % 2), ProviderId(n.to_string()))).collect(),
        ranges: [
            range(None, None),
            range(id("a"), None),
            range(None, id("b")),
            range(id("a"), id("b")),
        ]
        .into(),
        presences: [page].into(),
        mirrors: [of_edge].into(),
        evidence: [AnyCalendar].into(),
        gone: [calendar_id(1)].into(),
        aside_pages: [AsidePage { calendar: calendar_id(1), limit: 9 }].into(),
        times: [TimePage { from: AT, to: AT }].into(),
        cursors: (0..5).map(|n| ScopeId::from(calendar_id(n))).collect(),
        runs: [RUN].into(),
        health: [account_id(1)].into(),
        watches: (0..5).map(|n| ScopeId::from(calendar_id(n))).collect(),
        meetings: (0..101).map(|n| MeetingId::from_bytes(*event_id(n).as_bytes())).collect(),
        received: (0..101).map(|n| message(n).id).collect(),
        journal: [RUN].into(),
        entries: (0..101).collect(),
    }
}

fn large_plan() -> Plan {
    let rows = [set_up(), operational(), met(), whole_event(1)].concat();
    let keys: Vec<_> = rows.iter().map(Row::key).collect();
    let put = |row: Row| {
        let form = wire::encode(&row);
        Change::Put(row, form)
    };
    let changes = rows.into_iter().map(put).chain(keys.into_iter().map(Change::Delete)).collect();
    let forever = kalends_core::plan::Job {
        run_at: kalends_core::time::Timestamp::MIN,
        starts: kalends_core::time::Timestamp::MAX,
        ..job(1, 1)
    };
    Plan {
        changes,
        entries: entries(60),
        jobs: vec![forever],
        messages: (0..5).map(message).collect(),
        ..Plan::default()
    }
}

fn entries(count: usize) -> Vec<(Entry, Payload)> {
    let mut head = Head::default();
    let entry = || {
        let payload = Payload(b"[]".to_vec());
        let cause = Cause::of(CauseKind::Seen);
        let entry = Entry::after(head, (AT, RUN), cause, None, &payload);
        head = entry.head();
        (entry, payload)
    };
    std::iter::repeat_with(entry).take(count).collect()
}

fn of_queue() -> Vec<Statement> {
    let claim = Claim { job: job(1, 1), fence: 1 };
    let fences = vec![vec![Value::Integer(1)]];
    let (_, leases) = queue::lease(GRAPH, vec![job(1, 1)], fences, AT).unwrap();
    let mut all = vec![queue::due(GRAPH, AT, 9), queue::fences(GRAPH, 1), queue::next_due(GRAPH)];
    all.extend(leases);
    all.extend(queue::finish(GRAPH, &claim, Some(AT)));
    all
}

fn of_scratch() -> Vec<Statement> {
    let pad = Pad { calendar: calendar_id(1), run: RUN };
    let piece = Piece { number: u32::MAX, at: AT, bytes: vec![0; VALUE_BYTES_MAX] };
    vec![
        scratch::put_down(GRAPH, pad, piece).unwrap(),
        scratch::pick_up(GRAPH, pad, 1),
        scratch::throw_away(GRAPH, Waste::Pad(pad)),
        scratch::throw_away(GRAPH, Waste::Before(AT)),
    ]
}

fn of_outbox() -> Vec<Statement> {
    let ids: Vec<_> = (0..250).map(|n| message(n).id).collect();
    let mut all = outbox::sent(GRAPH, &ids);
    all.extend([outbox::waiting(GRAPH, None, 9), outbox::waiting(GRAPH, Some(ids[0]), 9)]);
    all
}

fn of_queries() -> Vec<Statement> {
    let journal = |filter| JournalPage { graph: GRAPH, filter, after: 1, limit: 9 }.statement();
    let after = Some(part_ref(1, 1, PartKey::Whole));
    let recorded = |of| RecordedPage { graph: GRAPH, of, after: None, limit: 9 }.statement();
    let mut all = vec![
        journal(JournalFilter::All),
        journal(JournalFilter::Event(event_id(1))),
        journal(JournalFilter::Run(RUN)),
        EntriesPage { graph: GRAPH, of: EntriesOf::After(1), limit: 9 }.statement(),
        EntriesPage { graph: GRAPH, of: EntriesOf::Run(RUN), limit: 9 }.statement(),
        EntriesPage { graph: GRAPH, of: EntriesOf::AuthoredAfter(1), limit: 9 }.statement(),
        PartsPage { graph: GRAPH, filter: PartFilter::Parked, after, limit: 9 }.statement(),
        AsidesPage { graph: GRAPH, filter: AsideFilter::Stray, after: None, limit: 9 }.statement(),
        RunsPage { graph: GRAPH, before: None, limit: 9 }.statement(),
        ActedPage { graph: GRAPH, before: None, limit: 9 }.statement(),
        EventsPage { graph: GRAPH, after: None, limit: 9 }.statement(),
        CountsOf { graph: GRAPH }.statement(),
        LeftIn { graph: GRAPH }.statement(),
        HeldByCalendar { graph: GRAPH }.statement(),
        OpenByCalendar { graph: GRAPH }.statement(),
        HeadsPage { after: None, limit: 9 }.statement(),
        Stirred { graph: GRAPH, after: 1 }.statement(),
        ParkedOriginsPage { graph: GRAPH, after: None, limit: 9 }.statement(),
        PresencesPage {
            graph: GRAPH,
            calendar: calendar_id(1),
            from: AT,
            to: AT,
            after: None,
            limit: 9,
        }
        .statement(),
    ];
    all.extend(Recorded::ALL.map(recorded));
    all
}
