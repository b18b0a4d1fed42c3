-- Months of the waterfall, what each was computed from, and the funds it fills.
-- Written by server/store/waterfall.cpp and funds.cpp; the triggers hold whoever writes.

create table waterfall_moves (
    from_state text collate "C" not null,
    to_state   text collate "C" not null,
    primary key (from_state, to_state)
);
insert into waterfall_moves values
    ('proposed', 'approved'), ('proposed', 'withdrawn'), ('approved', 'posted'), ('approved', 'withdrawn'),
    ('posted', 'reversed');

create table waterfall_runs (
    id                      bigint generated always as identity primary key,
    asset                   text   not null references assets,
    month                   text   collate "C" not null check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    state                   text   not null default 'proposed',
    previous                bigint references waterfall_runs,  -- the posted month before; null: the first
    snapshot                bigint not null references holder_snapshots,
    through_number          bigint not null,  -- newest transfer in view; own coin booked later: next month
    holders_basis_points    integer not null check (holders_basis_points between 0 and 10000),
    reinvest_basis_points   integer not null check (reinvest_basis_points between 0 and 10000),
    foundation_basis_points integer not null check (foundation_basis_points between 0 and 10000),
    mined                   numeric(38, 0) not null check (mined >= 0),
    taken_back              numeric(38, 0) not null check (taken_back >= 0),
    electricity             numeric(38, 0) not null check (electricity >= 0),
    operating               numeric(38, 0) not null check (operating >= 0),
    deficit_brought_forward numeric(38, 0) not null check (deficit_brought_forward >= 0),
    net                     numeric(38, 0) not null check (net >= 0),
    deficit_carried_forward numeric(38, 0) not null check (deficit_carried_forward >= 0),
    holders                 numeric(38, 0) not null check (holders >= 0),
    reinvest                numeric(38, 0) not null check (reinvest >= 0),
    foundation              numeric(38, 0) not null check (foundation >= 0),
    input_hash              bytea  not null check (octet_length(input_hash) = 32),
    output_hash             bytea  not null check (octet_length(output_hash) = 32),
    proposed_by             text   not null check (octet_length(proposed_by) between 1 and 90),
    proposed_at_us          bigint not null,
    approved_by             text   check (octet_length(approved_by) between 1 and 90),
    approved_at_us          bigint,
    posted_by               text   check (octet_length(posted_by) between 1 and 90),
    posted_at_us            bigint,
    ended_by                text   check (octet_length(ended_by) between 1 and 90),  -- reversed, withdrawn
    ended_why               text,
    ended_at_us             bigint,
    check (holders_basis_points + reinvest_basis_points + foundation_basis_points = 10000),
    check (holders + reinvest + foundation = net),
    check (net = 0 or deficit_carried_forward = 0),
    check (net + electricity + operating + taken_back + deficit_brought_forward
           = mined + deficit_carried_forward),
    constraint waterfall_runs_two_persons check (lower(trim(approved_by)) <> lower(trim(proposed_by))),
    check ((approved_by is null) = (approved_at_us is null)),
    check ((posted_by is null) = (posted_at_us is null)),
    check ((ended_by is null) = (ended_at_us is null) and (ended_by is null) = (ended_why is null)),
    check (state not in ('approved', 'posted', 'reversed') or approved_by is not null),
    check ((state in ('posted', 'reversed')) = (posted_by is not null)),
    check ((state in ('reversed', 'withdrawn')) = (ended_by is not null))
);
create unique index waterfall_runs_one_open on waterfall_runs (asset) where state in ('proposed', 'approved');
create unique index waterfall_runs_one_posted on waterfall_runs (asset, month) where state = 'posted';
create unique index waterfall_runs_one_chain on waterfall_runs (asset, previous) nulls not distinct
    where state = 'posted';

-- A bill as its run bears it, with the price that turned it into coin.
create table waterfall_costs (
    run             bigint not null references waterfall_runs,
    bill            bigint not null references bills,
    amount          numeric(38, 0) not null check (amount > 0),  -- base units of the run's asset
    price_value     numeric(38, 0) check (price_value > 0),      -- null: the bill is in that asset
    price_scale     smallint,
    price_venue     text,
    price_minute_us bigint,
    price_source    text,
    price_hash      bytea,
    active          boolean not null default false,              -- while the run is posted
    primary key (run, bill),
    check ((price_value is null) = (price_scale is null) and (price_value is null) = (price_venue is null)
           and (price_value is null) = (price_minute_us is null)
           and (price_value is null) = (price_source is null)
           and (price_value is null) = (price_hash is null))
);
create unique index waterfall_costs_once on waterfall_costs (bill) where active;

create table waterfall_lines (
    run    bigint not null references waterfall_runs,
    party  bigint not null references parties,
    units  numeric(38, 0) not null check (units > 0),
    amount numeric(38, 0) not null check (amount >= 0),
    primary key (run, party)
);

create function guard_waterfall_run() returns trigger language plpgsql as $$
declare
    moving constant text[] := '{state,approved_by,approved_at_us,posted_by,posted_at_us,ended_by,ended_why,'
                              'ended_at_us}';
