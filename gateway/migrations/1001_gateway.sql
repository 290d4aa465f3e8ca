-- Times are UTC, RFC 3339 with microseconds, so that text order is time order.

CREATE TABLE gateway_servers (
    name          TEXT PRIMARY KEY NOT NULL,
    id            TEXT NOT NULL UNIQUE,
    url           TEXT NOT NULL,              -- as written: may hold a secret, or env:NAME for one
    description   TEXT NOT NULL,
    category      TEXT,
    headers       TEXT NOT NULL DEFAULT '{}', -- JSON object; values may be secrets, or env:NAME for one
    transport     TEXT NOT NULL,              -- auto | streamable_http
    origin        TEXT NOT NULL CHECK (origin IN ('builtin', 'user')),
    trusted       INTEGER NOT NULL,
    allow_private INTEGER NOT NULL,
    enabled       INTEGER NOT NULL,
    registered_at TEXT NOT NULL
) STRICT;

-- One row for each action; '' stands for every persona and for every action.
CREATE TABLE gateway_rules (
    persona TEXT NOT NULL,
    server  TEXT NOT NULL,
    action  TEXT NOT NULL,
    level   INTEGER NOT NULL CHECK (level BETWEEN 0 AND 2),
    set_at  TEXT NOT NULL,
    PRIMARY KEY (persona, server, action)
) STRICT;

-- What the operator says a tool does, for the definition it had then.
CREATE TABLE gateway_pins (
    server    TEXT NOT NULL,
    tool      TEXT NOT NULL,
    class     TEXT NOT NULL,
    tool_hash TEXT NOT NULL,
    set_at    TEXT NOT NULL,
    PRIMARY KEY (server, tool)
) STRICT;

-- Arguments are kept in memory only; here stands their hash.
CREATE TABLE gateway_approvals (
    id               TEXT PRIMARY KEY NOT NULL,
    entry            TEXT NOT NULL UNIQUE REFERENCES gateway_ledger (id),
    persona          TEXT NOT NULL,
    session          TEXT NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    tool_hash        TEXT NOT NULL,
    arguments_sha256 TEXT NOT NULL,
    by_voice         INTEGER NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired')),
    decided_by       TEXT,
    asked_at         TEXT NOT NULL,
    expires_at       TEXT NOT NULL,
    decided_at       TEXT
) STRICT;
CREATE INDEX gateway_approvals_pending ON gateway_approvals (state) WHERE state = 'pending';

CREATE TABLE gateway_ledger (
    id               TEXT PRIMARY KEY NOT NULL,
    persona          TEXT NOT NULL,
    session          TEXT NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    class            TEXT NOT NULL,
    level            INTEGER NOT NULL,
    rule             TEXT NOT NULL,
    decided_by       TEXT,
    arguments_sha256 TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN
                         ('proposed', 'denied', 'expired', 'approved', 'dispatching', 'succeeded', 'failed', 'unknown')),
    reason           TEXT,
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL
) STRICT;
CREATE INDEX gateway_ledger_open ON gateway_ledger (state) WHERE state IN ('proposed', 'approved', 'dispatching');

-- Append-only; hash covers the hash of the row before and every column of this one.
CREATE TABLE gateway_audit (
    seq              INTEGER PRIMARY KEY NOT NULL,
    entry            TEXT NOT NULL,
    at               TEXT NOT NULL,
    session          TEXT NOT NULL,
    persona          TEXT NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    class            TEXT NOT NULL,
    level            INTEGER NOT NULL,
    rule             TEXT NOT NULL,
    decision         TEXT NOT NULL,
    decided_by       TEXT NOT NULL,
    arguments_sha256 TEXT NOT NULL,
    state            TEXT NOT NULL,
    summary          TEXT NOT NULL,
    previous         TEXT NOT NULL,
    hash             TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX gateway_audit_entry ON gateway_audit (entry, seq);
CREATE INDEX gateway_audit_at ON gateway_audit (at);

CREATE TRIGGER gateway_audit_no_update BEFORE UPDATE ON gateway_audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER gateway_audit_no_delete BEFORE DELETE ON gateway_audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
