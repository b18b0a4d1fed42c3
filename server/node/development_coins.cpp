#include "server/node/development_coins.h"

#include <algorithm>

#include "stratum/sha256.h"

namespace server::node {
namespace {

using stratum::Bytes;
using stratum::ByteView;

constexpr std::uint8_t op_true = 0x51;
constexpr std::int64_t dust_sats = 10'000;  // coins below are left alone
// HASH160 of the one-byte script OP_TRUE.
constexpr std::array<std::uint8_t, 20> open_script_hash{0xda, 0x17, 0x45, 0xe9, 0xb5, 0x49, 0xbd,
                                                        0x0b, 0xfa, 0x1a, 0x56, 0x99, 0x71, 0xc7,
                                                        0x7e, 0xba, 0x30, 0xcd, 0x5a, 0x4b};

constexpr std::array<std::uint8_t, 2> redeem_push{1, op_true};

bool equal(ByteView a, const Bytes& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::int64_t fee_of(std::size_t index) { return 300 + static_cast<std::int64_t>(index * 137 % 4001); }

}  // namespace

Bytes open_witness_script() {
    const std::uint8_t script = op_true;
    const auto program = stratum::sha256({&script, 1});
    Bytes out{0x00, 0x20};
    out.insert(out.end(), program.bytes.begin(), program.bytes.end());
    return out;
}

Bytes open_hash_script() {
    Bytes out{0xa9, 0x14};
    out.insert(out.end(), open_script_hash.begin(), open_script_hash.end());
    out.push_back(0x87);
    return out;
}

bool DevelopmentCoins::keep(const TransactionOutput& output, Kind& kind) {
    static const auto witness = open_witness_script();
    static const auto hash = open_hash_script();
    kind = equal(output.script, witness) ? Kind::witness : Kind::hash;
    return kind == Kind::witness || equal(output.script, hash);
}

bool DevelopmentCoins::opens(const TransactionInput& input, Kind kind) {
    if (kind == Kind::hash)
        return std::equal(input.script.begin(), input.script.end(), redeem_push.begin(), redeem_push.end()) &&
               input.witness.empty();
    return input.script.empty() && input.witness.size() == 1 && input.witness[0].size() == 1 &&
           input.witness[0][0] == op_true;
}

std::string DevelopmentCoins::check_inputs(const BlockTransaction& tx, std::uint32_t height, Coins& made,
                                           Coins& spent, std::int64_t& fee_sats) const {
    std::int64_t in_sats = 0;
    for (const auto& input : tx.parsed.inputs) {
        const auto fresh = made.find(input.previous);
        const auto old = coins_.find(input.previous);
        if (fresh == made.end() && old == coins_.end()) return "bad-txns-inputs-missingorspent";
        const Coin coin = fresh != made.end() ? fresh->second : old->second;
        if (!spent.emplace(input.previous, coin).second) return "bad-txns-inputs-missingorspent";
        if (coin.coinbase && height < coin.height + coinbase_maturity)
            return "bad-txns-premature-spend-of-coinbase";
        if (!opens(input, coin.kind)) return "mandatory-script-verify-flag-failed";
        in_sats += coin.amount_sats;
    }
    std::int64_t out_sats = 0;
    for (std::size_t i = 0; i < tx.parsed.outputs.size(); ++i) {
        const auto& output = tx.parsed.outputs[i];
        if (output.amount_sats < 0 || output.amount_sats > money_max_sats) return "bad-txns-vout-toolarge";
        out_sats += output.amount_sats;
        if (out_sats > money_max_sats) return "bad-txns-txouttotal-toolarge";
        Coin coin{output.amount_sats, height, false, Kind::witness};
        if (keep(output, coin.kind)) made[{tx.txid, static_cast<std::uint32_t>(i)}] = coin;
    }
    if (out_sats > in_sats) return "bad-txns-in-belowout";
    fee_sats += in_sats - out_sats;
    return {};
}

std::string DevelopmentCoins::check(const std::vector<BlockTransaction>& transactions, std::uint32_t height,
                                    std::int64_t subsidy_sats) const {
    Coins made;
    Coins spent;
    std::int64_t fees_sats = 0;
    for (std::size_t i = 1; i < transactions.size(); ++i)
        if (auto reason = check_inputs(transactions[i], height, made, spent, fees_sats); !reason.empty())
            return reason;
    std::int64_t paid_sats = 0;
    for (const auto& output : transactions.front().parsed.outputs) {
        if (output.amount_sats < 0 || output.amount_sats > money_max_sats) return "bad-txns-vout-toolarge";
        paid_sats += output.amount_sats;
        if (paid_sats > subsidy_sats + fees_sats) return "bad-cb-amount";
    }
    return {};
}

void DevelopmentCoins::apply(const std::vector<BlockTransaction>& transactions, std::uint32_t height) {
    for (const auto& tx : transactions) {
        const bool coinbase = tx.parsed.is_coinbase();
        for (const auto& input : tx.parsed.inputs) coins_.erase(input.previous);
        for (std::size_t i = 0; i < tx.parsed.outputs.size(); ++i) {
            Coin coin{tx.parsed.outputs[i].amount_sats, height, coinbase, Kind::witness};
            if (!keep(tx.parsed.outputs[i], coin.kind)) continue;
            const OutPoint point{tx.txid, static_cast<std::uint32_t>(i)};
            if (coins_.emplace(point, coin).second) oldest_first_.push_back(point);
        }
    }
    std::erase_if(oldest_first_, [this](const auto& point) { return !coins_.contains(point); });
}

stratum::TemplateTransaction DevelopmentCoins::spend(const std::vector<std::pair<OutPoint, Coin>>& inputs,
                                                     std::int64_t fee_sats) {
    static const auto witness_script = open_witness_script();
    static const auto hash_script = open_hash_script();
    std::int64_t left_sats = -fee_sats;
    bool witness = false;
    for (const auto& [point, coin] : inputs) {
        left_sats += coin.amount_sats;
        witness = witness || coin.kind == Kind::witness;
    }
    stratum::TemplateTransaction out;
    stratum::ByteWriter writer(out.data);
    writer.le32(2);
    if (witness) writer.le16(0x0100);  // marker 0, flag 1
    writer.compact_size(inputs.size());
    for (const auto& [point, coin] : inputs) {
        writer.bytes(point.txid.bytes);
        writer.le32(point.index);
        writer.compact_size(coin.kind == Kind::hash ? redeem_push.size() : 0);
        if (coin.kind == Kind::hash) writer.bytes(redeem_push);
        writer.le32(0xfffffffd);
    }
    writer.compact_size(2);
    writer.le64(static_cast<std::uint64_t>(left_sats - left_sats / 3));
    writer.compact_size(witness_script.size());
    writer.bytes(witness_script);
    writer.le64(static_cast<std::uint64_t>(left_sats / 3));
    writer.compact_size(hash_script.size());
    writer.bytes(hash_script);
    for (std::size_t i = 0; witness && i < inputs.size(); ++i) {
        const bool open = inputs[i].second.kind == Kind::witness;
        writer.u8(open ? 1 : 0);
        if (open) writer.u8(1);
        if (open) writer.u8(op_true);
    }
    writer.le32(0);
    out.fee_sats = fee_sats;
    return out;
}

std::vector<stratum::TemplateTransaction> DevelopmentCoins::make_transactions(std::uint32_t height,
                                                                              std::size_t count) const {
    std::vector<stratum::TemplateTransaction> out;
    std::deque<std::pair<OutPoint, Coin>> ready;
    for (const auto& point : oldest_first_) {
        const auto& coin = coins_.at(point);
        if (coin.amount_sats < dust_sats) continue;
        if (!coin.coinbase || height >= coin.height + coinbase_maturity) ready.emplace_back(point, coin);
        if (ready.size() > 4 * count) break;
    }
    Bytes scratch;
    while (out.size() < count && !ready.empty()) {
        // Plenty of coins: join three into two. Few: split one into two.
        const std::size_t taken = ready.size() > 2 * count ? 3 : 1;
        std::vector<std::pair<OutPoint, Coin>> inputs;
        for (std::size_t i = 0; i < taken; ++i) {
            inputs.push_back(ready.front());
            ready.pop_front();
        }
        auto tx = spend(inputs, fee_of(out.size()));
        const auto hashes = hash_transaction(tx.data, scratch);
        STRATUM_ENSURE(hashes.has_value());
        tx.txid = hashes->txid;
        tx.wtxid = hashes->wtxid;
        tx.weight = static_cast<std::uint32_t>(hashes->weight);
        const auto parsed = parse_transaction(tx.data);
        for (std::uint32_t i = 0; i < 2; ++i) {
            const Coin coin{parsed->outputs[i].amount_sats, height, false,
                            i == 0 ? Kind::witness : Kind::hash};
            if (coin.amount_sats >= dust_sats) ready.emplace_back(OutPoint{tx.txid, i}, coin);
        }
        out.push_back(std::move(tx));
    }
    return out;
}

}  // namespace server::node
