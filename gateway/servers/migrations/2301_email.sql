-- Calls of the mail connector that carry an idempotency key. A row stands from before a message is handed over: state
-- 'going' says that it may or may not have gone out, 'done' holds what was answered. What was written is not kept, only the
-- hash of the arguments.
create table email_calls (
    tool text not null,
    key text not null,
    arguments_sha256 text not null,
    state text not null check (state in ('going', 'done')),
    message_id text,
    text text,
    structured text,
    at text not null,
    primary key (tool, key)
) strict;

create index email_calls_age on email_calls (at);
