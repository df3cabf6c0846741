-- What a long listing named, while it goes on: no row of the graph, and nothing once it has ended.

CREATE TABLE scratch (
    graph BLOB NOT NULL, calendar BLOB NOT NULL, run BLOB NOT NULL, piece INTEGER NOT NULL,
    at INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (graph, calendar, run, piece)
) WITHOUT ROWID;
