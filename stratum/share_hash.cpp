#include "stratum/share_hash.h"

#include <algorithm>
#include <cstring>

#include "stratum/merkle.h"

namespace stratum {
namespace {

std::size_t tail_size(const HeaderInput& input) {
    const auto& coinbase = input.job->coinbase();
    return coinbase.prefix.size() - input.job->midstate_bytes() + input.extranonce_size +
           coinbase.suffix.size();
}

// The coinbase's bytes after its midstate. `out` holds tail_size() bytes.
void write_tail(const HeaderInput& input, std::uint8_t* out) {
    const auto& coinbase = input.job->coinbase();
    const auto skipped = input.job->midstate_bytes();
    const auto rest = coinbase.prefix.size() - skipped;
    std::memcpy(out, coinbase.prefix.data() + skipped, rest);
    std::memcpy(out + rest, input.extranonce.data(), input.extranonce_size);
    std::memcpy(out + rest + input.extranonce_size, coinbase.suffix.data(), coinbase.suffix.size());
}

Hash256 root_of(const HeaderInput& input) {
    Bytes tail(tail_size(input));
    write_tail(input, tail.data());
    const auto txid = sha256d_finish(input.job->midstate(), input.job->midstate_bytes(), tail);
    return merkle_root_from_branches(txid, input.job->work().merkle_branches);
}

Hash256 hash_one(const HeaderInput& input) { return sha256d(header_of(input, root_of(input))); }

bool same_shape(const HeaderInput& a, const HeaderInput& b) {
    return a.job->midstate_bytes() == b.job->midstate_bytes() && tail_size(a) == tail_size(b) &&
           a.job->work().merkle_branches.size() == b.job->work().merkle_branches.size() &&
           tail_size(a) <= sha256_paired_tail_bytes_max;
}

void hash_two(const HeaderInput& a, const HeaderInput& b, Hash256* out) {
    std::array<std::array<std::uint8_t, sha256_paired_tail_bytes_max>, 2> tails;
    const auto size = tail_size(a);
    write_tail(a, tails[0].data());
    write_tail(b, tails[1].data());
    auto roots = sha256d_finish_two({&a.job->midstate(), &b.job->midstate()}, a.job->midstate_bytes(),
                                    {ByteView(tails[0].data(), size), ByteView(tails[1].data(), size)});
    const auto& branches_a = a.job->work().merkle_branches;
    const auto& branches_b = b.job->work().merkle_branches;
    for (std::size_t i = 0; i < branches_a.size(); ++i)
        roots = sha256d_pair_two(roots, {&branches_a[i], &branches_b[i]});
    const auto header_a = header_of(a, roots[0]);
    const auto header_b = header_of(b, roots[1]);
    const auto initial = Sha256State::initial();
    const auto hashes = sha256d_finish_two({&initial, &initial}, 0, {ByteView(header_a), ByteView(header_b)});
    out[0] = hashes[0];
    out[1] = hashes[1];
}

}  // namespace

Hash256 merkle_root_of(const Job& job, ByteView extranonce) {
    HeaderInput input;
    STRATUM_ENSURE(extranonce.size() <= input.extranonce.size());
    input.job = &job;
    std::copy(extranonce.begin(), extranonce.end(), input.extranonce.begin());
    input.extranonce_size = static_cast<std::uint8_t>(extranonce.size());
    return root_of(input);
}

Bytes coinbase_of(const HeaderInput& input) {
    const auto& coinbase = input.job->coinbase();
    Bytes out = coinbase.prefix;
    out.insert(out.end(), input.extranonce.begin(), input.extranonce.begin() + input.extranonce_size);
    out.insert(out.end(), coinbase.suffix.begin(), coinbase.suffix.end());
    return out;
}

std::array<std::uint8_t, 80> header_of(const HeaderInput& input, const Hash256& merkle_root) {
    const auto& work = input.job->work();
    std::array<std::uint8_t, 80> header;
    store_le32(header.data(), input.version);
    std::memcpy(header.data() + 4, work.previous.bytes.data(), 32);
    std::memcpy(header.data() + 36, merkle_root.bytes.data(), 32);
    store_le32(header.data() + 68, input.ntime);
    store_le32(header.data() + 72, work.nbits);
    store_le32(header.data() + 76, input.nonce);
    return header;
}

void hash_headers(std::span<const HeaderInput> inputs, std::span<Hash256> out) {
    STRATUM_ENSURE(inputs.size() == out.size());
    std::size_t i = 0;
    while (i < inputs.size()) {
        if (i + 1 < inputs.size() && same_shape(inputs[i], inputs[i + 1])) {
            hash_two(inputs[i], inputs[i + 1], &out[i]);
            i += 2;
        } else {
            out[i] = hash_one(inputs[i]);
            i += 1;
        }
    }
}

}  // namespace stratum
