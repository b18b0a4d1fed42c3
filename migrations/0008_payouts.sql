-- Coins on their way out: who is paid to which script, what a batch owes, its transaction, and what became
-- of it. server/store/payout_*.cpp writes here; the triggers hold whoever writes. Amounts in base units.

-- Which copy of the books this is and how many transactions it has signed. The data folder keeps the same
-- two, so a database brought back from a backup is noticed.
create table payout_mark (
    only_row    boolean primary key default true check (only_row),
    database_id uuid    not null default gen_random_uuid(),
    epoch       bigint  not null default 0 check (epoch >= 0)
);
insert into payout_mark default values;

-- The newest row of a party counts, from usable_from_us on; until then nothing is paid to it.
create table payee_addresses (
    id             bigint generated always as identity primary key,
    party          text collate "C" not null check (octet_length(party) <= 160),
    asset          text   not null references assets,
    script         bytea  not null check (octet_length(script) between 1 and 100),
    address        text   not null check (octet_length(address) between 1 and 90),
    valid_from_us  bigint not null,
    usable_from_us bigint not null check (usable_from_us >= valid_from_us)
);
create index payee_addresses_newest on payee_addresses (party, asset, id desc);

-- One payee stands aside; the others are paid.
create table payee_quarantines (
    id          bigint generated always as identity primary key,
    party       text collate "C" not null,
    reason      text not null check (octet_length(reason) between 1 and 200),
    since       timestamptz not null default now(),
    set_by      text not null,
    cleared_at  timestamptz,
    cleared_by  text,
    check ((cleared_at is null) = (cleared_by is null))
);
create unique index payee_quarantines_active on payee_quarantines (party) where cleared_at is null;

create table obligations (
    id         bigint generated always as identity primary key,
    party      text collate "C" not null,
    asset      text   not null references assets,
    amount     numeric(38, 0) not null check (amount > 0),
    made_at_us bigint not null
);

-- fleet/payout/batch.cpp has the same table.
create table payout_moves (
    from_state text collate "C" not null,
    to_state   text collate "C" not null,
    primary key (from_state, to_state)
);
insert into payout_moves values
    ('reserved', 'built'), ('reserved', 'abandoned'), ('built', 'fully_signed'), ('built', 'abandoned'),
    ('fully_signed', 'broadcast'), ('broadcast', 'confirming'), ('broadcast', 'unknown'),
    ('unknown', 'broadcast'), ('unknown', 'confirming'), ('unknown', 'abandoned'),
    ('confirming', 'unknown'), ('confirming', 'settled');

create table payout_batches (
    batch         uuid   primary key,  -- the idempotency key: no two databases ever make the same one
    asset         text   not null references assets,
    wallet        text collate "C" not null check (octet_length(wallet) between 1 and 64),
    state         text   not null default 'reserved',
    made_at_us    bigint not null,
    raw_psbt      bytea,
    change_script bytea,
    exported      boolean not null default false,  -- somebody else may have signed it
    raw_tx        bytea,
    txid          text collate "C" unique check (txid ~ '^[0-9a-f]{64}$'),
    fee           bigint check (fee >= 0),
    change        bigint check (change >= 0),
    check (state in ('reserved', 'built', 'fully_signed', 'broadcast', 'unknown', 'confirming', 'settled',
                     'abandoned')),
    check ((raw_tx is null) = (txid is null) and (raw_tx is null) = (fee is null)
           and (raw_tx is null) = (change is null)),
    check (state in ('reserved', 'built', 'abandoned') or raw_tx is not null),
    check (state in ('reserved', 'abandoned') or raw_psbt is not null or raw_tx is not null)
);
-- One batch at a time is being made; those that are sent wait beside it.
create unique index payout_batches_in_making on payout_batches (wallet) where state in ('reserved', 'built');

create function guard_payout_batch() returns trigger language plpgsql as $$
declare
    written_by text;
