#include "server/node/provider_template.h"

#include <algorithm>
#include <array>

#include "server/node/template_check.h"
#include "stratum/coinbase.h"
#include "stratum/merkle.h"

namespace server::node {
namespace {

using stratum::Bytes;
using stratum::ByteView;

constexpr std::array<std::uint8_t, 6> commitment_start{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
constexpr std::uint8_t op_1 = 0x51;
constexpr std::uint8_t op_16 = 0x60;
constexpr std::uint32_t height_max = 0x7fffffff;
constexpr std::size_t number_bytes_max = 5;

using Wrong = std::optional<TemplateError>;

// The number that a coinbase script begins with; 0 when it is none. Whether it is in its shortest form is
// seen by making it again.
std::uint32_t height_of(ByteView script) {
    if (script.empty()) return 0;
    if (script[0] >= op_1 && script[0] <= op_16) return script[0] - op_1 + 1U;
    const std::size_t bytes = script[0];
    if (bytes == 0 || bytes > number_bytes_max || script.size() <= bytes) return 0;
    std::uint64_t height = 0;
    for (std::size_t i = bytes; i > 0; --i) height = height << 8 | script[i];
    return height <= height_max ? static_cast<std::uint32_t>(height) : 0;
}

// The height push, and what the node wants behind it (Bitcoin Core: OP_0), which goes where flags go.
Wrong take_prefix(const ProviderOffer& offer, stratum::Template& work) {
    const auto& prefix = offer.coinbase_prefix;
    work.height = height_of(prefix);
    const auto push = stratum::height_push(work.height);
    if (work.height == 0 || prefix.size() < push.size() ||
        !std::equal(push.begin(), push.end(), prefix.begin()))
        return TemplateError::bad_height;
    if (prefix.size() - push.size() > stratum::coinbase_flags_bytes_max) return TemplateError::bad_field;
    work.coinbase_flags.assign(prefix.begin() + static_cast<std::ptrdiff_t>(push.size()), prefix.end());
    return std::nullopt;
}

Wrong take_transactions(const std::vector<ByteView>& transactions, stratum::Template& work,
                        Witnesses& witnesses) {
    if (transactions.size() > template_transactions_max) return TemplateError::too_many_transactions;
    Bytes scratch;
    std::size_t weight = 0;
    work.transactions.reserve(transactions.size());
    for (const auto data : transactions) {
        const auto hashes = hash_transaction(data, scratch);
        if (!hashes) return TemplateError::bad_transaction;
        weight += hashes->weight;
        if (weight > block_weight_max) return TemplateError::block_too_heavy;
        if (hashes->has_witness) witnesses = Witnesses::some;
        work.transactions.push_back({{data.begin(), data.end()},
                                     hashes->txid,
                                     hashes->wtxid,
                                     0,
                                     static_cast<std::uint32_t>(hashes->weight),
                                     0});
    }
    return std::nullopt;
}

// The commitment is the one output that our coinbases have beside the payout.
Wrong find_commitment(const ProviderOffer& offer, std::optional<ByteView>& commitment) {
    stratum::ByteReader reader(offer.outputs);
    for (std::uint32_t i = 0; i < offer.outputs_count; ++i) {
        const auto amount = reader.le64();
        const auto script = reader.bytes(reader.compact_size());
        if (!reader.ok()) return TemplateError::bad_field;
        const bool is_commitment =
            script.size() >= commitment_start.size() &&
            std::equal(commitment_start.begin(), commitment_start.end(), script.begin());
        if (!is_commitment || amount != 0 || commitment) return TemplateError::unknown_output;
        commitment = script;
    }
    return reader.left() == 0 ? Wrong{} : TemplateError::bad_field;
}

Wrong take_value(const ProviderOffer& offer, stratum::Network network, stratum::Template& work) {
    const auto subsidy = subsidy_sats(work.height, network);
    if (offer.value_remaining_sats < static_cast<std::uint64_t>(subsidy) ||
        offer.value_remaining_sats > static_cast<std::uint64_t>(money_max_sats))
        return TemplateError::bad_coinbase_value;
    work.coinbase_value_sats = static_cast<std::int64_t>(offer.value_remaining_sats);
    work.fees_sats = work.coinbase_value_sats - subsidy;
    return std::nullopt;
}

Wrong fill(const ProviderOffer& offer, const ProviderTip& tip, const std::vector<ByteView>& transactions,
           stratum::Network network, stratum::Template& work) {
    // As getblocktemplate says with signet_challenge: blocks of signet need its keepers' signature.
    if (network == stratum::Network::signet) return TemplateError::signature_needed;
    if (tip.time == 0) return TemplateError::bad_time;
    if (const auto wrong = check_target(work, tip.target, network)) return wrong;
    if (const auto wrong = take_prefix(offer, work)) return wrong;
    if (const auto wrong = take_value(offer, network, work)) return wrong;
    auto witnesses = Witnesses::none;
    if (const auto wrong = take_transactions(transactions, work, witnesses)) return wrong;
    work.merkle_branches = stratum::merkle_branches_of(txids_of(work));
    if (work.merkle_branches != offer.merkle_path) return TemplateError::merkle_path_mismatch;
    std::optional<ByteView> commitment;
    if (const auto wrong = find_commitment(offer, commitment)) return wrong;
    return check_commitment(work, commitment, witnesses);
}

}  // namespace

ProviderOffer offer_of(const stratum::v2::NewTemplate& message) {
    ProviderOffer out;
    out.template_id = message.template_id;
    out.version = message.version;
    out.coinbase_prefix.assign(message.coinbase_prefix.begin(), message.coinbase_prefix.end());
    out.value_remaining_sats = message.coinbase_tx_value_remaining;
    out.outputs_count = message.coinbase_tx_outputs_count;
    out.outputs.assign(message.coinbase_tx_outputs.begin(), message.coinbase_tx_outputs.end());
    out.merkle_path.assign(message.merkle_path.begin(), message.merkle_path.end());
    return out;
}

ProviderTip tip_of(const stratum::v2::SetNewTemplatePrevHash& message) {
    return {message.prev_hash, message.header_timestamp, message.nbits, message.target};
}

TemplateResult make_provider_template(const ProviderOffer& offer, const ProviderTip& tip,
                                      const std::vector<ByteView>& transactions, stratum::Network network) {
    NodeTemplate out;
    auto& work = out.work;
    work.previous = tip.previous;
    work.version = offer.version;
    work.nbits = tip.nbits;
    work.time = tip.time;
    work.time_min = tip.time;
    work.origin = stratum::TemplateOrigin{0, offer.template_id};
    if (const auto wrong = fill(offer, tip, transactions, network, work)) return *wrong;
    return out;
}

}  // namespace server::node
