-- The ledger: double entry, one row for each transfer of an amount from a debit to a credit account of
-- the same asset. Rows never change; a mistake is reversed by another row.
-- server/store/ledger_posting.cpp writes here; the triggers hold whoever writes. All writers take turns
-- at the one row of ledger_head, so there are no deadlocks and the chain has one order.

create table assets (
    code  text collate "C" primary key check (code ~ '^[A-Z][A-Z0-9]{1,11}$'),
    scale smallint not null check (scale between 0 and 36),  -- decimal places of one whole unit
    kind  text     not null check (kind in ('coin', 'fiat')),
    coin  text     unique,                                   -- as in blocks.coin
    check (kind = 'coin' or coin is null)
);
insert into assets (code, scale, kind, coin) values
    ('BTC', 8, 'coin', 'bitcoin'), ('ETC', 18, 'coin', 'ethereum_classic'), ('ETH', 18, 'coin', 'ethereum'),
    ('USD', 2, 'fiat', null), ('EUR', 2, 'fiat', null), ('CNY', 2, 'fiat', null), ('KZT', 2, 'fiat', null);

-- Whom an account is about: user:NAME, holder:NAME, owner:NAME, supplier:NAME.
create table parties (
    id  bigint generated always as identity primary key,
    key text collate "C" not null unique
        check (key ~ '^(user|holder|owner|supplier):.' and octet_length(key) <= 160)
);

-- The chart of accounts; fleet/ledger/transfer.cpp has the same table. `sign`: positive accounts never
-- fall below zero.
create table account_purposes (
    purpose text collate "C" primary key,
    class   text not null check (class in ('asset', 'liability', 'equity', 'income', 'expense')),
    sign    text not null check (sign in ('positive', 'any'))
);
insert into account_purposes (purpose, class, sign) values
    ('wallet', 'asset', 'any'), ('coinbase', 'asset', 'positive'), ('bank', 'asset', 'any'),
    ('receivable', 'asset', 'positive'), ('machines', 'asset', 'positive'), ('suspense', 'asset', 'any'),
    ('user_immature', 'liability', 'positive'), ('user', 'liability', 'positive'),
    ('owner_immature', 'liability', 'positive'), ('owner', 'liability', 'positive'),
    ('own_immature', 'liability', 'positive'), ('fee_immature', 'liability', 'positive'),
    ('unclaimed', 'liability', 'positive'), ('holder', 'liability', 'positive'),
    ('payable', 'liability', 'positive'), ('buyback_reserve', 'liability', 'positive'),
    ('retained', 'equity', 'any'), ('cost_cover', 'equity', 'any'), ('reinvest_fund', 'equity', 'positive'),
    ('foundation_fund', 'equity', 'positive'), ('reinvest_spent', 'equity', 'any'),
    ('foundation_spent', 'equity', 'any'), ('conversion', 'equity', 'any'), ('opening', 'equity', 'any'),
    ('mining', 'income', 'any'), ('pool_fee', 'income', 'any'), ('donation', 'income', 'any'),
    ('revenue', 'income', 'any'), ('power', 'expense', 'any'), ('operating', 'expense', 'any'),
    ('network_fee', 'expense', 'any'), ('orphaned', 'expense', 'any');

create table accounts (
    id      bigint generated always as identity primary key,
    asset   text   not null references assets,
    purpose text   not null references account_purposes,
    party   bigint references parties,
    detail  text collate "C" not null default '' check (octet_length(detail) <= 64),
    unique nulls not distinct (asset, purpose, party, detail),
    unique (id, asset)
);

create table periods (
    period             text collate "C" primary key check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    state              text not null default 'open' check (state in ('open', 'closing', 'closed')),
    trial_balance_hash bytea check (octet_length(trial_balance_hash) = 32),
    closed_by          text,
    closed_at          timestamptz,
    check ((state = 'closed') = (trial_balance_hash is not null)),
    check ((state = 'closed') = (closed_at is not null and closed_by is not null))
);
create function periods_go_forward() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.state = 'closed' or old.period <> new.period then
        raise exception 'period % is closed', old.period using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger periods_go_forward before update or delete on periods
    for each row execute function periods_go_forward();