begin
    if tg_op = 'DELETE' then
        raise exception 'a month of the waterfall stays' using errcode = 'restrict_violation';
    end if;
    if tg_op = 'INSERT' then
        if new.state <> 'proposed' or new.approved_by is not null then
            raise exception 'a month of the waterfall starts proposed' using errcode = 'restrict_violation';
        end if;
        return new;
    end if;
    if to_jsonb(new) - moving <> to_jsonb(old) - moving
        or (old.approved_by is not null and (new.approved_by, new.approved_at_us)
            is distinct from (old.approved_by, old.approved_at_us))
        or (old.posted_by is not null and (new.posted_by, new.posted_at_us)
            is distinct from (old.posted_by, old.posted_at_us)) then
        raise exception 'what was proposed never changes: withdraw it and propose again'
            using errcode = 'restrict_violation';
    end if;
    if not exists (select from waterfall_moves where from_state = old.state and to_state = new.state) then
        raise exception 'a month of the waterfall does not go from % to %', old.state, new.state
            using errcode = 'restrict_violation';
    end if;
    if new.state = 'posted' then
        if new.previous is distinct from (select id from waterfall_runs where asset = new.asset
                                          and state = 'posted' order by month desc limit 1) then
            raise exception 'the month before is not what it was: withdraw this one and propose again'
                using errcode = 'restrict_violation';
        end if;
        if exists (select from waterfall_costs c join bills b on b.id = c.bill
                   where c.run = new.id and not b.active) then
            raise exception 'a bill of this month was reversed: withdraw it and propose again'
                using errcode = 'restrict_violation';
        end if;
    end if;
    if new.state = 'reversed' and exists (select from waterfall_runs where previous = new.id
                                          and state = 'posted') then
        raise exception 'later months are posted: reverse them first' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger waterfall_runs_guard before insert or update or delete on waterfall_runs
    for each row execute function guard_waterfall_run();
create trigger waterfall_runs_stay before truncate on waterfall_runs
    for each statement execute function refuse_change();

-- A bill counts once, and a bill that counts is not reversed. Of a cost only `active` changes.
create function guard_waterfall_cost() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or to_jsonb(new) - 'active' <> to_jsonb(old) - 'active' then
        raise exception 'the costs of a month stay' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger waterfall_costs_guard before update or delete on waterfall_costs
    for each row execute function guard_waterfall_cost();
create trigger waterfall_costs_stay before truncate on waterfall_costs
    for each statement execute function refuse_change();
create trigger waterfall_lines_append_only before update or delete or truncate on waterfall_lines
    for each statement execute function refuse_change();

create function refuse_borne_bill() returns trigger language plpgsql as $$
begin
    if not new.active and exists (select from waterfall_costs where bill = old.id and active) then
        raise exception 'a posted month bears bill %: reverse that month first', old.id
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger bills_borne before update on bills for each row execute function refuse_borne_bill();

create function refuse_split_of_posted_month() returns trigger language plpgsql as $$
declare
    posted text;
begin
    select max(month) into posted from waterfall_runs where state = 'posted';
    if new.from_month <= posted then
        raise exception '% is posted: a new split starts after it', posted
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger split_rules_ahead before insert on split_rules
    for each row execute function refuse_split_of_posted_month();

-- What a fund may be spent on: the newest row of a name counts.
create table fund_budgets (
    id     bigint generated always as identity primary key,
    asset  text   not null references assets,
    fund   text   collate "C" not null check (fund in ('reinvest', 'foundation')),
    name   text   collate "C" not null check (octet_length(name) between 1 and 60),
    amount numeric(38, 0) not null check (amount >= 0),
    set_by text   not null check (octet_length(set_by) between 1 and 90),
    set_at timestamptz not null default now()
);
create index fund_budgets_newest on fund_budgets (asset, fund, name, id desc);

create table fund_spendings (
    id          bigint generated always as identity primary key,
    asset       text   not null references assets,
    fund        text   collate "C" not null check (fund in ('reinvest', 'foundation')),
    budget      text   collate "C" not null,
    amount      numeric(38, 0) not null check (amount > 0),
    kind        text   not null check (kind in ('machines', 'expense')),
    wallet      text   not null check (octet_length(wallet) between 1 and 64),
    reference   text   collate "C" not null check (octet_length(reference) between 1 and 90),
    spent_by    text   not null check (octet_length(spent_by) between 1 and 90),
    spent_at_us bigint not null,
    unique (asset, fund, reference)
);

create function refuse_overspending() returns trigger language plpgsql as $$
declare
    over text;
begin
    select s.budget into over from fund_spendings s
        join (select distinct asset, fund, budget from inserted) i using (asset, fund, budget)
        group by s.asset, s.fund, s.budget
        having sum(s.amount) > coalesce((select b.amount from fund_budgets b
                                         where (b.asset, b.fund, b.name) = (s.asset, s.fund, s.budget)
                                         order by b.id desc limit 1), 0)
        limit 1;
    if over is not null then
        raise exception 'budget % does not allow that much', over using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create trigger fund_spendings_within_budget after insert on fund_spendings
    referencing new table as inserted for each statement execute function refuse_overspending();
create trigger fund_budgets_append_only before update or delete or truncate on fund_budgets
    for each statement execute function refuse_change();
create trigger fund_spendings_append_only before update or delete or truncate on fund_spendings
    for each statement execute function refuse_change();
create trigger waterfall_moves_append_only before update or delete or truncate on waterfall_moves
    for each statement execute function refuse_change();
