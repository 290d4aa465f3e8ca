-- Calls that change the calendar, by the key under which each is carried out once. A row is written before the first byte
-- leaves, with all that it takes to find out afterwards whether the change was made, and with the answer that is then given.
create table calendar_calls (
    tool text not null,
    key text not null,
    arguments text not null,
    href text not null,
    change text not null check (change in ('create', 'replace', 'delete')),
    etag text not null,
    text text not null,
    structured text not null,
    done integer not null check (done in (0, 1)),
    began_at text not null,
    primary key (tool, key)
) strict;

create index calendar_calls_age on calendar_calls (began_at);
