-- How to sign in to a server, as registered: JSON; client_secret may be a secret, or env:NAME for one.
ALTER TABLE gateway_servers ADD COLUMN oauth TEXT;

-- What signing in brought. Everything but issuer and redirect_uri is a secret. Gone with its server.
CREATE TABLE gateway_oauth (
    server_id     TEXT PRIMARY KEY NOT NULL REFERENCES gateway_servers (id) ON DELETE CASCADE,
    issuer        TEXT,  -- the authorization server that knows the client
    client_id     TEXT,
    client_secret TEXT,
    redirect_uri  TEXT,
    credentials   TEXT,  -- JSON: tokens, when they came, their scopes and their issuer
    updated_at    TEXT NOT NULL
) STRICT;
