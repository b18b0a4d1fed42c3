#include "server/node/template_check.h"

#include <algorithm>

#include "stratum/coinbase.h"
#include "stratum/target.h"

namespace server::node {
namespace {

using stratum::Hash256;
using stratum::Network;

std::uint32_t easiest_nbits(Network network) {
    switch (network) {
        case Network::main:
        case Network::test:
            return 0x1d00ffff;
        case Network::signet:
            return 0x1e0377ae;
        case Network::regtest:
            break;
    }
    return 0x207fffff;
}

std::vector<Hash256> hashes_of(const stratum::Template& work, Hash256 stratum::TemplateTransaction::*which) {
    std::vector<Hash256> out;
    out.reserve(work.transactions.size());
    for (const auto& tx : work.transactions) out.push_back(tx.*which);
    return out;
}

}  // namespace

std::optional<TemplateError> check_target(stratum::Template& work,
                                          const std::optional<stratum::Uint256>& stated, Network network) {
    const auto target = stratum::target_of_nbits(work.nbits);
    if (!target || *target > *stratum::target_of_nbits(easiest_nbits(network)))
        return TemplateError::bad_nbits;
    if (stated && *stated != *target) return TemplateError::bad_nbits;
    work.network_target = *target;
    return std::nullopt;
}

std::optional<TemplateError> check_commitment(stratum::Template& work,
                                              const std::optional<stratum::ByteView>& offered,
                                              Witnesses witnesses) {
    if (!offered) {
        if (witnesses == Witnesses::some) return TemplateError::commitment_missing;
        return std::nullopt;
    }
    const auto expected = stratum::witness_commitment_script(wtxids_of(work));
    if (!std::equal(offered->begin(), offered->end(), expected.begin(), expected.end()))
        return TemplateError::commitment_mismatch;
    work.witness_commitment = expected;
    return std::nullopt;
}

std::vector<Hash256> txids_of(const stratum::Template& work) {
    return hashes_of(work, &stratum::TemplateTransaction::txid);
}

std::vector<Hash256> wtxids_of(const stratum::Template& work) {
    return hashes_of(work, &stratum::TemplateTransaction::wtxid);
}

}  // namespace server::node
