#include "tests/unit/server/node/provided_work.h"

#include "server/node/transaction.h"
#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/target.h"
#include "tests/unit/server/node/template_json.h"

namespace node_test {

using namespace server::node;

ProvidedWork::ProvidedWork() {
    transactions = {make_transaction(1, true), make_transaction(2, false), make_transaction(3, true)};
    std::vector<stratum::Hash256> txids;
    std::vector<stratum::Hash256> wtxids;
    stratum::Bytes scratch;
    for (const auto& data : transactions) {
        const auto hashes = hash_transaction(data, scratch);
        txids.push_back(hashes->txid);
        wtxids.push_back(hashes->wtxid);
    }
    offer.template_id = 7;
    offer.version = 0x20000000;
    offer.coinbase_prefix = stratum::height_push(201);
    offer.coinbase_prefix.push_back(0);
    offer.value_remaining_sats = 25ULL * 100'000'000 + 3000;
    offer.merkle_path = stratum::merkle_branches_of(txids);
    add_output(offer, 0, stratum::witness_commitment_script(wtxids));
    tip.previous.bytes.fill(0x33);
    tip.time = 1'700'000'600;
    tip.nbits = 0x207fffff;
    tip.target = *stratum::target_of_nbits(tip.nbits);
}

std::string ProvidedWork::verdict(stratum::Network network) const {
    const auto made = make_provider_template(offer, tip, list(), network);
    return made ? "taken" : name_of(made.error());
}

stratum::v2::NewTemplate ProvidedWork::new_template(bool future) const {
    stratum::v2::NewTemplate out;
    out.template_id = offer.template_id;
    out.future_template = future;
    out.version = offer.version;
    out.coinbase_prefix = offer.coinbase_prefix;
    out.coinbase_tx_value_remaining = offer.value_remaining_sats;
    out.coinbase_tx_outputs_count = offer.outputs_count;
    out.coinbase_tx_outputs = offer.outputs;
    out.merkle_path = offer.merkle_path;
    return out;
}

stratum::v2::SetNewTemplatePrevHash ProvidedWork::previous_block() const {
    return {offer.template_id, tip.previous, tip.time, tip.nbits, tip.target};
}

void add_output(ProviderOffer& offer, std::uint64_t amount_sats, const stratum::Bytes& script) {
    ++offer.outputs_count;
    stratum::ByteWriter writer(offer.outputs);
    writer.le64(amount_sats);
    writer.compact_size(script.size());
    writer.bytes(script);
}

}  // namespace node_test
