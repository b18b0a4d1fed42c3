#include "server/node/block_check.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"

namespace server::node {
namespace {

using stratum::ByteView;
using stratum::Hash256;

constexpr std::size_t header_bytes = 80;
constexpr std::uint32_t time_ahead_max_s = 7200;
constexpr std::uint32_t lock_time_is_time = 500'000'000;
constexpr std::size_t commitment_bytes_min = 38;  // BIP141

Hash256 hash_at(ByteView header, std::size_t offset) {
    Hash256 out;
    std::copy_n(header.begin() + static_cast<std::ptrdiff_t>(offset), 32, out.bytes.begin());
    return out;
}

std::string check_header(ByteView header, const Hash256& hash, const BlockContext& context) {
    const auto nbits = stratum::load_le32(header.data() + 72);
    const auto target = stratum::target_of_nbits(nbits);
    if (context.proof == ProofCheck::required && (!target || !stratum::meets(hash, *target)))
        return "high-hash";
    if (hash_at(header, 4) != context.previous) return "bad-prevblk";
    if (nbits != context.nbits) return "bad-diffbits";
    const auto time = stratum::load_le32(header.data() + 68);
    if (time <= context.median_time) return "time-too-old";
    if (time > context.now + time_ahead_max_s) return "time-too-new";
    const auto version = static_cast<std::int32_t>(stratum::load_le32(header.data()));
    if (version < 4) return fmt::format("bad-version(0x{:08x})", static_cast<std::uint32_t>(version));
    return {};
}

std::string read_transactions(ByteView block, std::vector<BlockTransaction>& out) {
    stratum::ByteReader reader(block.subspan(header_bytes));
    const auto count = reader.compact_size();
    if (!reader.ok() || count == 0 || count > block_weight_max / 240) return "bad-blk-length";
    stratum::Bytes scratch;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto start = block.size() - reader.left();
        auto parsed = read_transaction(reader);
        if (!parsed) return "bad-tx-encoding";
        const auto hashes = hash_transaction(block.subspan(start, parsed->bytes), scratch);
        if (!hashes) return "bad-tx-encoding";
        out.push_back({std::move(*parsed), hashes->txid});
    }
    return reader.left() == 0 ? std::string{} : "bad-blk-length";
}

std::string check_coinbase(const std::vector<BlockTransaction>& transactions, const BlockContext& context) {
    const auto& coinbase = transactions.front().parsed;
    if (!coinbase.is_coinbase()) return "bad-cb-missing";
    for (std::size_t i = 1; i < transactions.size(); ++i)
        if (transactions[i].parsed.is_coinbase()) return "bad-cb-multiple";
    const auto script = coinbase.inputs[0].script;
    if (script.size() < 2 || script.size() > 100) return "bad-cb-length";
    const auto height = stratum::height_push(context.height);
    if (script.size() < height.size() || !std::equal(height.begin(), height.end(), script.begin()))
        return "bad-cb-height";
    return {};
}

// BIP113: time locks are compared with the median time.
bool is_final(const ParsedTransaction& tx, const BlockContext& context) {
    if (tx.lock_time == 0) return true;
    const auto limit = tx.lock_time < lock_time_is_time ? context.height : context.median_time;
    if (tx.lock_time < limit) return true;
    return std::all_of(tx.inputs.begin(), tx.inputs.end(),
                       [](const auto& input) { return input.sequence == 0xffffffff; });
}

std::string check_merkle(ByteView header, const std::vector<BlockTransaction>& transactions) {
    std::vector<Hash256> txids;
    for (const auto& tx : transactions) txids.push_back(tx.txid);
    // Two equal transactions side by side can give another block the same root (CVE-2012-2459).
    if (std::set<Hash256>(txids.begin(), txids.end()).size() != txids.size()) return "bad-txns-duplicate";
    if (stratum::merkle_root_of(std::move(txids)) != hash_at(header, 36)) return "bad-txnmrklroot";
    return {};
}

std::optional<ByteView> find_commitment(const ParsedTransaction& coinbase) {
    static constexpr std::array<std::uint8_t, 6> mark{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    std::optional<ByteView> found;
    for (const auto& output : coinbase.outputs)
        if (output.script.size() >= commitment_bytes_min &&
            std::equal(mark.begin(), mark.end(), output.script.begin()))
            found = output.script.first(commitment_bytes_min);
    return found;
}

std::string check_witness(ByteView block, const std::vector<BlockTransaction>& transactions) {
    const auto& coinbase = transactions.front().parsed;
    const auto commitment = find_commitment(coinbase);
    if (!commitment) {
        const bool any = std::any_of(transactions.begin(), transactions.end(),
                                     [](const auto& tx) { return tx.parsed.has_witness; });
        return any ? "unexpected-witness" : "";
    }
    const auto& witness = coinbase.inputs[0].witness;
    if (witness.size() != 1 || witness[0].size() != 32) return "bad-witness-nonce-size";
    std::vector<Hash256> wtxids(1);
    // Transactions stand one behind the other up to the block's end.
    auto at = block.size();
    for (std::size_t i = transactions.size(); i-- > 1;) {
        at -= transactions[i].parsed.bytes;
        wtxids.push_back(stratum::sha256d(block.subspan(at, transactions[i].parsed.bytes)));
    }
    std::reverse(wtxids.begin() + 1, wtxids.end());
    Hash256 reserved;
    std::copy(witness[0].begin(), witness[0].end(), reserved.bytes.begin());
    const auto expected = stratum::sha256d_pair(stratum::merkle_root_of(std::move(wtxids)), reserved);
    if (!std::equal(expected.bytes.begin(), expected.bytes.end(), commitment->begin() + 6))
        return "bad-witness-merkle-match";
    return {};
}

std::string check_body(ByteView block, const BlockContext& context,
                       std::vector<BlockTransaction>& transactions) {
    if (auto reason = read_transactions(block, transactions); !reason.empty()) return reason;
    if (auto reason = check_merkle(block.first(header_bytes), transactions); !reason.empty()) return reason;
    if (auto reason = check_coinbase(transactions, context); !reason.empty()) return reason;
    for (const auto& tx : transactions)
        if (!is_final(tx.parsed, context)) return "bad-txns-nonfinal";
    if (auto reason = check_witness(block, transactions); !reason.empty()) return reason;
    std::size_t stripped = 0;
    for (const auto& tx : transactions) stripped += tx.parsed.bytes - tx.parsed.bytes_stripped;
    const auto weight = 4 * block.size() - 3 * stripped;
    return weight > block_weight_max ? "bad-blk-weight" : "";
}

}  // namespace

BlockVerdict check_block(ByteView block, const BlockContext& context) {
    BlockVerdict out;
    if (block.size() <= header_bytes) {
        out.reason = "bad-blk-length";
        return out;
    }
    const auto header = block.first(header_bytes);
    out.hash = stratum::sha256d(header);
    out.reason = check_header(header, out.hash, context);
    if (out.reason.empty()) out.reason = check_body(block, context, out.transactions);
    return out;
}

}  // namespace server::node
