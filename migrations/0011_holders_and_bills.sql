-- What the waterfall is fed with beside coin: who holds participation units, how a month is split, and the
-- bills. Written by server/store/holders.cpp, splits.cpp and bills.cpp; the triggers hold whoever writes.

-- Units held from an instant on; the newest row at or before it decides, among equal instants the last one
-- written. A unit is 1/10,000 of a coin of the founding paper; 100,000,000 make one masternode.
create table holder_units (
    id            bigint generated always as identity primary key,
    party         bigint not null references parties,
    units         numeric(38, 0) not null check (units >= 0),
    valid_from_us bigint not null check (valid_from_us >= 0),
    set_by        text   not null check (octet_length(set_by) between 1 and 90),
    set_at        timestamptz not null default now()
);
create index holder_units_newest on holder_units (party, valid_from_us desc, id desc);

-- Units on record at an instant, fixed for ever.
create table holder_snapshots (
    id           bigint generated always as identity primary key,
    record_at_us bigint not null unique check (record_at_us >= 0),
    holders      integer not null check (holders >= 0),
    units        numeric(38, 0) not null check (units >= 0),
    made_by      text   not null check (octet_length(made_by) between 1 and 90),
    made_at      timestamptz not null default now()
);
create table holder_snapshot_lines (
    snapshot bigint not null references holder_snapshots,
    party    bigint not null references parties,
    units    numeric(38, 0) not null check (units > 0),
    primary key (snapshot, party)
);

create function check_snapshot_lines() returns trigger language plpgsql as $$
begin
    if exists (select from holder_snapshots s
               join (select snapshot, count(*) as holders, sum(units) as units from holder_snapshot_lines
                     where snapshot in (select snapshot from inserted) group by snapshot) l
                   on l.snapshot = s.id
               where (s.holders, s.units) is distinct from (l.holders, l.units)) then
        raise exception 'the lines of a snapshot do not add up' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger holder_snapshot_lines_whole after insert on holder_snapshot_lines
    referencing new table as inserted for each statement execute function check_snapshot_lines();

-- What is on record stays on record: no change reaches behind a snapshot.
create function refuse_units_on_record() returns trigger language plpgsql as $$
declare
    on_record bigint;
begin
    select max(record_at_us) into on_record from holder_snapshots;
    if exists (select from inserted where valid_from_us <= on_record) then
        raise exception 'units are on record until %: choose a later day',
            to_timestamp(on_record / 1000000) at time zone 'UTC' using errcode = 'restrict_violation';
    end if;
    if exists (select from inserted i join parties p on p.id = i.party
               where not starts_with(p.key, 'holder:')) then
        raise exception 'only holders hold units' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger holder_units_after_record after insert on holder_units
    referencing new table as inserted for each statement execute function refuse_units_on_record();

-- Parts of what remains of a month, in hundredths of a percent, from a month on; among equal months the last
-- row counts. The first one is the founding paper's.
create table split_rules (
    id                      bigint generated always as identity primary key,
    from_month              text collate "C" not null check (from_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    holders_basis_points    integer not null check (holders_basis_points between 0 and 10000),
    reinvest_basis_points   integer not null check (reinvest_basis_points between 0 and 10000),
    foundation_basis_points integer not null check (foundation_basis_points between 0 and 10000),
    set_by                  text not null check (octet_length(set_by) between 1 and 90),
    set_at                  timestamptz not null default now(),
    check (holders_basis_points + reinvest_basis_points + foundation_basis_points = 10000)
);
insert into split_rules (from_month, holders_basis_points, reinvest_basis_points, foundation_basis_points,
                         set_by) values ('1970-01', 3000, 5000, 2000, 'founding paper');

-- Bills as they came. A wrong one is reversed and entered again under its number.
create table bills (
    id           bigint generated always as identity primary key,
    supplier     bigint not null references parties,
    invoice      text collate "C" not null check (octet_length(invoice) between 1 and 60),
    kind         text   not null check (kind in ('electricity', 'operating')),
    asset        text   not null references assets,  -- whose waterfall bears it
    currency     text   not null references assets,
    amount       numeric(38, 0) not null check (amount > 0),  -- base units of the currency, tax included
    tax_code     text   not null default '' check (octet_length(tax_code) <= 60),
    tax          numeric(38, 0) not null default 0 check (tax between 0 and amount),
    site         text   not null default '' check (octet_length(site) <= 60),
    energy_wh    numeric(38, 0) not null default 0 check (energy_wh >= 0),
    tariff_micro numeric(38, 0) not null default 0 check (tariff_micro >= 0),
    invoice_day  date   not null,
    accrual_day  date   not null,
    evidence     bytea  check (octet_length(evidence) = 32),
    active       boolean not null default true,  -- until it is reversed
    entered_by   text   not null check (octet_length(entered_by) between 1 and 90),
    entered_at   timestamptz not null default now(),
    reversed_by  text   check (octet_length(reversed_by) between 1 and 90),
    reversed_why text,
    reversed_at  timestamptz,
    check ((energy_wh = 0) = (tariff_micro = 0)),
    check (energy_wh = 0 or kind = 'electricity'),
    check (active = (reversed_by is null) and active = (reversed_why is null)
           and active = (reversed_at is null))
);
create unique index bills_once on bills (supplier, invoice) where active;
create index bills_by_day on bills (asset, accrual_day) where active;

create function check_bills() returns trigger language plpgsql as $$
declare
    wrong text;
begin
    select i.invoice into wrong from inserted i join parties p on p.id = i.supplier
        join assets a on a.code = i.asset join assets c on c.code = i.currency
        where not starts_with(p.key, 'supplier:') or a.kind <> 'coin'
            or (c.kind = 'coin' and c.code <> a.code)
            or (i.energy_wh > 0 and abs(i.energy_wh * i.tariff_micro * 10::numeric ^ c.scale
                                        - (i.amount - i.tax) * 1e9) >= 1e9)
        limit 1;
    if wrong is not null then
        raise exception 'bill % breaks a rule of bills', wrong using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger bills_fit after insert on bills referencing new table as inserted
    for each statement execute function check_bills();

-- A bill only ever becomes reversed, once.
create function guard_bill() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or not old.active or new.active
        or to_jsonb(new) - '{active,reversed_by,reversed_why,reversed_at}'::text[]
            <> to_jsonb(old) - '{active,reversed_by,reversed_why,reversed_at}'::text[] then
        raise exception 'a bill stays as it came: reverse it and enter it again'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger bills_guard before update or delete on bills for each row execute function guard_bill();
create trigger bills_stay before truncate on bills for each statement execute function refuse_change();

create trigger holder_units_append_only before update or delete or truncate on holder_units
    for each statement execute function refuse_change();
create trigger holder_snapshots_append_only before update or delete or truncate on holder_snapshots
    for each statement execute function refuse_change();
create trigger holder_snapshot_lines_append_only before update or delete or truncate on holder_snapshot_lines
    for each statement execute function refuse_change();
create trigger split_rules_append_only before update or delete or truncate on split_rules
    for each statement execute function refuse_change();
