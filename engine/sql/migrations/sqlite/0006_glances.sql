-- What is asked for at each glance, found without a look at all rows.

-- moved: grows with every commit of any graph of the file, so that those that moved since are found
ALTER TABLE graphs ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
CREATE INDEX graphs_moved ON graphs (moved, graph);

-- parked: 1 with a change of an origin that is tried no more
ALTER TABLE presences ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
UPDATE presences SET parked = 1 WHERE json_extract(body, '$.p.p') IS NOT NULL;
CREATE INDEX presences_parked ON presences (graph, event, calendar) WHERE parked > 0;
