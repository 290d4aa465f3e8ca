-- Idempotency keys: of all proposals with one key one runs, and its outcome is kept for a day.
CREATE TABLE gateway_keys (
    persona          TEXT NOT NULL,
    key              TEXT NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    arguments_sha256 TEXT NOT NULL,   -- as first proposed: what ran may have been changed by whoever was asked
    entry            TEXT NOT NULL,   -- the call in gateway_ledger that says how far it came
    outcome          TEXT,            -- how it ended, JSON, once the server has answered
    created_at       TEXT NOT NULL,
    PRIMARY KEY (persona, key)
) STRICT;
CREATE INDEX gateway_keys_age ON gateway_keys (created_at);
