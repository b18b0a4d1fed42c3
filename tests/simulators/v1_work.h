#pragma once
// Stratum V1 work as a client sees it: a job from mining.notify, and shares made from it.
// Used by the CPU miner and the load generator, never by the server. It follows the V1 rules by its own code
// and hashes with OpenSSL, so that a mistake in stratum/ is not mirrored here; only the hex alphabet comes
// from stratum/bytes.h. An object belongs to one thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"

namespace simulators {

using stratum::Bytes;
using stratum::Hash256;

struct V1Job {
    std::string id;
    Hash256 previous;  // internal order
    Bytes coinbase_prefix;
    Bytes coinbase_suffix;
    std::vector<Hash256> branches;
    std::uint32_t version = 0;
    std::uint32_t nbits = 0;
    std::uint32_t ntime = 0;
    bool clean = false;
};

// Reads a whole mining.notify line; nullopt when it is not one or a field has the wrong form.
[[nodiscard]] std::optional<V1Job> parse_notify(std::string_view line);

Hash256 sha256d_openssl(stratum::ByteView data);
// The txid-to-root walk of V1: acc = sha256d(acc || branch).
Hash256 merkle_root(const V1Job& job, stratum::ByteView extranonce);
std::array<std::uint8_t, 80> make_header(const V1Job& job, const Hash256& root, std::uint32_t version,
                                         std::uint32_t ntime, std::uint32_t nonce);

// A hash as a number, to 53 bits. Enough to choose shares: a margin of 1e-9 keeps away from the edge.
double value_of(const Hash256& hash);
double target_of_difficulty(double difficulty);  // 0xffff * 2^208 / difficulty
double target_of_nbits(std::uint32_t nbits);

enum class BlockWish { any, avoid, only };  // on a test chain half of all cheap shares are blocks

struct V1Share {
    std::string job;
    std::string rest;  // extranonce2, hex
    std::uint32_t ntime = 0;
    std::uint32_t nonce = 0;
    std::uint32_t version_bits = 0;
    Hash256 hash;
};

// Makes distinct shares for one session and job by trying nonces.
class ShareMaker {
  public:
    struct Session {
        Bytes prefix;  // extranonce1
        std::size_t rest_bytes = 8;
        double difficulty = 1;
        std::uint32_t version_mask = 0;
        std::uint64_t seed = 1;
    };
    ShareMaker(const V1Job& job, Session session, BlockWish wish);
    // The next share; nullopt after `attempts_max` hashes without one.
    [[nodiscard]] std::optional<V1Share> next(std::uint64_t attempts_max);

  private:
    std::uint64_t random();

    V1Job job_;
    Session session_;
    BlockWish wish_;
    double share_target_;
    double network_target_;
    std::uint64_t random_state_;
    std::uint64_t rest_counter_ = 0;
};

// {"id":…,"method":"mining.submit",…} with LF; the sixth parameter only when version rolling was granted.
std::string submit_line(std::uint64_t id, std::string_view worker, const V1Share& share,
                        bool version_rolling);

}  // namespace simulators