create trigger periods_stay before truncate on periods for each statement execute function refuse_change();

-- One row: where the chain stands. Whoever locks it may write.
create table ledger_head (
    only_row     boolean primary key default true check (only_row),
    last_number  bigint  not null default 0,
    head         bytea   not null default sha256('hashyard ledger 1'),
    booked_at_us bigint  not null default 0   -- of the last transfer: booking time never runs backwards
);
insert into ledger_head default values;

create table transfers (
    -- the order of booking; gaps are transactions rolled back
    number       bigint generated always as identity primary key,
    -- made from the source: a replay makes the same one
    id           uuid   not null unique,
    asset        text   not null,
    debit        bigint not null,
    credit       bigint not null,
    amount       numeric(38, 0) not null check (amount > 0),       -- base units
    code         text collate "C" not null check (code ~ '^[a-z][a-z0-9_]{0,39}$'),
    event_at_us  bigint not null,
    booked_at_us bigint not null,
    period       text collate "C" not null references periods,
    source_kind  text collate "C" not null check (octet_length(source_kind) between 1 and 40),
    source_id    text collate "C" not null check (octet_length(source_id) between 1 and 200),
    reverses     uuid unique references transfers (id),
    memo         text not null default '' check (octet_length(memo) <= 400),
    foreign key (debit, asset) references accounts (id, asset),
    foreign key (credit, asset) references accounts (id, asset),
    check (debit <> credit)
);
create index transfers_by_debit on transfers (debit, number);
create index transfers_by_credit on transfers (credit, number);
create index transfers_by_source on transfers (source_kind, source_id);
create index transfers_by_period on transfers (period, number);

-- sha256(hash of the transfer before || the transfer as text), and where the chain stood at the end of
-- each day (UTC).
create table transfer_hashes (
    number bigint primary key references transfers,
    hash   bytea  not null check (octet_length(hash) = 32)
);
create table ledger_days (
    day          date   primary key,
    first_number bigint not null,
    last_number  bigint not null,
    transfers    bigint not null check (transfers >= 1),
    head         bytea  not null check (octet_length(head) = 32)
);

-- Amounts set aside: they count against the account at once and become a transfer, or nothing.
create table pending_transfers (
    id          uuid   primary key,
    asset       text   not null,
    debit       bigint not null,
    credit      bigint not null,
    amount      numeric(38, 0) not null check (amount > 0),
    code        text collate "C" not null check (code ~ '^[a-z][a-z0-9_]{0,39}$'),
    made_at_us  bigint not null,
    source_kind text collate "C" not null,
    source_id   text collate "C" not null,
    foreign key (debit, asset) references accounts (id, asset),
    foreign key (credit, asset) references accounts (id, asset),
    check (debit <> credit)
);
create table pending_outcomes (
    pending  uuid primary key references pending_transfers,
    outcome  text not null check (outcome in ('posted', 'voided')),
    transfer uuid unique references transfers (id) deferrable initially deferred,
    at_us    bigint not null,
    check ((outcome = 'posted') = (transfer is not null))
);

-- Sums of the rows above, kept beside them; the daily check adds them up again. `floor` says which side
-- may not win.
create table balances (
    account         bigint  primary key references accounts,
    floor           text    not null check (floor in ('none', 'debit', 'credit')),
    debits          numeric not null default 0 check (debits >= 0),
    credits         numeric not null default 0 check (credits >= 0),
    pending_debits  numeric not null default 0 check (pending_debits >= 0),
    pending_credits numeric not null default 0 check (pending_credits >= 0),
    version         bigint  not null default 0,
    constraint balances_not_below_zero check (case floor
        when 'credit' then credits - debits - pending_debits >= 0
        when 'debit' then debits - credits - pending_credits >= 0
        else true end)
) with (fillfactor = 50);

