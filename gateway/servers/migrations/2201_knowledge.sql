-- Instants are RFC 3339 in UTC. Paths are whole, with links resolved.
create table knowledge_folders (
    id text primary key,
    path text not null unique,
    added_at text not null
) strict;

-- path is null for a text that was given as such: then its title is its name. modified and bytes are the file's, so that
-- an unchanged one need not be read again; sha256 tells whether one that was touched has changed.
create table knowledge_documents (
    id text primary key,
    title text not null check (length(title) between 1 and 200),
    format text not null check (format in ('text', 'markdown', 'html', 'pdf', 'docx')),
    path text unique,
    folder text references knowledge_folders (id) on delete cascade,
    bytes integer not null,
    modified text,
    sha256 blob not null,
    added_at text not null,
    indexed_at text not null
) strict;

create unique index knowledge_texts on knowledge_documents (title collate nocase) where path is null;
create index knowledge_documents_folder on knowledge_documents (folder);

-- Ids are never used twice, so that one kept in memory can't come to mean another passage. overlap is how many bytes of
-- the text repeat the end of the passage before; embedding is one signed byte a number, null until it is computed.
create table knowledge_passages (
    id integer primary key autoincrement,
    document text not null references knowledge_documents (id) on delete cascade,
    place integer not null,
    heading text not null,
    page integer,
    overlap integer not null,
    text text not null,
    embedding blob check (embedding is null or length(embedding) = 384),
    unique (document, place)
) strict;

create index knowledge_passages_waiting on knowledge_passages (id) where embedding is null;

create virtual table knowledge_words using fts5 (
    title, heading, text, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);

create trigger knowledge_passages_added after insert on knowledge_passages begin
    insert into knowledge_words (rowid, title, heading, text)
    values (new.id, (select title from knowledge_documents where id = new.document), new.heading, new.text);
end;

create trigger knowledge_passages_removed after delete on knowledge_passages begin
    delete from knowledge_words where rowid = old.id;
end;

-- Files of watched folders that could not be read, and files of them that are left out because they were removed.
create table knowledge_unread (
    path text primary key,
    folder text not null references knowledge_folders (id) on delete cascade,
    problem text not null,
    bytes integer not null,
    modified text
) strict;

create table knowledge_left_out (
    path text primary key,
    folder text not null references knowledge_folders (id) on delete cascade
) strict;

-- What a call with an idempotency key was answered.
create table knowledge_calls (
    key text primary key,
    arguments blob not null,
    text text not null,
    structured text not null,
    at text not null
) strict;
