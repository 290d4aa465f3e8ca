-- server | gateway: what it is to the person who registered it.
ALTER TABLE gateway_servers ADD COLUMN kind TEXT NOT NULL DEFAULT 'server';
