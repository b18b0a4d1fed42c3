#include "stratum/sha256.h"

#include <bit>
#include <cstring>

#include "stratum/sha256_compress.h"

namespace stratum {

alignas(16) const std::uint32_t sha256_round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

bool use_shani = shani_supported();

std::uint32_t big_endian(std::uint32_t value) { return __builtin_bswap32(value); }

void compress(const CompressLane& lane, BlockForm form) {
    if (use_shani)
        compress_shani(lane, form);
    else
        compress_portable(lane, form);
}

void compress_two(const CompressLane& first, const CompressLane& second, BlockForm form) {
    if (use_shani) {
        compress_shani_two(first, second, form);
    } else {
        compress_portable(first, form);
        compress_portable(second, form);
    }
}

Hash256 digest_of(const Sha256State& state) {
    Hash256 out;
    for (std::size_t i = 0; i < 8; ++i) {
        const auto word = big_endian(state.words[i]);
        std::memcpy(out.bytes.data() + 4 * i, &word, 4);
    }
    return out;
}

// The last one or two blocks: rest of the message (less than 64 bytes), 0x80, zeros, bit length.
struct Padding {
    std::array<std::uint8_t, 128> bytes;
    std::size_t size;
};

void pad(Padding& out, ByteView rest, std::uint64_t total_bytes) {
    out.size = rest.size() + 9 <= 64 ? 64 : 128;
    if (!rest.empty()) std::memcpy(out.bytes.data(), rest.data(), rest.size());
    out.bytes[rest.size()] = 0x80;
    std::memset(out.bytes.data() + rest.size() + 1, 0, out.size - rest.size() - 9);
    const std::uint64_t bits = __builtin_bswap64(total_bytes * 8);
    std::memcpy(out.bytes.data() + out.size - 8, &bits, 8);
}

// The second hash's block: a 32-byte digest as words, padded.
void pad_digest(std::array<std::uint32_t, 16>& block, const Sha256State& state) {
    std::memcpy(block.data(), state.words.data(), 32);
    std::memset(block.data() + 8, 0, 32);
    block[8] = 0x80000000;
    block[15] = 256;
}

// The padding block of a 64-byte message, as words.
constexpr std::array<std::uint32_t, 16> padding_of_64{0x80000000, 0, 0, 0, 0, 0, 0, 0,
                                                      0,          0, 0, 0, 0, 0, 0, 512};

Sha256State rehash(const Sha256State& first) {
    std::array<std::uint32_t, 16> block;
    pad_digest(block, first);
    auto state = Sha256State::initial();
    compress({state.words.data(), block.data()}, BlockForm::words);
    return state;
}

std::array<Hash256, 2> rehash_two(const std::array<Sha256State, 2>& first) {
    std::array<std::array<std::uint32_t, 16>, 2> blocks;
    pad_digest(blocks[0], first[0]);
    pad_digest(blocks[1], first[1]);
    auto a = Sha256State::initial();
    auto b = Sha256State::initial();
    compress_two({a.words.data(), blocks[0].data()}, {b.words.data(), blocks[1].data()}, BlockForm::words);
    return {digest_of(a), digest_of(b)};
}

Sha256State finish(Sha256State state, std::uint64_t bytes_in_state, ByteView tail) {
    const auto whole = tail.size() / 64 * 64;
    sha256_update(state, tail.first(whole));
    Padding padding;
    pad(padding, tail.subspan(whole), bytes_in_state + tail.size());
    sha256_update(state, ByteView(padding.bytes.data(), padding.size));
    return state;
}

}  // namespace

