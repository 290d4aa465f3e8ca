-- origin may be 'connector' as well. SQLite changes a CHECK only with its table; dropping that takes the sign-ins along,
-- so they are put aside and back.
CREATE TABLE gateway_oauth_aside AS SELECT * FROM gateway_oauth;

CREATE TABLE gateway_servers_new (
    name          TEXT PRIMARY KEY NOT NULL,
    id            TEXT NOT NULL UNIQUE,
    url           TEXT NOT NULL,              -- as written: may hold a secret, or env:NAME for one
    description   TEXT NOT NULL,
    category      TEXT,
    headers       TEXT NOT NULL DEFAULT '{}', -- JSON object; values may be secrets, or env:NAME for one
    transport     TEXT NOT NULL,              -- auto | streamable_http | sse | stdio | a2a
    origin        TEXT NOT NULL CHECK (origin IN ('builtin', 'connector', 'user')),
    trusted       INTEGER NOT NULL,
    allow_private INTEGER NOT NULL,
    enabled       INTEGER NOT NULL,
    registered_at TEXT NOT NULL,
    program       TEXT,                       -- JSON, for a server that is a child process
    oauth         TEXT,                       -- JSON, how to sign in to it
    kind          TEXT NOT NULL DEFAULT 'server'
) STRICT;
INSERT INTO gateway_servers_new (name, id, url, description, category, headers, transport, origin, trusted, allow_private,
                                 enabled, registered_at, program, oauth, kind)
    SELECT name, id, url, description, category, headers, transport, origin, trusted, allow_private,
           enabled, registered_at, program, oauth, kind FROM gateway_servers;
DROP TABLE gateway_servers;
ALTER TABLE gateway_servers_new RENAME TO gateway_servers;

DELETE FROM gateway_oauth;
INSERT INTO gateway_oauth SELECT * FROM gateway_oauth_aside;
DROP TABLE gateway_oauth_aside;
