#pragma once
// The log of slices and its signed heads. Books thread or the command line; one transaction each. Rows are
// only ever added (migration `proof`); what is signed is decided in server/proof.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/proof/documents.h"
#include "fleet/proof/signature.h"
#include "server/store/database.h"

namespace server::store {

struct ProofLog {
    std::int16_t log = 0;
    fleet::proof::Hash name{};
};
// The newest. `fresh` names the first one when there is none.
[[nodiscard]] Stored<ProofLog> proof_log(Database& database, const fleet::proof::Hash& fresh);
[[nodiscard]] Stored<void> begin_proof_log(Database& database, const fleet::proof::Hash& name,
                                           const std::string& by, const std::string& why);

// Puts closed slices behind the log's end, at most `most`; how many there were.
inline constexpr int slices_per_step_max = 50;
[[nodiscard]] Stored<std::size_t> extend_proof_log(Database& database, int most = slices_per_step_max);

// Leaves from an index on, at most `most`.
[[nodiscard]] Stored<std::vector<fleet::proof::Hash>> log_leaves(Database& database, std::uint64_t from,
                                                                 std::uint64_t most);

struct SignedTreeHead {
    fleet::proof::TreeHead head;
    fleet::proof::SignedText text;
};
[[nodiscard]] Stored<void> add_tree_head(Database& database, const ProofLog& log, const SignedTreeHead& head);
// The newest of the newest log, newest first, at most `most`.
[[nodiscard]] Stored<std::vector<SignedTreeHead>> tree_heads(Database& database, int most);

}  // namespace server::store
