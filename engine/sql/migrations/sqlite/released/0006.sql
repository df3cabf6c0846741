CREATE TABLE accounts (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE asides (
    graph BLOB NOT NULL, calendar BLOB NOT NULL, object TEXT NOT NULL,
    kind INTEGER NOT NULL, event BLOB, sealed BLOB NOT NULL,
    PRIMARY KEY (graph, calendar, object)
) WITHOUT ROWID;
CREATE TABLE calendars (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE cursors (
    graph BLOB NOT NULL, scope BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, scope)
) WITHOUT ROWID;
CREATE TABLE edges (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE events (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE graphs (
    graph     BLOB    NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL,
    setup     INTEGER NOT NULL,  -- grows with every change of accounts, calendars, edges and the like
    head_seq  INTEGER NOT NULL,
    head_hash BLOB    NOT NULL,
    fence     INTEGER NOT NULL   -- counts the claims of jobs
, moved INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE health (
    graph BLOB NOT NULL, account BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, account)
) WITHOUT ROWID;
CREATE TABLE holds (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE inbox (
    graph BLOB NOT NULL, message BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, message)
) WITHOUT ROWID;
CREATE TABLE jobs (
    graph BLOB NOT NULL, job BLOB NOT NULL, lane BLOB NOT NULL,
    run_at INTEGER NOT NULL, starts INTEGER NOT NULL,
    fence INTEGER NOT NULL, lease_until INTEGER, again INTEGER,
    PRIMARY KEY (graph, job)
) WITHOUT ROWID;
CREATE TABLE journal (
    graph BLOB NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, run BLOB NOT NULL,
    cause TEXT NOT NULL, calendar BLOB, edge BLOB, event BLOB,
    payload_hash BLOB NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (graph, seq)
) WITHOUT ROWID;
CREATE TABLE meetings (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE mirrors (
    graph BLOB NOT NULL, event BLOB NOT NULL, edge BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, event, edge)
) WITHOUT ROWID;
CREATE TABLE objects (
    graph BLOB NOT NULL, calendar BLOB NOT NULL, object TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, calendar, object)
) WITHOUT ROWID;
CREATE TABLE outbox (
    graph BLOB NOT NULL, message BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, message)
) WITHOUT ROWID;
CREATE TABLE parts (
    graph BLOB NOT NULL, event BLOB NOT NULL, edge BLOB NOT NULL, part BLOB NOT NULL,
    calendar BLOB NOT NULL, status INTEGER NOT NULL, gone INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, event, edge, part)
) WITHOUT ROWID;
CREATE TABLE payloads (
    graph BLOB NOT NULL, seq INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (graph, seq)
) WITHOUT ROWID;
CREATE TABLE policies (
    graph BLOB NOT NULL, owner INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, owner)
) WITHOUT ROWID;
CREATE TABLE presences (
    graph BLOB NOT NULL, event BLOB NOT NULL, calendar BLOB NOT NULL,
    gone INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER, body TEXT NOT NULL, parked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (graph, event, calendar)
) WITHOUT ROWID;
CREATE TABLE reviews (
    graph BLOB NOT NULL, calendar BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, calendar)
) WITHOUT ROWID;
CREATE TABLE rules (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE runs (
    graph BLOB NOT NULL, run BLOB NOT NULL, started INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, run)
) WITHOUT ROWID;
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE scratch (
    graph BLOB NOT NULL, calendar BLOB NOT NULL, run BLOB NOT NULL, piece INTEGER NOT NULL,
    at INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (graph, calendar, run, piece)
) WITHOUT ROWID;
CREATE TABLE secrets (
    graph BLOB NOT NULL, account BLOB NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (graph, account)
) WITHOUT ROWID;
CREATE TABLE sessions (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
CREATE TABLE sweeps (
    graph BLOB NOT NULL, edge BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, edge)
) WITHOUT ROWID;
CREATE TABLE watches (
    graph BLOB NOT NULL, scope BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, scope)
) WITHOUT ROWID;
CREATE INDEX asides_by_event ON asides (graph, event) WHERE event IS NOT NULL;
CREATE INDEX asides_by_kind ON asides (graph, kind, calendar, object);
CREATE INDEX graphs_moved ON graphs (moved, graph);
CREATE INDEX jobs_by_lane ON jobs (graph, lane, starts, run_at, job);
CREATE INDEX jobs_leased ON jobs (graph, lane, lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX journal_by_event ON journal (graph, event, seq) WHERE event IS NOT NULL;
CREATE INDEX journal_by_run ON journal (graph, run, seq);
CREATE INDEX mirrors_by_edge ON mirrors (graph, edge, event);
CREATE INDEX parts_gone ON parts (graph, calendar, event) WHERE gone > 0;
CREATE INDEX parts_open ON parts (graph, status, event, edge, part) WHERE status > 0;
CREATE INDEX presences_by_calendar ON presences (graph, calendar, event);
CREATE INDEX presences_by_time ON presences (graph, calendar, starts, event, ends);
CREATE INDEX presences_gone ON presences (graph, calendar, event, gone) WHERE gone > 0;
CREATE INDEX presences_parked ON presences (graph, event, calendar) WHERE parked > 0;
CREATE INDEX runs_by_time ON runs (graph, started, run);
INSERT INTO schema_version (version) VALUES (1);
INSERT INTO schema_version (version) VALUES (2);
INSERT INTO schema_version (version) VALUES (3);
INSERT INTO schema_version (version) VALUES (4);
INSERT INTO schema_version (version) VALUES (5);
INSERT INTO schema_version (version) VALUES (6);
