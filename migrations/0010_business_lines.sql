-- The other business lines: their revenue, and the part of it that buys back coins each quarter.
-- server/store/revenue.cpp and buyback*.cpp write here; the triggers hold whoever writes. Amounts in base
-- units of the currency.

create table business_lines (
    line  text collate "C" primary key check (line ~ '^[a-z][a-z0-9_]{0,39}$'),
    title text not null check (octet_length(title) between 1 and 100)
);
insert into business_lines (line, title) values
    ('entrusted_mining', 'Entrusted mining'), ('hosting', 'Hosting'),
    ('machine_sales_repair', 'Machine sales and repair'), ('masternode_platform', 'Masternode platform'),
    ('trading', 'Trading'), ('vr_content', 'VR content');

-- The newest row at or before an event decides. buyback: revenue counts towards buybacks; apart: it is
-- booked and does not count; closed: the line takes none.
create table business_line_terms (
    line          text collate "C" not null references business_lines,
    valid_from_us bigint not null,
    terms         text   not null check (terms in ('buyback', 'apart', 'closed')),
    set_by        text   not null check (set_by ~ '\S'),
    set_at        timestamptz not null default now(),
    primary key (line, valid_from_us)
);
insert into business_line_terms (line, valid_from_us, terms, set_by)
    select line, 0, 'buyback', 'founding rules' from business_lines;

create function line_terms(wanted text, at_us bigint) returns text language sql stable as $$
    select coalesce((select terms from business_line_terms where line = wanted and valid_from_us <= at_us
                     order by valid_from_us desc limit 1), 'closed') $$;

-- An amount earned, once for each reference. Its transfer: bank or receivable to revenue, detail = line.
create table revenues (
    reference   text collate "C" primary key check (reference ~ '^[!-~]{1,120}$'),
    line        text collate "C" not null references business_lines,
    asset       text   not null references assets,
    amount      numeric(38, 0) not null check (amount > 0),
    event_at_us bigint not null,
    party       text collate "C" not null default '',  -- who owes it; empty: it is in the bank
    bank        text collate "C" not null default '' check (octet_length(bank) <= 64),
    memo        text   not null default '' check (octet_length(memo) <= 400),
    booked_by   text   not null check (booked_by ~ '\S'),
    booked_at   timestamptz not null default now()
);
create index revenues_by_event on revenues (event_at_us desc, reference);
create table revenue_reversals (
    reference   text collate "C" primary key references revenues,
    why         text not null check (why ~ '\S'),
    reversed_by text not null check (reversed_by ~ '\S'),
    reversed_at timestamptz not null default now()
);
create function refuse_revenue_of_closed_lines() returns trigger language plpgsql as $$
begin
    if line_terms(new.line, new.event_at_us) = 'closed' then
        raise exception 'the line % takes no revenue at that time', new.line
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger revenues_of_open_lines before insert on revenues
    for each row execute function refuse_revenue_of_closed_lines();

-- The newest row at or before a quarter's first instant decides for it.
create table buyback_rules (
    valid_from_us bigint  primary key,
    basis_points  integer not null check (basis_points between 0 and 10000),
    set_by        text    not null check (set_by ~ '\S'),
    set_at        timestamptz not null default now()
);
insert into buyback_rules (valid_from_us, basis_points, set_by) values (0, 3000, 'founding rules');

-- One run a quarter and currency; it covers all revenue before the quarter's end that no other run covers.
create table buyback_runs (
    run          bigint  generated always as identity primary key,
    quarter      text collate "C" not null check (quarter ~ '^[0-9]{4}-Q[1-4]$'),
    asset        text    not null references assets,
    basis_points integer not null check (basis_points between 0 and 10000),
    amount       numeric(38, 0) not null check (amount > 0),
    input_hash   bytea   not null check (octet_length(input_hash) = 32),
    output_hash  bytea   not null check (octet_length(output_hash) = 32),
    state        text    not null default 'proposed'
                 check (state in ('proposed', 'approved', 'posted', 'reversed', 'withdrawn')),
    proposed_by  text    not null check (proposed_by ~ '\S'),
    proposed_at  timestamptz not null default now(),
    approved_by  text    check (approved_by ~ '\S'),
    approved_at  timestamptz,
    ended_by     text    check (ended_by ~ '\S'),  -- who reversed or withdrew it
    ended_why    text,
    check ((approved_by is null) = (approved_at is null)),
    check (approved_by is not null or state in ('proposed', 'withdrawn')),
    constraint buyback_runs_two_persons check (lower(trim(approved_by)) <> lower(trim(proposed_by))),
    check ((ended_by is not null and ended_why is not null) = (state in ('reversed', 'withdrawn')))
);
create unique index buyback_runs_once on buyback_runs (quarter, asset)
    where state not in ('reversed', 'withdrawn');

