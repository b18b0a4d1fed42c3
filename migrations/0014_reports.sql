-- What was handed out to people and their accountants. server/store/exports.cpp writes here. The same
-- question about closed months has one answer: an export that differs is kept with its verdict and not handed
-- out.
create table exports (
    id         bigint generated always as identity primary key,
    kind       text collate "C" not null,
    format     text collate "C" not null,
    parameters text collate "C" not null check (octet_length(parameters) <= 2000),
    sha256     bytea   not null check (octet_length(sha256) = 32),  -- of the manifest
    row_count  bigint  not null check (row_count >= 0),
    sums       jsonb   not null,
    closed     boolean not null,  -- all its months were, when it was made
    verdict    text    not null check (verdict in ('made', 'differs')),
    made_at    timestamptz not null default now(),
    check (closed or verdict = 'made')
);
create index exports_of_question on exports (kind, format, parameters, id);
create trigger exports_append_only before update or delete or truncate on exports
    for each statement execute function refuse_change();

create function one_answer() returns trigger language plpgsql as $$
begin
    if new.closed and new.verdict = 'made' and exists (
        select from exports e where e.kind = new.kind and e.format = new.format
            and e.parameters = new.parameters and e.closed and e.verdict = 'made'
            and e.sha256 <> new.sha256) then
        raise exception 'an export of closed months differs from the one before'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger exports_one_answer before insert on exports for each row execute function one_answer();
