-- What the pool has promised, signed: rows are only ever added. server/store/proof*.cpp writes here.

-- A log of slices has a name; another one begins only when an operator says why.
create table proof_logs (
    log      smallint generated always as identity primary key,
    name     bytea not null unique check (octet_length(name) = 32),
    begun_by text  not null,
    why      text  not null,
    begun_at timestamptz not null default now()
);

-- The leaves of the log, by position of their shares. fleet/proof/documents.h says what a leaf is made of.
create table slice_roots (
    index      bigint  primary key check (index >= 0),
    slice      bigint  not null unique references slices,
    users      integer not null check (users >= 1),
    users_root bytea   not null check (octet_length(users_root) = 32),
    leaf       bytea   not null check (octet_length(leaf) = 32)
);
create function check_slice_root() returns trigger language plpgsql as $$
declare
    last_index bigint;
    last_slice bigint;
begin
    select index, slice into last_index, last_slice from slice_roots order by index desc limit 1;
    if new.index <> coalesce(last_index + 1, 0) then
        raise exception 'leaf % does not follow leaf %', new.index, last_index
            using errcode = 'restrict_violation';
    end if;
    if (select first_position from slices where slice = new.slice)
        <= (select last_position from slices where slice = last_slice) then
        raise exception 'slice % lies before the log''s end', new.slice using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger slice_roots_follow before insert on slice_roots
    for each row execute function check_slice_root();

create table tree_heads (
    log       smallint not null references proof_logs,
    at_us     bigint   not null,
    size      bigint   not null check (size >= 0),
    root      bytea    not null check (octet_length(root) = 32),
    key       bytea    not null check (octet_length(key) = 32),
    signature bytea    not null check (octet_length(signature) = 64),
    primary key (log, at_us)
);
create index tree_heads_by_size on tree_heads (log, size, at_us);
create function check_tree_head() returns trigger language plpgsql as $$
declare
    before tree_heads;
begin
    select * into before from tree_heads where log = new.log order by at_us desc limit 1;
    if before.at_us >= new.at_us or before.size > new.size
        or (before.size = new.size and before.root <> new.root) then
        raise exception 'a tree head does not go back' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger tree_heads_go_on before insert on tree_heads
    for each row execute function check_tree_head();

-- What was owed at the end of a day. `seed` makes the salts of its leaves; `leaves` are their texts, salts
-- left out.
create table liability_heads (
    day            date   not null,
    asset          text   not null references assets,
    at_us          bigint not null,
    through_number bigint not null,
    ledger_head    bytea  not null check (octet_length(ledger_head) = 32),
    leaf_count     bigint not null check (leaf_count >= 0),
    total          numeric not null check (total >= 0),
    root           bytea  not null check (octet_length(root) = 32),
    seed           bytea  not null check (octet_length(seed) = 32),
    leaves         text   not null,
    key            bytea  not null check (octet_length(key) = 32),
    signature      bytea  not null check (octet_length(signature) = 64),
    primary key (day, asset)
);

-- One for each state that a block came into in the books.
create table block_bundles (
    coin       text     not null,
    hash       bytea    not null,
    generation smallint not null,
    stage      text     not null check (stage in ('immature', 'mature', 'reversed')),
    log        smallint not null references proof_logs,
    log_size   bigint   not null,
    text       text     not null,  -- signed
    made_at    timestamptz not null default now(),
    primary key (coin, hash, generation, stage),
    foreign key (coin, hash) references blocks
);

-- Promises of shares before their slice is closed, each naming the one before.
create table receipt_batches (
    number         bigint   primary key check (number >= 1),
    log            smallint not null references proof_logs,
    previous       bytea    not null check (octet_length(previous) = 32),
    first_position bigint   not null unique check (first_position >= 1),
    last_position  bigint   not null unique check (last_position >= first_position),
    root           bytea    not null check (octet_length(root) = 32),
    at_us          bigint   not null,
    key            bytea    not null check (octet_length(key) = 32),
    signature      bytea    not null check (octet_length(signature) = 64)
);
create function check_receipt_batch() returns trigger language plpgsql as $$
declare
    before receipt_batches;
begin
    select * into before from receipt_batches order by number desc limit 1;
    if new.number <> coalesce(before.number + 1, 1)
        or new.first_position <= coalesce(before.last_position, 0) then
        raise exception 'receipt batch % does not follow %', new.number, before.number
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger receipt_batches_follow before insert on receipt_batches
    for each row execute function check_receipt_batch();

create trigger proof_logs_append_only before update or delete or truncate on proof_logs
    for each statement execute function refuse_change();
create trigger slice_roots_append_only before update or delete or truncate on slice_roots
    for each statement execute function refuse_change();
create trigger tree_heads_append_only before update or delete or truncate on tree_heads
    for each statement execute function refuse_change();
create trigger liability_heads_append_only before update or delete or truncate on liability_heads
    for each statement execute function refuse_change();
create trigger block_bundles_append_only before update or delete or truncate on block_bundles
    for each statement execute function refuse_change();
create trigger receipt_batches_append_only before update or delete or truncate on receipt_batches
    for each statement execute function refuse_change();
