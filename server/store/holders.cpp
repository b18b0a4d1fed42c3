#include "server/store/holders.h"

#include <tuple>

#include "server/store/holder_snapshot.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::ledger::HolderChange;
using fleet::ledger::Weights;

// Units of every holder at instant $1, those who left included.
constexpr const char* held_at =
    "select distinct on (h.party) h.party, h.units, h.valid_from_us, h.set_by from holder_units h where "
    "h.valid_from_us <= $1 order by h.party, h.valid_from_us desc, h.id desc";

void stage(pqxx::work& transaction, const std::vector<HolderChange>& changes) {
    transaction.exec(
        "drop table if exists staged_units; create temporary table staged_units (line integer, key text, "
        "units numeric, valid_from_us bigint, party bigint, stands numeric) on commit drop");
    auto stream = copy_into(transaction, "staged_units", {"line", "key", "units", "valid_from_us"});
    std::int32_t line = 0;
    for (const auto& change : changes)
        stream << std::make_tuple(line++, "holder:" + change.holder, change.units.str(),
                                  change.valid_from_us);
    stream.complete();
    transaction.exec(
        "analyze staged_units; insert into parties (key) select distinct key from staged_units on conflict "
        "do nothing");
}

// Of two lines for one holder and instant that differ nobody knows which is meant.
std::string twice_in(pqxx::work& transaction) {
    const auto rows = transaction.exec(
        "select key from staged_units group by key, valid_from_us having count(distinct units) > 1 limit 1");
    if (rows.empty()) return {};
    return rows[0][0].as<std::string>() + " comes twice with different units from the same day on";
}

// First what stands, then the rows that say something else: a subquery over a table that grows under its own
// statement would read it again for each row.
HoldersSet add_staged(pqxx::work& transaction, std::size_t lines, const std::string& by) {
    transaction.exec(
        "update staged_units s set party = p.id from parties p where p.key = s.key; "
        "update staged_units s set stands = (select h.units from holder_units h where h.party = s.party and "
        "h.valid_from_us <= s.valid_from_us order by h.valid_from_us desc, h.id desc limit 1)");
    const auto added = transaction.exec_params(
        "insert into holder_units (party, units, valid_from_us, set_by) select distinct on (party, "
        "valid_from_us) party, units, valid_from_us, $1 from staged_units where units is distinct from "
        "stands",
        by);
    const auto changed = static_cast<std::size_t>(added.affected_rows());
    return {changed, lines - changed, {}};
}

HoldersSet refused(std::string why) { return {0, 0, std::move(why)}; }

template <typename Work>
Stored<HoldersSet> refusing(Database& database, Work work) {
    try {
        return transact(database, work);
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return refused(std::move(*refusal));
    }
}

HolderSnapshot snapshot_of(const pqxx::row& row) {
    return {row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::size_t>(),
            integer_of(row[3]), row[4].as<std::string>()};
}

Weights weights_of(const pqxx::result& rows) {
    Weights weights;
    const std::string prefix = "holder:";
    for (const auto& row : rows)
        weights.emplace_hint(weights.end(), row[0].as<std::string>().substr(prefix.size()),
                             integer_of(row[1]));
    return weights;
}

}  // namespace

Stored<HoldersSet> set_holder(Database& database, const HolderChange& change, HolderMode mode,
                              const std::string& by) {
    return refusing(database, [&](pqxx::work& transaction) {
        transaction.exec("lock table holder_units in share row exclusive mode");
        const auto known = transaction.exec_params(
            "select from holder_units h join parties p on p.id = h.party where p.key = $1 limit 1",
            "holder:" + change.holder);
        if (mode == HolderMode::add && !known.empty())
            return refused(change.holder + " is a holder already: hashyard holder set");
        if (mode == HolderMode::set && known.empty())
            return refused("nobody of the name " + change.holder + " is a holder: hashyard holder add");
        stage(transaction, {change});
        return add_staged(transaction, 1, by);
    });
}

Stored<HoldersSet> import_holders(Database& database, const std::vector<HolderChange>& changes,
                                  const std::string& by) {
    return refusing(database, [&](pqxx::work& transaction) {
        transaction.exec("lock table holder_units in share row exclusive mode");
        stage(transaction, changes);
        if (auto twice = twice_in(transaction); !twice.empty()) return refused(std::move(twice));
        return add_staged(transaction, changes.size(), by);
    });
}

Stored<std::vector<Holding>> holders_at(Database& database, std::int64_t at_us) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<Holding> out;
        for (const auto& row : transaction.exec_params(
                 "select substr(p.key, 8), u.units, u.valid_from_us, u.set_by from (" + std::string(held_at) +
                     ") u join parties p on p.id = u.party where u.units > 0 order by p.key",
                 at_us))
            out.push_back({row[0].as<std::string>(), integer_of(row[1]), row[2].as<std::int64_t>(),
                           row[3].as<std::string>()});
        return out;
    });
}

Weights units_at(pqxx::work& transaction, std::int64_t at_us) {
    return weights_of(
        transaction.exec_params("select p.key, u.units from (" + std::string(held_at) +
                                    ") u join parties p on p.id = u.party where u.units > 0 order by p.key",
                                at_us));
}

Weights units_in_snapshot(pqxx::work& transaction, std::int64_t snapshot) {
    return weights_of(
        transaction.exec_params("select p.key, l.units from holder_snapshot_lines l join parties p on p.id = "
                                "l.party where l.snapshot = $1 order by p.key",
                                snapshot));
}

std::optional<HolderSnapshot> find_snapshot(pqxx::work& transaction, std::int64_t record_at_us) {
    const auto rows = transaction.exec_params(
        "select id, record_at_us, holders, units, made_by from holder_snapshots where record_at_us = $1",
        record_at_us);
    if (rows.empty()) return std::nullopt;
    return snapshot_of(rows[0]);
}

HolderSnapshot ensure_snapshot(pqxx::work& transaction, std::int64_t record_at_us, const std::string& by) {
    // Changes wait, so the snapshot and the rule that nothing reaches behind it see the same rows.
    transaction.exec("lock table holder_units in share row exclusive mode");
    if (auto found = find_snapshot(transaction, record_at_us)) return *found;
    transaction.exec_params(
        "with u as materialized (" + std::string(held_at) +
            "), s as (insert into holder_snapshots (record_at_us, holders, units, made_by) select $1, "
            "count(*), coalesce(sum(units), 0), $2 from u where units > 0 returning id) insert into "
            "holder_snapshot_lines (snapshot, party, units) select s.id, u.party, u.units from u, s where "
            "u.units > 0",
        record_at_us, by);
    return find_snapshot(transaction, record_at_us).value();
}

Stored<SnapshotTaken> take_snapshot(Database& database, std::int64_t record_at_us, const std::string& by,
                                    std::int64_t now_us) {
    if (record_at_us > now_us)
        return SnapshotTaken{{}, "that instant has not come yet: take the snapshot after it"};
    return transact(database, [&](pqxx::work& transaction) {
        return SnapshotTaken{ensure_snapshot(transaction, record_at_us, by), {}};
    });
}

Stored<std::vector<HolderSnapshot>> snapshots(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<HolderSnapshot> out;
        for (const auto& row : transaction.exec("select id, record_at_us, holders, units, made_by from "
                                                "holder_snapshots order by record_at_us desc"))
            out.push_back(snapshot_of(row));
        return out;
    });
}

}  // namespace server::store
