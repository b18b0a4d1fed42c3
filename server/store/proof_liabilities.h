#pragma once
// What is owed to whom at the end of a day, and statements of single parties. Books thread or the command
// line; one transaction each.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/proof/documents.h"
#include "fleet/proof/signature.h"
#include "fleet/proof/statement.h"
#include "server/store/database.h"

namespace server::store {

struct LiabilitiesOfDay {
    fleet::proof::LiabilitiesHead head;           // root, leaves and total are the caller's to fill in
    std::vector<fleet::proof::Liability> leaves;  // by party, purpose, detail; salts are the caller's
};
// Assets that somebody is owed or was owed something in, and whose head of that day is missing. The day is
// over by the caller's clock.
[[nodiscard]] Stored<std::vector<LiabilitiesOfDay>> liabilities_to_sign(Database& database,
                                                                        const std::string& day);

// The salts of a head's leaves, in their order.
[[nodiscard]] fleet::proof::Hash liability_salt(const fleet::proof::Hash& seed, std::size_t place);

// The leaves of a stored head with their salts.
[[nodiscard]] std::vector<fleet::proof::Liability> liabilities_in(std::string_view lines,
                                                                  const fleet::proof::Hash& seed);

struct SignedLiabilities {
    LiabilitiesOfDay day;
    fleet::proof::Hash seed{};
    fleet::proof::SignedText text;
};
[[nodiscard]] Stored<void> add_liabilities(Database& database, const SignedLiabilities& liabilities);

// What was booked on a party's liability accounts from an instant on and before another. nullopt: no such
// party. An error text when it was ever below zero.
[[nodiscard]] Stored<std::optional<fleet::proof::Statement>> statement_of(Database& database,
                                                                          const std::string& party,
                                                                          const std::string& asset,
                                                                          std::int64_t from_us,
                                                                          std::int64_t to_us);

}  // namespace server::store
