-- For a server that is a child process: {"command", "args", "env"}, whose values may be secrets, or env:NAME for one.
-- Such a server has '' as its url.
ALTER TABLE gateway_servers ADD COLUMN program TEXT;
