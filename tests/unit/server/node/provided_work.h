#pragma once
// What a template provider sends for three transactions, as a sound regtest one would. Each part can be
// replaced by a lie afterwards.

#include "server/node/provider_template.h"

namespace node_test {

struct ProvidedWork {
    ProvidedWork();

    [[nodiscard]] std::vector<stratum::ByteView> list() const {
        return {transactions.begin(), transactions.end()};
    }
    // "taken", or the error's name.
    [[nodiscard]] std::string verdict(stratum::Network network = stratum::Network::regtest) const;
    // The offer as it goes over the wire; views into this object.
    [[nodiscard]] stratum::v2::NewTemplate new_template(bool future) const;
    [[nodiscard]] stratum::v2::SetNewTemplatePrevHash previous_block() const;

    server::node::ProviderOffer offer;
    server::node::ProviderTip tip;
    std::vector<stratum::Bytes> transactions;
};

// One more output at the end, with its count.
void add_output(server::node::ProviderOffer& offer, std::uint64_t amount_sats, const stratum::Bytes& script);

}  // namespace node_test
