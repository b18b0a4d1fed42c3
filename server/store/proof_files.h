#pragma once
// Proof files as `hashyard verify` takes them (fleet/proof/verify.h). Any thread; one transaction each.

#include <optional>
#include <string>

#include "fleet/proof/signature.h"
#include "server/store/database.h"
#include "stratum/bytes.h"

namespace server::store {

// A file, or why there is none: a sentence.
struct ProofFile {
    std::string text;
    std::string missing;
};

// The newest bundle of a block, its tree head and slices.
[[nodiscard]] Stored<ProofFile> block_proof(Database& database, const std::string& coin,
                                            const stratum::Hash256& hash);
// A slice by its index in the log, with what an account did in it when one is named.
[[nodiscard]] Stored<ProofFile> slice_proof(Database& database, std::uint64_t index,
                                            const std::string& account);
// A share in its slice.
[[nodiscard]] Stored<ProofFile> share_proof(Database& database, std::uint64_t position);
// The promise of a share, and its slice when that is closed.
[[nodiscard]] Stored<ProofFile> receipt_proof(Database& database, std::uint64_t position);
// The heads of a day (all assets), with a party's part when one is named.
[[nodiscard]] Stored<ProofFile> liabilities_proof(Database& database, const std::string& day,
                                                  const std::string& party);
// All slices of the newest head, and the head: what a mirror keeps. At most log_slices_max of them.
inline constexpr std::uint64_t log_slices_max = 100'000;
[[nodiscard]] Stored<ProofFile> log_proof(Database& database);
// That the newest log grew from `old_size` to its newest head: two heads and the path between them.
[[nodiscard]] Stored<ProofFile> consistency_proof(Database& database, std::uint64_t old_size);

}  // namespace server::store
