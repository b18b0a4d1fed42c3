#pragma once
// As much of a partially signed transaction (BIP174, version 0) as it takes to see what it spends and pays.
// Pure; any thread. Signatures are left to the wallet that finalises; the finished transaction is checked by
// payment_check.h.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/payout/transaction.h"

namespace fleet::payout {

inline constexpr std::size_t psbt_bytes_max = 4'000'000;  // carries whole previous transactions

struct Psbt {
    Transaction unsigned_transaction;
    // What each input spends, from the previous transaction (whose txid must fit) or else from the output
    // the PSBT states. nullopt: it does not say.
    std::vector<std::optional<Output>> spent;
};

[[nodiscard]] std::optional<Psbt> parse_psbt(ByteView bytes);
// Standard alphabet, padding required, nothing else.
[[nodiscard]] std::optional<Bytes> bytes_of_base64(std::string_view text);
[[nodiscard]] std::string base64_of(ByteView bytes);

}  // namespace fleet::payout
