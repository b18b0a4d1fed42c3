-- From a block to balances: who a user is to the books, and what of a block stands in the ledger.
-- Written by server/store/block_postings.cpp and users.cpp.

-- A user's terms from an instant on; the newest row at or before a block's job decides. Without a row: a
-- participant who pays the pool's fee. own: machines of the farm, whose coin feeds the waterfall.
-- consigned: the owner is credited, and billed for hosting.
create table user_terms (
    user_id               integer not null references users,
    valid_from_us         bigint  not null,
    role                  text    not null check (role in ('participant', 'own', 'consigned')),
    owner                 text collate "C" check (octet_length(owner) between 1 and 90),
    fee_basis_points      integer check (fee_basis_points between 0 and 10000),  -- null: the rule's
    donation_basis_points integer not null default 0 check (donation_basis_points between 0 and 10000),
    set_by                text    not null,
    set_at                timestamptz not null default now(),
    primary key (user_id, valid_from_us),
    check ((role = 'consigned') = (owner is not null))
);
create trigger user_terms_append_only before update or delete or truncate on user_terms
    for each statement execute function refuse_change();

-- What of a block is booked. A block that came back after it was orphaned is booked anew, as the next
-- generation; its row moves in the transaction that brings the transfers.
create table block_postings (
    coin       text     not null,
    hash       bytea    not null,
    generation smallint not null default 1 check (generation >= 1),
    state      text     not null check (state in ('immature', 'mature', 'reversed')),
    posted_at  timestamptz not null default now(),
    primary key (coin, hash),
    foreign key (coin, hash) references blocks
);

-- source_id of a block's transfers; the hash as people read it.
create function block_source(coin text, hash bytea, generation integer) returns text
    language sql immutable as $$
    select coin || ':' || (select string_agg(encode(substr(hash, i, 1), 'hex'), '' order by i desc)
                           from generate_series(1, 32) i) || ':' || generation $$;
