#include "stratum/coinbase.h"

#include <array>
#include <numeric>

#include "stratum/merkle.h"
#include "stratum/sha256.h"

namespace stratum {
namespace {

constexpr std::uint8_t op_1 = 0x51;
constexpr std::size_t direct_push_bytes_max = 75;
// Not final, so that the lock time counts; BIP54 will ask for both.
constexpr std::uint32_t coinbase_sequence = 0xfffffffe;

void push(Bytes& script, ByteView data) {
    STRATUM_ENSURE(!data.empty() && data.size() <= direct_push_bytes_max);
    script.push_back(static_cast<std::uint8_t>(data.size()));
    script.insert(script.end(), data.begin(), data.end());
}

void append_output(ByteWriter& out, std::int64_t amount_sats, ByteView script) {
    out.le64(static_cast<std::uint64_t>(amount_sats));
    out.compact_size(script.size());
    out.bytes(script);
}

}  // namespace

Bytes height_push(std::uint32_t height) {
    if (height == 0) return {0};
    if (height <= 16) return {static_cast<std::uint8_t>(op_1 + height - 1)};
    Bytes number;
    for (std::uint32_t rest = height; rest != 0; rest >>= 8)
        number.push_back(static_cast<std::uint8_t>(rest));
    if ((number.back() & 0x80) != 0) number.push_back(0);  // the top bit is the sign
    Bytes script;
    push(script, number);
    return script;
}

CoinbaseParts make_coinbase(const Template& work, const std::vector<CoinbaseOutput>& outputs,
                            std::string_view tag, std::uint32_t distinction, std::size_t extranonce_bytes) {
    Bytes script = height_push(work.height);
    script.insert(script.end(), work.coinbase_flags.begin(), work.coinbase_flags.end());
    if (!tag.empty()) push(script, view_of(tag));
    std::array<std::uint8_t, 4> distinction_bytes;
    store_le32(distinction_bytes.data(), distinction);
    push(script, distinction_bytes);
    STRATUM_ENSURE(extranonce_bytes > 0 && extranonce_bytes <= direct_push_bytes_max);
    script.push_back(static_cast<std::uint8_t>(extranonce_bytes));
    STRATUM_ENSURE(script.size() + extranonce_bytes <= coinbase_script_bytes_max);

    CoinbaseParts parts;
    ByteWriter head(parts.prefix);
    head.le32(2);
    head.compact_size(1);
    head.bytes(Hash256{}.bytes);
    head.le32(0xffffffff);
    head.compact_size(script.size() + extranonce_bytes);
    head.bytes(script);

    std::int64_t paid_sats = 0;
    for (const auto& output : outputs) {
        STRATUM_ENSURE(output.amount_sats >= 0 && output.amount_sats <= work.coinbase_value_sats - paid_sats);
        paid_sats += output.amount_sats;
    }
    ByteWriter tail(parts.suffix);
    tail.le32(coinbase_sequence);
    tail.compact_size(outputs.size() + (work.witness_commitment.empty() ? 0 : 1));
    for (const auto& output : outputs) append_output(tail, output.amount_sats, output.script);
    if (!work.witness_commitment.empty()) append_output(tail, 0, work.witness_commitment);
    tail.le32(work.height == 0 ? 0 : work.height - 1);
    return parts;
}

Bytes coinbase_for_block(const Template& work, ByteView coinbase_without_witness) {
    if (work.witness_commitment.empty())
        return {coinbase_without_witness.begin(), coinbase_without_witness.end()};
    STRATUM_ENSURE(coinbase_without_witness.size() > 8);
    Bytes out;
    out.reserve(coinbase_without_witness.size() + 36);
    ByteWriter writer(out);
    writer.bytes(coinbase_without_witness.first(4));
    writer.u8(0);  // marker
    writer.u8(1);  // flag
    writer.bytes(coinbase_without_witness.subspan(4, coinbase_without_witness.size() - 8));
    writer.compact_size(1);
    writer.compact_size(32);
    writer.bytes(Hash256{}.bytes);  // the witness reserved value of witness_commitment_script
    writer.bytes(coinbase_without_witness.last(4));
    return out;
}

Bytes assemble_block(const Template& work, ByteView header, ByteView coinbase_without_witness) {
    STRATUM_ENSURE(header.size() == 80);
    const auto coinbase = coinbase_for_block(work, coinbase_without_witness);
    const auto bytes = std::accumulate(work.transactions.begin(), work.transactions.end(),
                                       header.size() + 9 + coinbase.size(),
                                       [](std::size_t sum, const auto& tx) { return sum + tx.data.size(); });
    Bytes out;
    out.reserve(bytes);
    ByteWriter writer(out);
    writer.bytes(header);
    writer.compact_size(1 + work.transactions.size());
    writer.bytes(coinbase);
    for (const auto& tx : work.transactions) writer.bytes(tx.data);
    return out;
}

Bytes witness_commitment_script(const std::vector<Hash256>& wtxids_without_coinbase) {
    std::vector<Hash256> leaves;
    leaves.reserve(wtxids_without_coinbase.size() + 1);
    leaves.emplace_back();  // the coinbase's wtxid counts as zero
    leaves.insert(leaves.end(), wtxids_without_coinbase.begin(), wtxids_without_coinbase.end());
    const auto commitment = sha256d_pair(merkle_root_of(std::move(leaves)), Hash256{});
    Bytes script{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    script.insert(script.end(), commitment.bytes.begin(), commitment.bytes.end());
    return script;
}

}  // namespace stratum