Sha256State Sha256State::initial() {
    return {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void compress_portable(const CompressLane& lane, BlockForm form) {
    std::uint32_t w[64];
    std::memcpy(w, lane.block, 64);
    if (form == BlockForm::bytes)
        for (std::size_t i = 0; i < 16; ++i) w[i] = big_endian(w[i]);
    for (std::size_t i = 16; i < 64; ++i) {
        const auto s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        const auto s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::uint32_t v[8];
    std::memcpy(v, lane.state, 32);
    for (std::size_t i = 0; i < 64; ++i) {
        const auto s1 = std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
        const auto choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        const auto t1 = v[7] + s1 + choice + sha256_round_constants[i] + w[i];
        const auto s0 = std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
        const auto majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        v[7] = v[6];
        v[6] = v[5];
        v[5] = v[4];
        v[4] = v[3] + t1;
        v[3] = v[2];
        v[2] = v[1];
        v[1] = v[0];
        v[0] = t1 + s0 + majority;
    }
    for (std::size_t i = 0; i < 8; ++i) lane.state[i] += v[i];
}

void sha256_update(Sha256State& state, ByteView blocks) {
    STRATUM_ENSURE(blocks.size() % 64 == 0);
    for (std::size_t at = 0; at < blocks.size(); at += 64)
        compress({state.words.data(), blocks.data() + at}, BlockForm::bytes);
}

Hash256 sha256(ByteView data) { return digest_of(finish(Sha256State::initial(), 0, data)); }

Hash256 sha256d(ByteView data) { return sha256d_finish(Sha256State::initial(), 0, data); }

Hash256 sha256d_finish(const Sha256State& state, std::uint64_t bytes_in_state, ByteView tail) {
    return digest_of(rehash(finish(state, bytes_in_state, tail)));
}

Hash256 sha256d_pair(const Hash256& left, const Hash256& right) {
    std::array<std::uint8_t, 64> joined;
    std::memcpy(joined.data(), left.bytes.data(), 32);
    std::memcpy(joined.data() + 32, right.bytes.data(), 32);
    auto state = Sha256State::initial();
    compress({state.words.data(), joined.data()}, BlockForm::bytes);
    compress({state.words.data(), padding_of_64.data()}, BlockForm::words);
    return digest_of(rehash(state));
}

std::array<Hash256, 2> sha256d_finish_two(const std::array<const Sha256State*, 2>& states,
                                          std::uint64_t bytes_in_state,
                                          const std::array<ByteView, 2>& tails) {
    STRATUM_ENSURE(tails[0].size() == tails[1].size() && tails[0].size() <= sha256_paired_tail_bytes_max);
    std::array<Sha256State, 2> state{*states[0], *states[1]};
    const auto whole = tails[0].size() / 64 * 64;
    for (std::size_t at = 0; at < whole; at += 64)
        compress_two({state[0].words.data(), tails[0].data() + at},
                     {state[1].words.data(), tails[1].data() + at}, BlockForm::bytes);
    std::array<Padding, 2> padding;
    for (std::size_t i = 0; i < 2; ++i)
        pad(padding[i], tails[i].subspan(whole), bytes_in_state + tails[i].size());
    for (std::size_t at = 0; at < padding[0].size; at += 64)
        compress_two({state[0].words.data(), padding[0].bytes.data() + at},
                     {state[1].words.data(), padding[1].bytes.data() + at}, BlockForm::bytes);
    return rehash_two(state);
}

std::array<Hash256, 2> sha256d_pair_two(const std::array<Hash256, 2>& left,
                                        const std::array<const Hash256*, 2>& right) {
    std::array<std::array<std::uint8_t, 64>, 2> joined;
    for (std::size_t i = 0; i < 2; ++i) {
        std::memcpy(joined[i].data(), left[i].bytes.data(), 32);
        std::memcpy(joined[i].data() + 32, right[i]->bytes.data(), 32);
    }
    std::array<Sha256State, 2> state{Sha256State::initial(), Sha256State::initial()};
    compress_two({state[0].words.data(), joined[0].data()}, {state[1].words.data(), joined[1].data()},
                 BlockForm::bytes);
    compress_two({state[0].words.data(), padding_of_64.data()}, {state[1].words.data(), padding_of_64.data()},
                 BlockForm::words);
    return rehash_two(state);
}

const char* sha256_backend() { return use_shani ? "shani" : "portable"; }
void sha256_use_portable(bool portable) { use_shani = !portable && shani_supported(); }

}  // namespace stratum
