#pragma once
// Promises of shares before their slice is closed. Books thread; one transaction each.

#include <optional>

#include "fleet/proof/signature.h"
#include "fleet/proof/statement.h"
#include "server/store/proof_log.h"

namespace server::store {

inline constexpr std::uint64_t receipt_shares_max = 50'000;  // of one batch; the next takes the rest

// The next batch over imported shares that no batch promised yet, without its time; nullopt: there are none.
// The first batch begins with the newest share.
[[nodiscard]] Stored<std::optional<fleet::proof::ReceiptBatch>> next_receipt_batch(Database& database,
                                                                                   const ProofLog& log);
[[nodiscard]] Stored<void> add_receipt_batch(Database& database, const ProofLog& log,
                                             const fleet::proof::ReceiptBatch& batch,
                                             const fleet::proof::SignedText& text);

}  // namespace server::store
