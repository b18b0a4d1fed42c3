-- Who mines, and on what. Written by the importer (server/store/import.cpp) and by the command line (users.cpp).

create table pool_nodes (
    id   smallint generated always as identity primary key,
    name text     not null unique check (octet_length(name) between 1 and 64)
);

-- A user is paid. `name` is a canonical payout address (kind address) or a registered name (kind name). It is the account
-- that rewards are apportioned to; ties between equal remainders go by its bytes, hence the C collation.
create table users (
    id             integer generated always as identity primary key,
    kind           text not null check (kind in ('address', 'name')),
    name           text collate "C" not null unique check (octet_length(name) between 1 and 90),
    payout_address text check (octet_length(payout_address) between 1 and 90),
    created_at     timestamptz not null default now(),
    check (kind = 'name' or payout_address = name)
);

-- A counting label: the part after the dot in user.worker. Empty when there is none.
create table workers (
    id      integer generated always as identity primary key,
    user_id integer not null references users,
    name    text collate "C" not null check (octet_length(name) <= 64),
    unique (user_id, name)
);

-- Which worker a journal's number stands for. The number is unique on (pool node, shard) for the life of the journal.
create table journal_workers (
    pool_node smallint not null references pool_nodes,
    shard     smallint not null,
    number    bigint   not null,
    worker    integer  not null references workers,
    primary key (pool_node, shard, number)
);

-- How far each journal is in this database: the last frame whose record stands here. Moves in the transaction that
-- brings the rows, so every record arrives exactly once.
create table journal_positions (
    pool_node   smallint not null references pool_nodes,
    shard       smallint not null check (shard >= 0),
    sequence    bigint   not null check (sequence >= 0),
    imported_at timestamptz not null default now(),
    primary key (pool_node, shard)
);

-- Work as it was handed out: with a share's own fields enough to build its 80-byte header again.
create table jobs (
    pool_node           smallint not null references pool_nodes,
    job                 bigint   not null,
    coin                text     not null,
    algorithm           text     not null,
    issued_at_us        bigint   not null,   -- microseconds since 1970, as all *_at_us
    height              bigint   not null,
    version             bigint   not null,
    nbits               bigint   not null check (nbits between 0 and 4294967295),
    time                bigint   not null,
    coinbase_value_sats bigint   not null check (coinbase_value_sats >= 0),
    fees_sats           bigint   not null check (fees_sats >= 0),
    previous            bytea    not null check (octet_length(previous) = 32),
    coinbase_prefix     bytea    not null,
    coinbase_suffix     bytea    not null,
    merkle_branches     bytea    not null check (octet_length(merkle_branches) % 32 = 0),
    primary key (pool_node, job),
    unique (coin, algorithm, pool_node, job)
);

-- Refuses every change to rows that are history.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
