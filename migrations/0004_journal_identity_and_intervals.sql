-- A journal has an identity of its own (16 hex letters, made with its folder): a new journal under an old database begins
-- anew instead of being taken for imported. Its segments repeat the workers they refer to, so no table of numbers is needed.

drop table journal_workers;
drop table journal_positions;
create table journal_positions (
    pool_node   smallint not null references pool_nodes,
    journal     bigint   not null check (journal >= 1),
    shard       smallint not null check (shard >= 0),
    sequence    bigint   not null check (sequence >= 0),
    imported_at timestamptz not null default now(),
    primary key (pool_node, journal, shard)
);

-- The rule in force when the block was imported is the one it is paid by.
alter table blocks add column rule integer not null references payout_rules;
-- The part of the oldest share that counts is a weight: work is cut in units of weight.
alter table payout_runs rename column cut_work to cut_weight;
alter table payout_runs add constraint payout_runs_window check (window_weight <= window_limit);
-- A block whose submission named no worker that we know is still a block.
alter table blocks alter column finder drop not null;

-- The pool's own five-minute sums, so that its hashrate costs intervals and not workers.
create table pool_intervals (
    bucket integer not null primary key,
    shares bigint  not null check (shares >= 0),
    work   numeric not null check (work >= 0)
) with (fillfactor = 50);
create index worker_intervals_of_worker on worker_intervals (worker, bucket);
