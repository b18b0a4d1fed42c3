-- What was found, what became of it, and who is owed what for it.

create table blocks (
    coin                text     not null,
    hash                bytea    not null check (octet_length(hash) = 32),
    algorithm           text     not null,
    previous            bytea    not null check (octet_length(previous) = 32),
    height              bigint   not null,
    nbits               bigint   not null check (nbits between 0 and 4294967295),
    network_work        numeric  not null check (network_work >= 1),
    coinbase_value_sats bigint   not null check (coinbase_value_sats >= 0),
    fees_sats           bigint   not null check (fees_sats >= 0),
    pool_node           smallint not null references pool_nodes,
    job                 bigint   not null,
    finder              integer  not null references workers,
    found_at_us         bigint   not null,
    job_issued_at_us    bigint   not null,  -- the view of the PPLNS window is frozen here
    position            bigint   not null check (position >= 1),  -- of the first share imported after it
    total_weight        numeric  not null,  -- share_totals.weight where it stands
    round_weight        numeric  not null check (round_weight >= 0),  -- since our block before; effort = round_weight / 2^112
    state               text     not null default 'submitted' check (state in ('submitted', 'immature', 'mature', 'orphaned')),
    confirmations       integer  not null default 0 check (confirmations >= 0),
    primary key (coin, hash),
    foreign key (pool_node, job) references jobs
);
create index blocks_by_age on blocks (found_at_us desc);
create index blocks_open on blocks (state) where state in ('submitted', 'immature');

create table block_events (
    id            bigint generated always as identity primary key,
    coin          text    not null,
    hash          bytea   not null,
    state         text    not null check (state in ('submitted', 'immature', 'mature', 'orphaned')),
    confirmations integer not null,
    node          text    not null,
    detail        text    not null,
    at            timestamptz not null default now(),
    foreign key (coin, hash) references blocks
);
create index block_events_of_block on block_events (coin, hash, id);
create trigger block_events_append_only before update or delete or truncate on block_events
    for each statement execute function refuse_change();

-- One computation of who gets what for a block. Amounts are the coin's base units.
create table payout_runs (
    run              bigint  generated always as identity primary key,
    coin             text    not null,
    block_hash       bytea   not null,
    rule             integer not null references payout_rules,
    reward           numeric(38, 0) not null check (reward >= 0),
    fee              numeric(38, 0) not null check (fee >= 0),
    distributable    numeric(38, 0) not null check (distributable >= 0),
    window_limit     numeric not null,  -- units of work times 2^112
    window_weight    numeric not null,  -- what the window holds: at most the limit
    newest_position  bigint,            -- null when the window is empty
    oldest_position  bigint,
    cut_work         numeric,           -- what counts of the oldest share; null when it counts whole
    frozen_at_us     bigint  not null,
    input_hash       bytea   not null check (octet_length(input_hash) = 32),
    output_hash      bytea   not null check (octet_length(output_hash) = 32),
    made_at          timestamptz not null default now(),
    unique (coin, block_hash, rule),
    foreign key (coin, block_hash) references blocks,
    check (fee + distributable = reward)
);
create trigger payout_runs_append_only before update or delete or truncate on payout_runs
    for each statement execute function refuse_change();

create table payout_lines (
    run       bigint  not null references payout_runs,
    user_id   integer not null references users,
    weight    numeric not null check (weight >= 0),
    floor     numeric(38, 0) not null check (floor >= 0),
    remainder numeric not null check (remainder >= 0),
    extra     smallint not null check (extra in (0, 1)),
    amount    numeric(38, 0) not null check (amount = floor + extra),
    primary key (run, user_id)
);
create index payout_lines_of_user on payout_lines (user_id, run);
create trigger payout_lines_append_only before update or delete or truncate on payout_lines
    for each statement execute function refuse_change();

-- Not one base unit more or less than there is: checked when the transaction that made the run commits.
create function check_payout_run() returns trigger language plpgsql as $$
declare
    paid numeric;
begin
    select coalesce(sum(amount), 0) into paid from payout_lines where run = new.run;
    if paid <> new.distributable then
        raise exception 'payout run % pays % of %', new.run, paid, new.distributable using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger payout_runs_balance after insert on payout_runs deferrable initially deferred
    for each row execute function check_payout_run();
