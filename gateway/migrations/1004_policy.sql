-- A tool's definition as it was approved, and the change that keeps it in quarantine. Rows outlive the server: one that comes
-- back under its name, or is registered with another address, is held to what was approved.
CREATE TABLE gateway_definitions (
    server        TEXT NOT NULL,
    tool          TEXT NOT NULL,
    approved      TEXT NOT NULL,              -- JSON object: the definition as the server sent it
    approved_hash TEXT NOT NULL,
    approved_by   TEXT NOT NULL CHECK (approved_by IN ('first_use', 'operator', 'builtin')),
    approved_at   TEXT NOT NULL,
    changed_hash  TEXT,                       -- the definition offered instead; NULL when there is none
    changed_at    TEXT,                       -- since when
    PRIMARY KEY (server, tool)
) STRICT;

-- Boundaries of level 2, a JSON object; NULL for none.
ALTER TABLE gateway_rules ADD COLUMN boundaries TEXT;

-- For the number of calls in the last hour.
CREATE INDEX gateway_ledger_calls ON gateway_ledger (server, created_at);
