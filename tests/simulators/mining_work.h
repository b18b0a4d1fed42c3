#pragma once
// Work as a client sees it, whatever the protocol: what a header is built from, and shares made of it. Used
// by the CPU miner, the load generator and the test clients, never by the server. It follows the protocols'
// rules by its own code and hashes with OpenSSL, so that a mistake in stratum/ is not mirrored here; only
// bytes and the hex alphabet come from stratum/bytes.h. An object belongs to one thread.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "stratum/bytes.h"

namespace simulators {

using stratum::Bytes;
using stratum::Hash256;

struct Work {
    Hash256 previous;  // internal order
    std::uint32_t version = 0;
    std::uint32_t nbits = 0;
    std::uint32_t ntime = 0;
    Bytes coinbase_prefix;
    Bytes coinbase_suffix;
    std::vector<Hash256> branches;
    std::optional<Hash256> root;  // V2's standard jobs have it ready, and then no coinbase
};

Hash256 sha256d_openssl(stratum::ByteView data);
// The coinbase around this extranonce, whole.
Bytes coinbase_of(const Work& work, stratum::ByteView extranonce);
// The job's own root, or the walk from the coinbase's hash: acc = sha256d(acc || branch).
Hash256 merkle_root(const Work& work, stratum::ByteView extranonce);
std::array<std::uint8_t, 80> make_header(const Work& work, const Hash256& root, std::uint32_t version,
                                         std::uint32_t ntime, std::uint32_t nonce);

// A hash as a number, to 53 bits. Enough to choose shares: a margin of 1e-9 keeps away from the edge.
double value_of(const Hash256& hash);
double target_of_difficulty(double difficulty);  // 0xffff * 2^208 / difficulty
double target_of_nbits(std::uint32_t nbits);

enum class BlockWish { any, avoid, only };  // on a test chain half of all cheap shares are blocks

struct FoundShare {
    Bytes rest;  // the part of the extranonce that is the client's; empty on V2's standard channels
    std::uint32_t ntime = 0;
    std::uint32_t nonce = 0;
    std::uint32_t version = 0;  // the whole field
    Hash256 hash;
};

// Where shares are made for: a V1 session or a V2 channel.
struct WorkSeat {
    Bytes prefix;  // the server's part of the extranonce
    std::size_t rest_bytes = 0;
    double target = 0;
    std::uint32_t version_mask = 0;
};

// `count` bytes, most significant first.
Bytes rest_of(std::uint64_t counter, std::size_t count);

// Makes distinct shares for one seat and job by trying nonces.
class ShareMaker {
  public:
    // The same seed gives the same shares on the same work.
    ShareMaker(Work work, WorkSeat seat, BlockWish wish, std::uint64_t seed);
    // The next share; nullopt after `attempts_max` hashes without one.
    [[nodiscard]] std::optional<FoundShare> next(std::uint64_t attempts_max);

  private:
    std::uint64_t random();

    Work work_;
    WorkSeat seat_;
    BlockWish wish_;
    double network_target_;
    std::uint64_t random_state_;
    std::uint64_t rest_counter_ = 0;
};

}  // namespace simulators
