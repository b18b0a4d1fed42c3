#include "server/store/splits.h"

#include "server/store/ledger_posting.h"
#include "server/store/split_rows.h"

namespace server::store {

std::vector<SetSplit> read_splits(pqxx::work& transaction) {
    std::vector<SetSplit> out;
    for (const auto& row : transaction.exec("select from_month, holders_basis_points, reinvest_basis_points, "
                                            "foundation_basis_points, set_by from split_rules order by id"))
        out.push_back({{row[0].as<std::string>(),
                        {row[1].as<unsigned>(), row[2].as<unsigned>(), row[3].as<unsigned>()}},
                       row[4].as<std::string>()});
    return out;
}

Stored<std::vector<SetSplit>> splits(Database& database) {
    return transact(database, [](pqxx::work& transaction) { return read_splits(transaction); });
}

Stored<std::string> set_split(Database& database, const SetSplit& split) {
    const auto& rule = split.split.rule;
    if (!fleet::ledger::checked_split(rule))
        return std::string("the three parts must add up to 10,000 hundredths of a percent");
    try {
        return transact(database, [&](pqxx::work& transaction) -> std::string {
            transaction.exec_params(
                "insert into split_rules (from_month, holders_basis_points, reinvest_basis_points, "
                "foundation_basis_points, set_by) values ($1, $2, $3, $4, $5)",
                split.split.from_month, static_cast<std::int32_t>(rule.holders_basis_points),
                static_cast<std::int32_t>(rule.reinvest_basis_points),
                static_cast<std::int32_t>(rule.foundation_basis_points), split.by);
            return {};
        });
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return std::move(*refusal);
    }
}

}  // namespace server::store
