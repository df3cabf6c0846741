-- How a person wants to work, what is held until further notice, and searches for a time.

CREATE TABLE rules (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;

CREATE TABLE holds (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;

CREATE TABLE sessions (
    graph BLOB NOT NULL, id BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, id)
) WITHOUT ROWID;