create function guard_buyback_run() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'a buyback run stays' using errcode = 'restrict_violation';
    end if;
    if tg_op = 'INSERT' then
        if new.state <> 'proposed' or new.approved_by is not null then
            raise exception 'a buyback run starts proposed' using errcode = 'restrict_violation';
        end if;
        return new;
    end if;
    if (new.run, new.quarter, new.asset, new.basis_points, new.amount, new.input_hash, new.output_hash,
        new.proposed_by, new.proposed_at)
        is distinct from (old.run, old.quarter, old.asset, old.basis_points, old.amount, old.input_hash,
                          old.output_hash, old.proposed_by, old.proposed_at)
        or old.approved_by is not null and (new.approved_by, new.approved_at)
        is distinct from (old.approved_by, old.approved_at) then
        raise exception 'a buyback run never changes' using errcode = 'restrict_violation';
    end if;
    if (old.state, new.state) not in (('proposed', 'approved'), ('proposed', 'withdrawn'),
        ('approved', 'withdrawn'), ('approved', 'posted'), ('posted', 'reversed')) then
        raise exception 'a buyback run does not go from % to %', old.state, new.state
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger buyback_runs_guard before insert or update or delete on buyback_runs
    for each row execute function guard_buyback_run();
create trigger buyback_runs_stay before truncate on buyback_runs
    for each statement execute function refuse_change();

create table buyback_lines (
    run      bigint not null references buyback_runs,
    line     text collate "C" not null references business_lines,
    earned   numeric(38, 0) not null check (earned >= 0),
    returned numeric(38, 0) not null check (returned >= 0),
    amount   numeric(38, 0) not null check (amount >= 0),
    primary key (run, line)
);
create table buyback_covers (
    run      bigint  not null references buyback_runs,
    transfer uuid    not null references transfers (id),
    active   boolean not null default true,  -- until the run is reversed or withdrawn
    primary key (run, transfer)
);
create unique index buyback_covers_once on buyback_covers (transfer) where active;
create trigger buyback_covers_release before update or delete on buyback_covers
    for each row execute function only_release();

-- Coins bought with the reserve. paid: without the fee; price: of one whole coin, value / 10^scale.
create table buyback_executions (
    reference   text collate "C" primary key check (reference ~ '^[!-~]{1,120}$'),
    asset       text     not null references assets,
    coin        text     not null references assets,
    quantity    numeric(38, 0) not null check (quantity > 0),
    paid        numeric(38, 0) not null check (paid > 0),
    fee         numeric(38, 0) not null check (fee >= 0),
    price_value numeric(38, 0) not null check (price_value > 0),
    price_scale smallint not null check (price_scale between 0 and 18),
    venue       text collate "C" not null check (venue ~ '^[a-z0-9][a-z0-9_.-]{0,31}$'),
    bank        text collate "C" not null check (octet_length(bank) between 1 and 64),
    wallet      text collate "C" not null check (octet_length(wallet) between 1 and 64),
    event_at_us bigint   not null,
    booked_by   text     not null check (booked_by ~ '\S'),
    booked_at   timestamptz not null default now(),
    check (asset <> coin)
);
create table buyback_execution_reversals (
    reference   text collate "C" primary key references buyback_executions,
    why         text not null check (why ~ '\S'),
    reversed_by text not null check (reversed_by ~ '\S'),
    reversed_at timestamptz not null default now()
);

create trigger business_lines_append_only before update or delete or truncate on business_lines
    for each statement execute function refuse_change();
create trigger business_line_terms_append_only before update or delete or truncate on business_line_terms
    for each statement execute function refuse_change();
create trigger revenues_append_only before update or delete or truncate on revenues
    for each statement execute function refuse_change();
create trigger revenue_reversals_append_only before update or delete or truncate on revenue_reversals
    for each statement execute function refuse_change();
create trigger buyback_rules_append_only before update or delete or truncate on buyback_rules
    for each statement execute function refuse_change();
create trigger buyback_lines_append_only before update or delete or truncate on buyback_lines
    for each statement execute function refuse_change();
create trigger buyback_executions_append_only before update or delete or truncate on buyback_executions
    for each statement execute function refuse_change();
create trigger buyback_execution_reversals_append_only
    before update or delete or truncate on buyback_execution_reversals
    for each statement execute function refuse_change();
