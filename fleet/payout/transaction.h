#pragma once
// A Bitcoin transaction as a payout needs it: taken apart, put together again, named. Pure; any thread.
// BIP141, BIP144. What parse() takes, bytes_of() gives back byte for byte.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::payout {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline constexpr std::int64_t money_max_sats = 21'000'000LL * 100'000'000;
inline constexpr std::size_t transaction_bytes_max = 400'000;  // more weight than this is not relayed

struct OutPoint {
    std::string txid;  // as people read it: 64 letters of hexadecimal
    std::uint32_t index = 0;
    friend auto operator<=>(const OutPoint&, const OutPoint&) = default;
};
struct Output {
    Bytes script;
    std::int64_t amount_sats = 0;
    friend auto operator<=>(const Output&, const Output&) = default;
};
struct Input {
    OutPoint previous;
    Bytes script;
    std::uint32_t sequence = 0xffffffff;
    std::vector<Bytes> witness;
};
struct Transaction {
    std::uint32_t version = 2;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::uint32_t lock_time = 0;
};

enum class Witness { with, without };

// The whole of `bytes` as one transaction with inputs and outputs, amounts within the money that can be.
[[nodiscard]] std::optional<Transaction> parse_transaction(ByteView bytes, Witness witness = Witness::with);
[[nodiscard]] Bytes bytes_of(const Transaction& transaction, Witness witness = Witness::with);
[[nodiscard]] std::string txid_of(const Transaction& transaction);
[[nodiscard]] std::size_t weight_of(const Transaction& transaction);
inline std::size_t vbytes_of(const Transaction& transaction) { return (weight_of(transaction) + 3) / 4; }

[[nodiscard]] std::string hex_of(ByteView bytes);
[[nodiscard]] std::optional<Bytes> bytes_of_hex(std::string_view hex);

// Reads front to back; after the first lack of bytes ok() stays false and all readings are zero.
class Reader {
  public:
    explicit Reader(ByteView bytes) : bytes_(bytes) {}
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
    std::uint64_t little(int bytes);
    std::uint64_t compact_size();  // only in its shortest form
    ByteView take(std::uint64_t count);
    void fail() { ok_ = false; }

  private:
    ByteView bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace fleet::payout
