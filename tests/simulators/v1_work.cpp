// OpenSSL's one-shot calls fetch the algorithm each time (0.3 us in 3.0); the older context calls do not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/simulators/v1_work.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace simulators {

namespace {

constexpr double margin = 1e-9;

std::optional<std::uint32_t> hex_u32(const nlohmann::json& value) {
    if (!value.is_string() || value.get_ref<const std::string&>().size() != 8) return std::nullopt;
    return stratum::parse_hex_u32(value.get_ref<const std::string&>());
}

// Each four-byte word of the displayed order is sent byte-swapped: swap the words to have internal order.
std::optional<Hash256> previous_of(const std::string& text) {
    Hash256 sent;
    if (!stratum::decode_hex(text, sent.bytes)) return std::nullopt;
    for (std::size_t word = 0; word < 32; word += 4) std::reverse(&sent.bytes[word], &sent.bytes[word] + 4);
    return sent;
}

bool read_branches(const nlohmann::json& value, V1Job& job) {
    if (!value.is_array() || value.size() > 32) return false;
    for (const auto& item : value) {
        Hash256 branch;
        if (!item.is_string() || !stratum::decode_hex(item.get_ref<const std::string&>(), branch.bytes))
            return false;
        job.branches.push_back(branch);
    }
    return true;
}

}  // namespace

std::optional<V1Job> parse_notify(std::string_view line) {
    const auto message = nlohmann::json::parse(line, nullptr, false);
    if (!message.is_object() || message.value("method", "") != "mining.notify") return std::nullopt;
    const auto params = message.find("params");
    if (params == message.end() || !params->is_array() || params->size() < 9) return std::nullopt;
    const auto& p = *params;
    for (const std::size_t text : {0U, 1U, 2U, 3U})
        if (!p[text].is_string()) return std::nullopt;
    V1Job job;
    job.id = p[0].get<std::string>();
    const auto previous = previous_of(p[1].get_ref<const std::string&>());
    const auto prefix = stratum::parse_hex(p[2].get_ref<const std::string&>());
    const auto suffix = stratum::parse_hex(p[3].get_ref<const std::string&>());
    const auto version = hex_u32(p[5]);
    const auto nbits = hex_u32(p[6]);
    const auto ntime = hex_u32(p[7]);
    if (!previous || !prefix || !suffix || !version || !nbits || !ntime) return std::nullopt;
    if (!read_branches(p[4], job) || !p[8].is_boolean()) return std::nullopt;
    job.previous = *previous;
    job.coinbase_prefix = *prefix;
    job.coinbase_suffix = *suffix;
    job.version = *version;
    job.nbits = *nbits;
    job.ntime = *ntime;
    job.clean = p[8].get<bool>();
    return job;
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

Hash256 merkle_root(const V1Job& job, stratum::ByteView extranonce) {
    Bytes coinbase;
    coinbase.reserve(job.coinbase_prefix.size() + extranonce.size() + job.coinbase_suffix.size());
    coinbase.insert(coinbase.end(), job.coinbase_prefix.begin(), job.coinbase_prefix.end());
    coinbase.insert(coinbase.end(), extranonce.begin(), extranonce.end());
    coinbase.insert(coinbase.end(), job.coinbase_suffix.begin(), job.coinbase_suffix.end());
    Hash256 root = sha256d_openssl(coinbase);
    std::array<std::uint8_t, 64> pair{};
    for (const Hash256& branch : job.branches) {
        std::copy(root.bytes.begin(), root.bytes.end(), pair.begin());
        std::copy(branch.bytes.begin(), branch.bytes.end(), pair.begin() + 32);
        root = sha256d_openssl(pair);
    }
    return root;
}

std::array<std::uint8_t, 80> make_header(const V1Job& job, const Hash256& root, std::uint32_t version,
                                         std::uint32_t ntime, std::uint32_t nonce) {
    std::array<std::uint8_t, 80> header{};
    stratum::store_le32(&header[0], version);
    std::copy(job.previous.bytes.begin(), job.previous.bytes.end(), &header[4]);
    std::copy(root.bytes.begin(), root.bytes.end(), &header[36]);
    stratum::store_le32(&header[68], ntime);
    stratum::store_le32(&header[72], job.nbits);
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

ShareMaker::ShareMaker(const V1Job& job, Session session, BlockWish wish)
    : job_(job),
      session_(std::move(session)),
      wish_(wish),
      share_target_(target_of_difficulty(session_.difficulty)),
      network_target_(target_of_nbits(job.nbits)),
      random_state_(session_.seed) {}

// splitmix64: the same seed gives the same shares on the same work.
std::uint64_t ShareMaker::random() {
    random_state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = random_state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

std::optional<V1Share> ShareMaker::next(std::uint64_t attempts_max) {
    Bytes extranonce = session_.prefix;
    const std::uint64_t counter = rest_counter_++;
    for (std::size_t i = session_.rest_bytes; i-- > 0;)
        extranonce.push_back(i < 8 ? static_cast<std::uint8_t>(counter >> (8 * i)) : std::uint8_t{0});
    const Hash256 root = merkle_root(job_, extranonce);
    V1Share share;
    share.job = job_.id;
    share.rest = stratum::to_hex(stratum::ByteView(extranonce).subspan(session_.prefix.size()));
    share.ntime = job_.ntime;
    const std::uint64_t drawn = random();
    share.version_bits = static_cast<std::uint32_t>(drawn >> 32) & session_.version_mask;
    const std::uint32_t version = (job_.version & ~session_.version_mask) | share.version_bits;
    std::uint32_t nonce = static_cast<std::uint32_t>(drawn);
    for (std::uint64_t attempt = 0; attempt < attempts_max; ++attempt, ++nonce) {
        share.hash = sha256d_openssl(make_header(job_, root, version, share.ntime, nonce));
        const double value = value_of(share.hash);
        if (value > share_target_ * (1 - margin)) continue;
        if (wish_ == BlockWish::avoid && value <= network_target_ * (1 + margin)) continue;
        if (wish_ == BlockWish::only && value > network_target_ * (1 - margin)) continue;
        share.nonce = nonce;
        return share;
    }
    return std::nullopt;
}

std::string submit_line(std::uint64_t id, std::string_view worker, const V1Share& share,
                        bool version_rolling) {
    std::string line = "{\"id\":";
    line += std::to_string(id);
    line += ",\"method\":\"mining.submit\",\"params\":[\"";
    line += worker;
    line += "\",\"";
    line += share.job;
    line += "\",\"";
    line += share.rest;
    line += "\",\"";
    stratum::append_hex_u32(line, share.ntime);
    line += "\",\"";
    stratum::append_hex_u32(line, share.nonce);
    if (version_rolling) {
        line += "\",\"";
        stratum::append_hex_u32(line, share.version_bits);
    }
    line += "\"]}\n";
    return line;
}

}  // namespace simulators
