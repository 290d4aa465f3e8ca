-- Instants are RFC 3339 in UTC with whole seconds, so that text order is time order. Days are ISO dates.
-- zone is the IANA name (or offset) in which the words were spoken.
create table tasks (
    id text primary key,
    text text not null check (length(text) between 1 and 500),
    due_at text,
    due_day text,
    zone text not null,
    created_at text not null,
    done_at text,
    idempotency_key text unique,
    check (due_at is null or due_day is null)
) strict;

create index tasks_open on tasks (created_at) where done_at is null;

-- repeat holds the spoken rule ("every monday at nine a.m."); due_at is its next time.
create table reminders (
    id text primary key,
    text text not null check (length(text) between 1 and 500),
    due_at text not null,
    zone text not null,
    repeat text,
    created_at text not null,
    fired_at text,
    idempotency_key text unique
) strict;

create index reminders_waiting on reminders (due_at) where fired_at is null;
