-- Devices that were paired, to use the ports from elsewhere than this machine. Their tokens are kept as hashes only.
CREATE TABLE devices (
    id           TEXT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL,           -- words with commas: talk,approve,register,admin
    token_sha256 BLOB NOT NULL UNIQUE,
    paired_at    TEXT NOT NULL,
    last_seen_at TEXT NOT NULL            -- to the hour
) STRICT;
