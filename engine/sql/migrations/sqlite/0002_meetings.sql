-- Meetings of several graphs, and the messages between them.

CREATE TABLE meetings (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;

-- Messages of commits that were not handed on yet.
CREATE TABLE outbox (
    graph BLOB NOT NULL, message BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, message)
) WITHOUT ROWID;

-- Messages of other graphs that were taken in.
CREATE TABLE inbox (
    graph BLOB NOT NULL, message BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, message)
) WITHOUT ROWID;
