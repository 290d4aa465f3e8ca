-- Instants are RFC 3339 in UTC with whole seconds, so that text order is time order. A person is known by the digits of their
-- number (E.164 without the plus), or by the id that WhatsApp gives for a number that is hidden.
create table whatsapp_people (
    person text primary key,
    -- What they call themselves: other people's words.
    name text,
    -- When the last message of theirs was written; they may be written to freely for 24 hours from then on.
    heard_at text,
    seen_at text not null
) strict;

-- Other ids of a person: the one beside a number, and a number as it was dialled where WhatsApp knows it by other digits.
create table whatsapp_aliases (
    alias text primary key,
    person text not null
) strict;

-- id is our own and travels with what is sent, so that a webhook can say what became of it; wamid is WhatsApp's. What is on
-- its way is sending, and unknown once nobody waits for its answer any more. call_key is the idempotency key of the call
-- that sends, call_arguments what it was asked, so that the same key never sends twice.
create table whatsapp_messages (
    id text primary key,
    wamid text unique,
    person text not null,
    direction text not null check (direction in ('in', 'out')),
    text text not null,
    at text not null,
    standing text not null check (
        standing in ('unread', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'read', 'failed')
    ),
    trouble text,
    call_key text unique,
    call_arguments text
) strict;

create index whatsapp_messages_at on whatsapp_messages (at);
create index whatsapp_messages_person on whatsapp_messages (person, at);

create table whatsapp_calls (
    key text primary key,
    tool text not null,
    arguments text not null,
    text text not null,
    structured text not null,
    answered_at text not null
) strict;
