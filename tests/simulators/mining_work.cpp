// OpenSSL's one-shot calls fetch the algorithm each time (0.3 us in 3.0); the older context calls do not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/simulators/mining_work.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cmath>

namespace simulators {

namespace {
constexpr double margin = 1e-9;
}

Hash256 sha256d_openssl(stratum::ByteView data) {
    Hash256 once;
    Hash256 twice;
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data.data(), data.size());
    SHA256_Final(once.bytes.data(), &context);
    SHA256_Init(&context);
    SHA256_Update(&context, once.bytes.data(), once.bytes.size());
    SHA256_Final(twice.bytes.data(), &context);
    return twice;
}

Bytes coinbase_of(const Work& work, stratum::ByteView extranonce) {
    Bytes coinbase;
    coinbase.reserve(work.coinbase_prefix.size() + extranonce.size() + work.coinbase_suffix.size());
    coinbase.insert(coinbase.end(), work.coinbase_prefix.begin(), work.coinbase_prefix.end());
    coinbase.insert(coinbase.end(), extranonce.begin(), extranonce.end());
    coinbase.insert(coinbase.end(), work.coinbase_suffix.begin(), work.coinbase_suffix.end());
    return coinbase;
}

Hash256 merkle_root(const Work& work, stratum::ByteView extranonce) {
    if (work.root) return *work.root;
    Hash256 root = sha256d_openssl(coinbase_of(work, extranonce));
    std::array<std::uint8_t, 64> pair{};
    for (const Hash256& branch : work.branches) {
        std::copy(root.bytes.begin(), root.bytes.end(), pair.begin());
        std::copy(branch.bytes.begin(), branch.bytes.end(), pair.begin() + 32);
        root = sha256d_openssl(pair);
    }
    return root;
}

std::array<std::uint8_t, 80> make_header(const Work& work, const Hash256& root, std::uint32_t version,
                                         std::uint32_t ntime, std::uint32_t nonce) {
    std::array<std::uint8_t, 80> header{};
    stratum::store_le32(&header[0], version);
    std::copy(work.previous.bytes.begin(), work.previous.bytes.end(), &header[4]);
    std::copy(root.bytes.begin(), root.bytes.end(), &header[36]);
    stratum::store_le32(&header[68], ntime);
    stratum::store_le32(&header[72], work.nbits);
    stratum::store_le32(&header[76], nonce);
    return header;
}

double value_of(const Hash256& hash) {
    double value = 0;
    for (std::size_t limb = 4; limb-- > 0;)
        value = value * 0x1p64 + static_cast<double>(stratum::load_le64(&hash.bytes[limb * 8]));
    return value;
}

double target_of_difficulty(double difficulty) { return 65535.0 * 0x1p208 / difficulty; }

double target_of_nbits(std::uint32_t nbits) {
    return std::ldexp(static_cast<double>(nbits & 0x7fffff), 8 * (static_cast<int>(nbits >> 24) - 3));
}

Bytes rest_of(std::uint64_t counter, std::size_t count) {
    Bytes rest;
    for (std::size_t i = count; i-- > 0;)
        rest.push_back(i < 8 ? static_cast<std::uint8_t>(counter >> (8 * i)) : std::uint8_t{0});
    return rest;
}

ShareMaker::ShareMaker(Work work, WorkSeat seat, BlockWish wish, std::uint64_t seed)
    : work_(std::move(work)),
      seat_(std::move(seat)),
      wish_(wish),
      network_target_(target_of_nbits(work_.nbits)),
      random_state_(seed) {}

// splitmix64.
std::uint64_t ShareMaker::random() {
    random_state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = random_state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

std::optional<FoundShare> ShareMaker::next(std::uint64_t attempts_max) {
    FoundShare share;
    share.rest = rest_of(rest_counter_++, seat_.rest_bytes);
    Bytes extranonce = seat_.prefix;
    extranonce.insert(extranonce.end(), share.rest.begin(), share.rest.end());
    const Hash256 root = merkle_root(work_, extranonce);
    share.ntime = work_.ntime;
    const std::uint64_t drawn = random();
    share.version = (work_.version & ~seat_.version_mask) |
                    (static_cast<std::uint32_t>(drawn >> 32) & seat_.version_mask);
    std::uint32_t nonce = static_cast<std::uint32_t>(drawn);
    for (std::uint64_t attempt = 0; attempt < attempts_max; ++attempt, ++nonce) {
        share.hash = sha256d_openssl(make_header(work_, root, share.version, share.ntime, nonce));
        const double value = value_of(share.hash);
        if (value > seat_.target * (1 - margin)) continue;
        if (wish_ == BlockWish::avoid && value <= network_target_ * (1 + margin)) continue;
        if (wish_ == BlockWish::only && value > network_target_ * (1 - margin)) continue;
        share.nonce = nonce;
        return share;
    }
    return std::nullopt;
}

}  // namespace simulators