begin
    if tg_op = 'DELETE' then
        raise exception 'a payout batch stays' using errcode = 'restrict_violation';
    end if;
    if tg_op = 'INSERT' then
        if new.state <> 'reserved' or new.raw_tx is not null then
            raise exception 'a payout batch starts reserved' using errcode = 'restrict_violation';
        end if;
        return new;
    end if;
    if (new.batch, new.asset, new.wallet, new.made_at_us)
        is distinct from (old.batch, old.asset, old.wallet, old.made_at_us) then
        raise exception 'a payout batch keeps its name' using errcode = 'restrict_violation';
    end if;
    if old.raw_tx is not null and (new.raw_tx, new.txid, new.fee, new.change, new.raw_psbt, new.change_script)
        is distinct from (old.raw_tx, old.txid, old.fee, old.change, old.raw_psbt, old.change_script) then
        raise exception 'the transaction of a payout never changes' using errcode = 'restrict_violation';
    end if;
    if old.raw_psbt is not null and (new.raw_psbt, new.change_script)
        is distinct from (old.raw_psbt, old.change_script) or old.exported and not new.exported then
        raise exception 'a built payout batch never changes' using errcode = 'restrict_violation';
    end if;
    if new.state <> old.state then
        if not exists (select from payout_moves where from_state = old.state and to_state = new.state) then
            raise exception 'a payout batch does not go from % to %', old.state, new.state
                using errcode = 'restrict_violation';
        end if;
        -- The bytes are committed before anybody is sent them: not in the same transaction.
        if new.state = 'broadcast' then
            select xmin::text into written_by from payout_batches where batch = old.batch;
            if old.raw_tx is null or written_by = pg_current_xact_id()::xid::text then
                raise exception 'a payout is stored before it is sent' using errcode = 'restrict_violation';
            end if;
        end if;
    end if;
    return new;
end $$;
create trigger payout_batches_guard before insert or update or delete on payout_batches
    for each row execute function guard_payout_batch();
create trigger payout_batches_stay before truncate on payout_batches
    for each statement execute function refuse_change();

create table payout_items (
    batch      uuid    not null references payout_batches,
    obligation bigint  not null references obligations,
    script     bytea   not null,
    amount     bigint  not null check (amount > 0),
    active     boolean not null default true,  -- until the batch is abandoned
    primary key (batch, obligation)
);
create unique index payout_items_once on payout_items (obligation) where active;

create table utxo_reservations (
    batch  uuid    not null references payout_batches,
    txid   text collate "C" not null check (txid ~ '^[0-9a-f]{64}$'),
    vout   bigint  not null check (vout between 0 and 4294967295),
    amount bigint  not null check (amount >= 0),
    active boolean not null default true,
    primary key (batch, txid, vout)
);
create unique index utxo_reservations_once on utxo_reservations (txid, vout) where active;

-- Of these only `active` changes, once, to false.
create function only_release() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or not old.active or new.active
        or to_jsonb(new) - 'active' <> to_jsonb(old) - 'active' then
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger payout_items_release before update or delete on payout_items
    for each row execute function only_release();
create trigger utxo_reservations_release before update or delete on utxo_reservations
    for each row execute function only_release();

create table payout_events (
    id     bigint generated always as identity primary key,
    batch  uuid   not null references payout_batches,
    at_us  bigint not null,
    state  text   not null,
    detail text   not null default ''
);
create index payout_events_of on payout_events (batch, id);

create table chain_observations (
    id            bigint generated always as identity primary key,
    txid          text collate "C" not null,
    at_us         bigint  not null,
    confirmations integer not null,  -- 0: waits in memory; -1: gone or in conflict
    block         text    not null default ''
);
create index chain_observations_of on chain_observations (txid, id);

create trigger payee_addresses_append_only before update or delete or truncate on payee_addresses
    for each statement execute function refuse_change();
create trigger obligations_append_only before update or delete or truncate on obligations
    for each statement execute function refuse_change();
create trigger payout_moves_append_only before update or delete or truncate on payout_moves
    for each statement execute function refuse_change();
create trigger payout_events_append_only before update or delete or truncate on payout_events
    for each statement execute function refuse_change();
create trigger chain_observations_append_only before update or delete or truncate on chain_observations
    for each statement execute function refuse_change();
