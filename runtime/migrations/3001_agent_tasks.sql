-- Tasks of the A2A agents. task is the whole task in the JSON of A2A 1.0; the other columns repeat of it what is searched.
-- updated_at is the time of its status and created_at that of its first message, both in microseconds since 1970.
create table agent_tasks (
    agent text not null,
    id text not null,
    context text not null,
    state text not null,
    created_at integer not null,
    updated_at integer not null,
    version integer not null,
    task text not null,
    primary key (agent, id)
) strict;

create index agent_tasks_listed on agent_tasks (agent, updated_at desc, id desc);
create index agent_tasks_context on agent_tasks (agent, context);
