#include "server/node/template_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/node/json_scanner.h"
#include "server/node/template_check.h"
#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/target.h"

namespace server::node {
namespace {

using stratum::Hash256;
using stratum::Network;

constexpr std::int64_t height_max = 0x7fffffff;
constexpr std::size_t data_letters_max = 2 * block_weight_max;

// Rules that change what a pool does are listed; others marked with "!" are not understood. BIP9, BIP145.
bool is_known_rule(std::string_view name) { return name == "segwit" || name == "csv" || name == "taproot"; }

// Everything read so far, and which of the necessary fields were there.
struct Reading {
    NodeTemplate out;
    TemplateError error = TemplateError::bad_field;
    std::optional<std::string_view> target;
    std::optional<std::string_view> commitment;
    bool version = false;
    bool previous = false;
    bool transactions = false;
    bool value = false;
    bool time = false;
    bool time_min = false;
    bool bits = false;
    bool height = false;
    bool any_witness = false;
    std::size_t weight = 0;
    stratum::Bytes scratch;

    bool fail(TemplateError reason) {
        error = reason;
        return false;
    }
    [[nodiscard]] bool complete() const {
        return version && previous && transactions && value && time && bits && height;
    }
};

template <typename Number>
bool read_number(JsonScanner& in, std::int64_t least, std::int64_t most, Number& out) {
    const auto value = in.integer();
    if (!value || *value < least || *value > most) return false;
    out = static_cast<Number>(*value);
    return true;
}

bool read_hash(JsonScanner& in, Hash256& out) {
    const auto text = in.string();
    const auto hash = text ? stratum::parse_displayed(*text) : std::nullopt;
    if (hash) out = *hash;
    return hash.has_value();
}

struct OfferedTransaction {
    std::optional<std::string_view> data;
    std::optional<Hash256> txid;
    std::optional<Hash256> wtxid;
    std::optional<std::int64_t> fee_sats;
    std::optional<std::int64_t> weight;
    std::uint32_t sigops = 0;
};

bool read_offered_field(JsonScanner& in, std::string_view key, OfferedTransaction& out) {
    if (key == "data") return (out.data = in.string()).has_value();
    if (key == "txid") return read_hash(in, out.txid.emplace());
    if (key == "hash") return read_hash(in, out.wtxid.emplace());
    if (key == "fee") return (out.fee_sats = in.integer()).has_value();
    if (key == "weight") return (out.weight = in.integer()).has_value();
    if (key == "sigops") {
        if (in.null()) return true;
        std::int64_t sigops = 0;
        if (!read_number(in, -1, block_sigops_max, sigops)) return false;
        out.sigops =
            static_cast<std::uint32_t>(std::max<std::int64_t>(sigops, 0));  // -1: the node has not counted
        return true;
    }
    return in.skip().has_value();
}

bool add_transaction(const OfferedTransaction& offered, Reading& reading) {
    auto& transactions = reading.out.work.transactions;
    if (transactions.size() == template_transactions_max)
        return reading.fail(TemplateError::too_many_transactions);
    if (!offered.data || !offered.txid || !offered.fee_sats)
        return reading.fail(TemplateError::missing_field);
    if (*offered.fee_sats < 0 || *offered.fee_sats > money_max_sats)
        return reading.fail(TemplateError::bad_fee);
    if (offered.data->size() > data_letters_max) return reading.fail(TemplateError::bad_transaction);

    auto data = stratum::parse_hex(*offered.data);
    if (!data) return reading.fail(TemplateError::bad_transaction);
    const auto hashes = hash_transaction(*data, reading.scratch);
    if (!hashes) return reading.fail(TemplateError::bad_transaction);
    if (hashes->txid != *offered.txid) return reading.fail(TemplateError::txid_mismatch);
    if (offered.wtxid && hashes->wtxid != *offered.wtxid) return reading.fail(TemplateError::wtxid_mismatch);
    if (offered.weight && static_cast<std::uint64_t>(*offered.weight) != hashes->weight)
        return reading.fail(TemplateError::weight_mismatch);

    reading.weight += hashes->weight;
    if (reading.weight > block_weight_max) return reading.fail(TemplateError::block_too_heavy);
    reading.any_witness = reading.any_witness || hashes->has_witness;
    reading.out.work.fees_sats += *offered.fee_sats;
    if (reading.out.work.fees_sats > money_max_sats) return reading.fail(TemplateError::bad_fee);
    transactions.push_back({std::move(*data), hashes->txid, hashes->wtxid, *offered.fee_sats,
                            static_cast<std::uint32_t>(hashes->weight), offered.sigops});
    return true;
}

bool read_transactions(JsonScanner& in, Reading& reading) {
    if (std::exchange(reading.transactions, true)) return false;  // said twice
    in.open_array();
    while (in.next_item()) {
        OfferedTransaction offered;
        std::string_view key;
        in.open_object();
        while (in.next_key(key))
            if (!read_offered_field(in, key, offered)) return reading.fail(TemplateError::bad_transaction);
        if (!in.ok()) return false;
        if (!add_transaction(offered, reading)) return false;
    }
    return in.ok();
}

bool read_rules(JsonScanner& in, Reading& reading) {
    in.open_array();
    while (in.next_item()) {
        const auto rule = in.string();
        if (!rule) return false;
        if (*rule == "!signet") return reading.fail(TemplateError::signature_needed);
        if (rule->starts_with('!') && !is_known_rule(rule->substr(1)))
            return reading.fail(TemplateError::unknown_rule);
    }
    return in.ok();
}

bool read_flags(JsonScanner& in, Reading& reading) {
    std::string_view key;
    in.open_object();
    while (in.next_key(key)) {
        const auto text = in.string();
        const auto flags = text ? stratum::parse_hex(*text) : std::nullopt;
        if (!flags) return false;
        auto& all = reading.out.work.coinbase_flags;
        // BIP22 wishes for them, consensus does not: too long ones are left out.
        if (all.size() + flags->size() <= stratum::coinbase_flags_bytes_max)
            all.insert(all.end(), flags->begin(), flags->end());
    }
    return in.ok();
}

bool read_bits(JsonScanner& in, Reading& reading) {
    const auto text = in.string();
    const auto bits = text && text->size() == 8 ? stratum::parse_hex_u32(*text) : std::nullopt;
    reading.bits = bits.has_value();
    reading.out.work.nbits = bits.value_or(0);
    return reading.bits || reading.fail(TemplateError::bad_nbits);
}

bool read_version(JsonScanner& in, Reading& reading) {
    std::int64_t version = 0;
    reading.version = read_number(in, INT32_MIN, INT32_MAX, version);
    reading.out.work.version = static_cast<std::uint32_t>(version);
    return reading.version;
}

bool read_time(JsonScanner& in, std::uint32_t& out, bool& present, Reading& reading) {
    present = read_number(in, 1, UINT32_MAX, out);
    return present || reading.fail(TemplateError::bad_time);
}

bool read_longpollid(JsonScanner& in, Reading& reading) {
    const auto text = in.string();
    if (!text || text->size() > longpollid_bytes_max) return false;
    reading.out.longpollid = *text;
    return true;
}

bool read_field(JsonScanner& in, std::string_view key, Reading& reading) {
    auto& work = reading.out.work;
    if (key == "transactions") return read_transactions(in, reading);
    if (key == "version") return read_version(in, reading);
    if (key == "vbrequired") return read_number(in, 0, UINT32_MAX, work.version_required);
    if (key == "previousblockhash") return reading.previous = read_hash(in, work.previous);
    if (key == "coinbaseaux") return read_flags(in, reading);
    if (key == "coinbasevalue") {
        reading.value = read_number(in, 0, money_max_sats, work.coinbase_value_sats);
        return reading.value || reading.fail(TemplateError::bad_coinbase_value);
    }
    if (key == "curtime") return read_time(in, work.time, reading.time, reading);
    if (key == "mintime") return read_time(in, work.time_min, reading.time_min, reading);
    if (key == "bits") return read_bits(in, reading);
    if (key == "height") {
        reading.height = read_number(in, 1, height_max, work.height);
        return reading.height || reading.fail(TemplateError::bad_height);
    }
    if (key == "rules") return read_rules(in, reading);
    if (key == "longpollid") return read_longpollid(in, reading);
    if (key == "target") return (reading.target = in.string()).has_value();
    if (key == "default_witness_commitment") return (reading.commitment = in.string()).has_value();
    if (key == "weightlimit") return read_number(in, 4000, block_weight_max, reading.out.weight_limit);
    if (key == "sigoplimit") return read_number(in, 1, block_sigops_max, reading.out.sigop_limit);
    if (key == "signet_challenge") return reading.fail(TemplateError::signature_needed);
    return in.skip().has_value();
}

bool check_whole(Reading& reading, Network network) {
    auto& work = reading.out.work;
    if (!reading.complete()) return reading.fail(TemplateError::missing_field);
    if (!reading.time_min)
        work.time_min = work.time;  // a node older than BIP23's mintime: stay at its own time
    if (work.time < work.time_min) return reading.fail(TemplateError::bad_time);

    std::optional<stratum::Uint256> stated;
    if (reading.target) {
        stated = stratum::Uint256::parse_hex(*reading.target);
        if (!stated) return reading.fail(TemplateError::bad_nbits);
    }
    if (const auto wrong = check_target(work, stated, network)) return reading.fail(*wrong);

    const auto most_sats = subsidy_sats(work.height, network) + work.fees_sats;
    if (work.coinbase_value_sats < work.fees_sats || work.coinbase_value_sats > most_sats)
        return reading.fail(TemplateError::bad_coinbase_value);

    std::optional<stratum::Bytes> commitment;
    if (reading.commitment) {
        commitment = stratum::parse_hex(*reading.commitment);
        if (!commitment) return reading.fail(TemplateError::commitment_mismatch);
    }
    const auto wrong =
        check_commitment(work, commitment, reading.any_witness ? Witnesses::some : Witnesses::none);
    return !wrong || reading.fail(*wrong);
}

}  // namespace

const char* name_of(TemplateError error) {
    static constexpr std::array names{"not_json",
                                      "missing_field",
                                      "bad_field",
                                      "unknown_rule",
                                      "signature_needed",
                                      "bad_height",
                                      "bad_time",
                                      "bad_nbits",
                                      "bad_transaction",
                                      "txid_mismatch",
                                      "wtxid_mismatch",
                                      "weight_mismatch",
                                      "too_many_transactions",
                                      "block_too_heavy",
                                      "bad_fee",
                                      "bad_coinbase_value",
                                      "commitment_missing",
                                      "commitment_mismatch",
                                      "merkle_path_mismatch",
                                      "unknown_output"};
    static_assert(names.size() == static_cast<std::size_t>(TemplateError::unknown_output) + 1);
    return names[static_cast<std::size_t>(error)];
}

std::int64_t subsidy_sats(std::uint32_t height, Network network) {
    const std::uint32_t halvings = height / (network == Network::regtest ? 150 : 210'000);
    return halvings >= 64 ? 0 : 50LL * 100'000'000 >> halvings;
}

TemplateResult parse_template(std::string_view json, Network network) {
    JsonScanner in(json);
    Reading reading;
    std::string_view key;
    in.open_object();
    while (in.next_key(key))
        if (!read_field(in, key, reading)) return in.ok() ? reading.error : TemplateError::not_json;
    if (!in.at_end()) return TemplateError::not_json;
    if (!check_whole(reading, network)) return reading.error;
    auto& work = reading.out.work;
    work.merkle_branches = stratum::merkle_branches_of(txids_of(work));
    return std::move(reading.out);
}

bool fit_to_limits(NodeTemplate& offered, std::size_t coinbase_weight, std::size_t coinbase_sigops) {
    auto& work = offered.work;
    // Header 80 bytes and a transaction count of at most 3, each byte weighing 4.
    std::size_t weight = 4 * (80 + 3) + coinbase_weight;
    std::size_t sigops = coinbase_sigops;
    for (const auto& tx : work.transactions) {
        weight += tx.weight;
        sigops += tx.sigops;
    }
    const auto count = work.transactions.size();
    while (!work.transactions.empty() && (weight > offered.weight_limit || sigops > offered.sigop_limit)) {
        const auto& last = work.transactions.back();
        weight -= last.weight;
        sigops -= last.sigops;
        work.fees_sats -= last.fee_sats;
        work.coinbase_value_sats -= last.fee_sats;
        work.transactions.pop_back();
    }
    if (work.transactions.size() == count) return false;
    work.merkle_branches = stratum::merkle_branches_of(txids_of(work));
    if (!work.witness_commitment.empty())
        work.witness_commitment = stratum::witness_commitment_script(wtxids_of(work));
    work.origin.reset();  // it is no longer the provider's
    return true;
}

}  // namespace server::node