-- Payouts stand still while one of these is not cleared.
create table payout_freezes (
    id         bigint generated always as identity primary key,
    reason     text not null check (octet_length(reason) between 1 and 40),
    detail     text not null,
    frozen_at  timestamptz not null default now(),
    frozen_by  text not null,
    cleared_at timestamptz,
    cleared_by text,
    cleared_why text,
    check ((cleared_at is null) = (cleared_by is null) and (cleared_at is null) = (cleared_why is null))
);
create unique index payout_freezes_active on payout_freezes (reason) where cleared_at is null;

-- What the daily check found; a finding freezes payouts.
create table ledger_checks (
    id             bigint generated always as identity primary key,
    checked_at     timestamptz not null default now(),
    through_number bigint  not null,
    head           bytea   not null,
    findings       integer not null check (findings >= 0),
    report         jsonb   not null
);

create function open_balance() returns trigger language plpgsql as $$
begin
    insert into balances (account, floor)
        select i.id, case when p.sign = 'any' then 'none'
                          when p.class in ('asset', 'expense') then 'debit'
                          else 'credit' end
        from inserted i join account_purposes p on p.purpose = i.purpose;
    return null;
end $$;
create trigger accounts_open_balance after insert on accounts referencing new table as inserted
    for each statement execute function open_balance();

-- The month an event belongs to, or the oldest open one when that month is closed or lies before a closed
-- one.
create function ledger_period(event_at_us bigint) returns text language plpgsql as $$
declare
    wanted text := to_char(to_timestamp(event_at_us / 1000000.0) at time zone 'UTC', 'YYYY-MM');
    last_closed text;
    found_open text;
begin
    select max(period) into last_closed from periods where state <> 'open';
    if last_closed is null or wanted > last_closed then
        insert into periods (period) values (wanted) on conflict do nothing;
        return wanted;
    end if;
    select period into found_open from periods where period = wanted and state = 'open';
    if found_open is null then
        select min(period) into found_open from periods where state = 'open' and period > last_closed;
    end if;
    if found_open is null then
        found_open := to_char(to_date(last_closed, 'YYYY-MM') + interval '1 month', 'YYYY-MM');
        insert into periods (period) values (found_open) on conflict do nothing;
    end if;
    return found_open;
end $$;

create function hash_step(state bytea, start bytea, entry text) returns bytea
    language sql immutable parallel safe as
    $$ select sha256(coalesce(state, start) || convert_to(entry, 'UTF8')) $$;
create aggregate hash_chain(start bytea, entry text) (sfunc = hash_step, stype = bytea);

create function transfer_text(t transfers) returns text language sql stable as $$
    select concat_ws(E'\n', t.number, t.id, t.asset, t.debit, t.credit, t.amount, t.code, t.event_at_us,
                     t.booked_at_us, t.period, t.source_kind, t.source_id,
                     coalesce(t.reverses::text, '-'), t.memo) $$;

-- Before a statement: take the turn. Nobody else writes until this transaction ends.
create function lock_ledger() returns trigger language plpgsql as $$
begin
    perform from ledger_head for update;
    return null;
end $$;
create trigger transfers_lock before insert on transfers for each statement execute function lock_ledger();
create trigger pending_transfers_lock before insert on pending_transfers
    for each statement execute function lock_ledger();
create trigger pending_outcomes_lock before insert on pending_outcomes
    for each statement execute function lock_ledger();

create function settle_transfers() returns trigger language plpgsql as $$
declare
    before ledger_head%rowtype;
