-- What was delivered. A share's `position` counts accepted shares from 1 without gaps, over all pool nodes, in the order the
-- importer merged them (by time of receipt). Everything that pays refers to positions.

-- No foreign keys here: their triggers cost more than the rest of the row together. The importer writes worker and job in or
-- before the transaction that brings the share. Hashes are in internal byte order (the order SHA-256 gives).
create table shares (
    position       bigint   not null,
    sequence       bigint   not null,  -- of the journal's frame
    received_at_us bigint   not null,
    job            bigint   not null,
    worker         integer  not null,
    pool_node      smallint not null,
    shard          smallint not null,
    work           numeric  not null,  -- floor(2^256 / (target + 1))
    -- version, ntime, nonce (4 bytes each, little-endian), length of the prefix (1 byte), extranonce (prefix, then rest).
    -- One column, because each column costs 50 to 100 ns a row in COPY.
    proof          bytea    not null,
    hash           bytea    not null,  -- of the header
    primary key (position)
) partition by range (position);

-- Where counting stands; one row per coin and algorithm and one lock for the importer.
create table share_totals (
    coin      text    not null,
    algorithm text    not null,
    shares    bigint  not null check (shares >= 0),
    work      numeric not null check (work >= 0),
    weight    numeric not null check (weight >= 0),  -- sum of work * floor(2^112 / network work), per share
    primary key (coin, algorithm)
);

-- One row: the position that the next share gets.
create table share_positions (
    only_row      boolean primary key default true check (only_row),
    next_position bigint  not null check (next_position >= 1)
);
insert into share_positions (next_position) values (1);

-- The rules that rewards are shared by; `canonical` is the text whose hash enters each run's input.
create table payout_rules (
    version   integer primary key check (version >= 1),
    canonical text    not null unique,
    rule      jsonb   not null,
    made_at   timestamptz not null default now()
);
create trigger payout_rules_append_only before update or delete or truncate on payout_rules
    for each statement execute function refuse_change();

-- A run of consecutive shares of one coin, one network target and one rule, at most 100,000 long, with its sums.
create table slices (
    slice              bigint   generated always as identity primary key,
    coin               text     not null,
    algorithm          text     not null,
    first_position     bigint   not null unique check (first_position >= 1),
    last_position      bigint   not null unique,
    shares             integer  not null check (shares between 1 and 100000),
    nbits              bigint   not null check (nbits between 0 and 4294967295),
    network_work       numeric  not null check (network_work >= 1),
    rule               integer  not null references payout_rules,
    work               numeric  not null check (work >= 0),
    weight             numeric  not null check (weight >= 0),
    cumulative_weight  numeric  not null check (cumulative_weight >= weight),  -- of this coin and algorithm, this slice included
    merkle_root        bytea    not null check (octet_length(merkle_root) = 32),
    first_received_at_us bigint not null,
    last_received_at_us  bigint not null,  -- the greatest, not that of the last share
    closed_at          timestamptz not null default now(),
    check (shares = last_position - first_position + 1),
    check (first_received_at_us <= last_received_at_us),
    exclude using gist (int8range(first_position, last_position, '[]') with &&)
);
create index slices_of_chain on slices (coin, algorithm, last_position desc);
create trigger slices_append_only before update or delete or truncate on slices
    for each statement execute function refuse_change();

create table slice_users (
    slice   bigint  not null references slices,
    user_id integer not null references users,
    shares  integer not null check (shares >= 1),
    work    numeric not null check (work >= 0),
    primary key (slice, user_id)
);
create trigger slice_users_append_only before update or delete or truncate on slice_users
    for each statement execute function refuse_change();

-- Five-minute sums, so that hashrates survive restarts and cost workers, not shares. bucket = seconds since 1970 / 300.
create table worker_intervals (
    bucket integer not null,
    worker integer not null references workers,
    shares integer not null check (shares >= 0),
    work   numeric not null check (work >= 0),
    primary key (bucket, worker)
) with (fillfactor = 50);

create table reject_intervals (
    bucket integer not null,
    worker integer references workers,  -- null: before a worker was known
    reason text    not null check (octet_length(reason) between 1 and 64),
    count  bigint  not null check (count >= 0),
    unique nulls not distinct (bucket, worker, reason)
);
