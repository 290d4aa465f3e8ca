-- rrule is the value of an RFC 5545 RRULE and starts_local the wall time (in zone) from which its series goes on, the
-- one behind due_at; repeat keeps the words. A row with repeat and without rrule is read by its words.
alter table reminders add column rrule text;
alter table reminders add column starts_local text;

-- The lease on telling a due reminder: whoever holds it tells, nobody else does until it ends.
alter table reminders add column claimed_by text;
alter table reminders add column claimed_until text;

-- starts_at and ends_at are of the first time, ends_at itself not included. An entry has a length in minutes, or is for
-- whole days.
create table schedule_entries (
    id text primary key,
    title text not null check (length(title) between 1 and 500),
    location text,
    starts_local text not null,
    zone text not null,
    starts_at text not null,
    ends_at text not null,
    minutes integer,
    days integer,
    rrule text,
    repeat text,
    created_at text not null,
    check ((minutes is null) <> (days is null)),
    check (ends_at > starts_at)
) strict;

create index schedule_entries_once on schedule_entries (starts_at) where rrule is null;

-- What a call with an idempotency key was answered, written with the change it made.
create table answered_calls (
    tool text not null,
    key text not null,
    arguments text not null,
    text text not null,
    structured text not null,
    answered_at text not null,
    primary key (tool, key)
) strict;

create index answered_calls_age on answered_calls (answered_at);
