-- How providers are asked to tell of changes, by scope.

CREATE TABLE watches (
    graph BLOB NOT NULL, scope BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (graph, scope)
) WITHOUT ROWID;