begin
    if not exists (select from inserted) then return null; end if;
    select * into before from ledger_head;
    if exists (select from inserted i join periods p on p.period = i.period where p.state <> 'open') then
        raise exception 'the period of a transfer is closed' using errcode = 'restrict_violation';
    end if;
    if exists (select from inserted where booked_at_us < before.booked_at_us) then
        raise exception 'booking time runs backwards' using errcode = 'restrict_violation';
    end if;
    if exists (select from inserted i join transfers r on r.id = i.reverses
               where r.debit <> i.credit or r.credit <> i.debit or r.amount <> i.amount) then
        raise exception 'a reversal is not the mirror of its transfer' using errcode = 'check_violation';
    end if;
    insert into transfer_hashes (number, hash)
        select i.number, hash_chain(before.head, transfer_text(i::transfers))
                         over (order by i.number rows between unbounded preceding and current row)
        from inserted i;
    insert into ledger_days as d (day, first_number, last_number, transfers, head)
        select g.day, g.first_number, g.last_number, g.transfers, h.hash
        from (select (to_timestamp(booked_at_us / 1000000) at time zone 'UTC')::date as day,
                     min(number) as first_number, max(number) as last_number, count(*) as transfers
              from inserted group by 1) g
        join transfer_hashes h on h.number = g.last_number
        on conflict (day) do update set last_number = excluded.last_number, head = excluded.head,
                                        transfers = d.transfers + excluded.transfers;
    update ledger_head
        set (last_number, booked_at_us) = (select max(number), max(booked_at_us) from inserted);
    update ledger_head l set head = h.hash from transfer_hashes h where h.number = l.last_number;
    update balances b
        set debits = b.debits + m.debits, credits = b.credits + m.credits, version = b.version + 1
        from (select account, sum(debits) as debits, sum(credits) as credits
              from (select debit as account, amount as debits, 0 as credits from inserted
                    union all select credit, 0, amount from inserted) legs
              group by account) m
        where b.account = m.account;
    return null;
end $$;
create trigger transfers_settle after insert on transfers referencing new table as inserted
    for each statement execute function settle_transfers();

create function set_pending_aside() returns trigger language plpgsql as $$
begin
    update balances b
        set pending_debits = b.pending_debits + m.debits,
            pending_credits = b.pending_credits + m.credits, version = b.version + 1
        from (select account, sum(debits) as debits, sum(credits) as credits
              from (select debit as account, amount as debits, 0 as credits from inserted
                    union all select credit, 0, amount from inserted) legs
              group by account) m
        where b.account = m.account;
    return null;
end $$;
create trigger pending_transfers_aside after insert on pending_transfers referencing new table as inserted
    for each statement execute function set_pending_aside();

create function release_pending() returns trigger language plpgsql as $$
begin
    update balances b
        set pending_debits = b.pending_debits - m.debits,
            pending_credits = b.pending_credits - m.credits, version = b.version + 1
        from (select account, sum(debits) as debits, sum(credits) as credits
              from (select p.debit as account, p.amount as debits, 0 as credits
                    from inserted i join pending_transfers p on p.id = i.pending
                    union all select p.credit, 0, p.amount
                    from inserted i join pending_transfers p on p.id = i.pending) legs
              group by account) m
        where b.account = m.account;
    return null;
end $$;
create trigger pending_outcomes_release after insert on pending_outcomes referencing new table as inserted
    for each statement execute function release_pending();

-- What a pending transfer became: the same accounts, at most its amount.
create function check_outcome() returns trigger language plpgsql as $$
begin
    if new.outcome = 'posted' and not exists (
        select from pending_transfers p join transfers t on t.id = new.transfer
        where p.id = new.pending and t.debit = p.debit and t.credit = p.credit and t.amount <= p.amount) then
        raise exception 'pending transfer % was posted as something else',
            new.pending using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger pending_outcomes_fit after insert on pending_outcomes deferrable initially deferred
    for each row execute function check_outcome();

create trigger assets_append_only before update or delete or truncate on assets
    for each statement execute function refuse_change();
create trigger accounts_append_only before update or delete or truncate on accounts
    for each statement execute function refuse_change();
create trigger transfers_append_only before update or delete or truncate on transfers
    for each statement execute function refuse_change();
create trigger transfer_hashes_append_only before update or delete or truncate on transfer_hashes
    for each statement execute function refuse_change();
create trigger pending_transfers_append_only before update or delete or truncate on pending_transfers
    for each statement execute function refuse_change();
create trigger pending_outcomes_append_only before update or delete or truncate on pending_outcomes
    for each statement execute function refuse_change();
