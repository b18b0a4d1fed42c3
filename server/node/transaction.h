#pragma once
// A serialised transaction taken apart, and the hashes of its two forms. Pure; any thread. BIP141, BIP144.

#include <cstdint>
#include <optional>
#include <vector>

#include "stratum/bytes.h"

namespace server::node {

inline constexpr std::size_t block_weight_max = 4'000'000;  // BIP141
inline constexpr std::size_t block_sigops_max = 80'000;
inline constexpr std::int64_t money_max_sats = 21'000'000LL * 100'000'000;

struct OutPoint {
    stratum::Hash256 txid;
    std::uint32_t index = 0;
    auto operator<=>(const OutPoint&) const = default;
};

// Views point into the bytes that were parsed.
struct TransactionInput {
    OutPoint previous;
    stratum::ByteView script;
    std::uint32_t sequence = 0;
    std::vector<stratum::ByteView> witness;
};
struct TransactionOutput {
    std::int64_t amount_sats = 0;
    stratum::ByteView script;
};
struct ParsedTransaction {
    std::vector<TransactionInput> inputs;
    std::vector<TransactionOutput> outputs;
    std::uint32_t lock_time = 0;
    bool has_witness = false;
    std::size_t bytes = 0;           // of both forms together, as it stands in the block
    std::size_t bytes_stripped = 0;  // without marker, flag and witness
    [[nodiscard]] std::size_t weight() const { return 3 * bytes_stripped + bytes; }
    [[nodiscard]] bool is_coinbase() const {
        return inputs.size() == 1 && inputs[0].previous == OutPoint{{}, 0xffffffff};
    }
};

// Reads one transaction off the front of `reader`; nullopt when it is malformed. At least one input and one
// output.
[[nodiscard]] std::optional<ParsedTransaction> read_transaction(stratum::ByteReader& reader);
// The whole of `data` as one transaction.
[[nodiscard]] std::optional<ParsedTransaction> parse_transaction(stratum::ByteView data);

struct TransactionHashes {
    stratum::Hash256 txid;
    stratum::Hash256 wtxid;
    std::size_t weight = 0;
    bool has_witness = false;
};
// What a template needs of a transaction, without taking it apart: several times faster than
// parse_transaction. `scratch` is reused between calls.
[[nodiscard]] std::optional<TransactionHashes> hash_transaction(stratum::ByteView data,
                                                                stratum::Bytes& scratch);

}  // namespace server::node
