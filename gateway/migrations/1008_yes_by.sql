-- How a yes has to be given where the rule asks; NULL where the rule doesn't say.
ALTER TABLE gateway_rules ADD COLUMN approve TEXT CHECK (approve IN ('any', 'screen', 'voice', 'pin'));

-- The PIN, as PBKDF2-HMAC-SHA256 of it. One row or none.
CREATE TABLE gateway_pin_code (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    salt   BLOB NOT NULL,
    rounds INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    set_at TEXT NOT NULL
) STRICT;
