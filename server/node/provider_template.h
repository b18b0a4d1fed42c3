#pragma once
// What a template provider sends, made into a template and checked as getblocktemplate's result is: nothing
// is believed that can be computed. Pure; any thread. Stratum V2 specification chapter 7; BIP34, BIP141.
// Not told by the protocol, so not checked here: the transactions' fees and sigops (both count as in the
// provider's sum), the earliest time (the node's block header tells it). On test networks the 20-minute rule
// changes nbits with time alone: the protocol tells it with the next previous block only.

#include <cstdint>
#include <vector>

#include "server/node/template_parser.h"
#include "stratum/v2/messages_template.h"

namespace server::node {

// NewTemplate, kept beyond its frame.
struct ProviderOffer {
    std::uint64_t template_id = 0;
    std::uint32_t version = 0;
    stratum::Bytes coinbase_prefix;
    std::uint64_t value_remaining_sats = 0;
    std::uint32_t outputs_count = 0;
    stratum::Bytes outputs;
    std::vector<stratum::Hash256> merkle_path;
};
ProviderOffer offer_of(const stratum::v2::NewTemplate& message);

// SetNewPrevHash: what offers build on from then on.
struct ProviderTip {
    stratum::Hash256 previous;
    std::uint32_t time = 0;  // where to start, not the earliest there may be
    std::uint32_t nbits = 0;
    stratum::Uint256 target;
};
ProviderTip tip_of(const stratum::v2::SetNewTemplatePrevHash& message);

// Offer, tip and RequestTransactionData.Success's transactions as one template. Its time_min is its time, its
// origin the offer's template_id and no connection.
[[nodiscard]] TemplateResult make_provider_template(const ProviderOffer& offer, const ProviderTip& tip,
                                                    const std::vector<stratum::ByteView>& transactions,
                                                    stratum::Network network);

}  // namespace server::node
