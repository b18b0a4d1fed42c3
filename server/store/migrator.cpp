#include "server/store/migrator.h"

#include <fmt/core.h>

#include <map>
#include <optional>

#include "server/store/transaction.h"

namespace server::store {

namespace {

constexpr long long migration_lock = 0x68617368'79617264;  // "hashyard"; any constant that only we use

struct Applied {
    std::string name;
    std::string sha256;
};

using AppliedByNumber = std::map<int, Applied>;

// Creates the table of migrations and reads it. The lock is held to the end of the transaction.
AppliedByNumber read_applied(pqxx::work& transaction) {
    transaction.exec("set local statement_timeout = 0; set local lock_timeout = 0");
    transaction.exec_params("select pg_advisory_xact_lock($1)", migration_lock);
    transaction.exec(
        "create table if not exists migrations (number integer primary key, name text not null, sha256 text "
        "not null, "
        "applied_at timestamptz not null default now())");
    AppliedByNumber applied;
    for (const auto& row : transaction.exec("select number, name, sha256 from migrations order by number"))
        applied[row[0].as<int>()] = {row[1].as<std::string>(), row[2].as<std::string>()};
    return applied;
}

std::string sha256_of(pqxx::work& transaction, std::string_view text) {
    return transaction
        .exec_params1("select encode(sha256(convert_to($1, 'UTF8')), 'hex')", std::string(text))[0]
        .as<std::string>();
}

std::string refusal(const AppliedByNumber& applied, const Migration& migration, const std::string& sha256) {
    const auto found = applied.find(migration.number);
    if (found == applied.end() || found->second.sha256 == sha256) return {};
    return fmt::format(
        "migration {} was applied to this database with SHA-256 {}, but the file in this binary has {}; a "
        "merged "
        "migration is never edited: use the original file and put the change into a new one",
        migration.name, found->second.sha256, sha256);
}

std::string newer_than_binary(const AppliedByNumber& applied, std::span<const Migration> migrations) {
    if (applied.empty()) return {};
    const auto& [number, last] = *applied.rbegin();
    if (!migrations.empty() && number <= migrations.back().number) return {};
    return fmt::format("the database has migration {}, which this binary does not know; run a newer hashyard",
                       last.name);
}

// Applies the first missing migration. nullopt: nothing was missing.
std::optional<std::string> apply_next(pqxx::work& transaction, std::span<const Migration> migrations,
                                      std::string& refused) {
    const auto applied = read_applied(transaction);
    refused = newer_than_binary(applied, migrations);
    if (!refused.empty()) return std::nullopt;
    for (const auto& migration : migrations) {
        const auto sha256 = sha256_of(transaction, migration.sql);
        refused = refusal(applied, migration, sha256);
        if (!refused.empty()) return std::nullopt;
        if (applied.contains(migration.number)) continue;
        if (!applied.empty() && migration.number < applied.rbegin()->first) {
            refused = fmt::format("migration {} is missing below {}, which is applied already; renumber it",
                                  migration.name, applied.rbegin()->second.name);
            return std::nullopt;
        }
        transaction.exec(std::string(migration.sql));
        transaction.exec_params("insert into migrations (number, name, sha256) values ($1, $2, $3)",
                                migration.number, std::string(migration.name), sha256);
        return std::string(migration.name);
    }
    return std::nullopt;
}

}  // namespace

Stored<MigrationOutcome> migrate(Database& database, std::span<const Migration> migrations) {
    MigrationOutcome outcome;
    while (true) {
        auto step = transact(database, migration_limit, [&](pqxx::work& transaction) {
            return apply_next(transaction, migrations, outcome.refused);
        });
        if (!step) return step.error();
        if (!*step) return outcome;
        outcome.applied.push_back(**step);
    }
}

}  // namespace server::store
