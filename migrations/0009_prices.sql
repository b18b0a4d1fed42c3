-- Minute prices: what one whole unit of an asset cost in a quote asset. server/store/prices.cpp writes here;
-- the triggers hold whoever writes. Nothing changes, and a month that is closed takes no more prices, so what
-- was computed with them is computed again with the same ones.
create table prices (
    asset      text collate "C" not null references assets,
    quote      text collate "C" not null references assets,
    minute_us  bigint   not null check (minute_us >= 0 and minute_us % 60000000 = 0),  -- its start, UTC
    venue      text collate "C" not null check (venue ~ '^[a-z0-9][a-z0-9_.-]{0,31}$'),
    value      numeric(38, 0) not null check (value > 0),
    scale      smallint not null check (scale between 0 and 18),  -- the price is value / 10^scale
    source     text     not null check (octet_length(source) between 1 and 200),
    raw_hash   bytea    not null check (octet_length(raw_hash) = 32),  -- sha256 of what was read
    fetched_at timestamptz not null default now(),
    primary key (asset, quote, minute_us, venue),
    check (asset <> quote)
);
create trigger prices_append_only before update or delete or truncate on prices
    for each statement execute function refuse_change();

create function price_month(minute_us bigint) returns text language sql stable as
    $$ select to_char(to_timestamp(minute_us / 1000000) at time zone 'UTC', 'YYYY-MM') $$;

-- The months are locked first: one that is being closed waits for these prices, or they are refused.
create function refuse_prices_of_closed_months() returns trigger language plpgsql as $$
declare
    found text;
begin
    perform from periods where period in (select price_month(minute_us) from inserted) for share;
    select min(price_month(minute_us)) into found from inserted
        where price_month(minute_us) <= (select max(period) from periods where state <> 'open');
    if found is not null then
        raise exception '% is closed: it takes no more prices', found using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create trigger prices_of_open_months after insert on prices referencing new table as inserted
    for each statement execute function refuse_prices_of_closed_months();
