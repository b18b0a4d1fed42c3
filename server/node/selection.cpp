#include "server/node/selection.h"

#include <algorithm>

#include "server/node/template_parser.h"
#include "stratum/coinbase.h"
#include "stratum/target.h"

namespace server::node {
namespace {

constexpr std::uint32_t retarget_blocks = 2016;

// Networks whose target can change, and where: main and signet each 2016 blocks; test at any block (its
// 20-minute rule).
bool target_stays(std::uint32_t height, stratum::Network network) {
    if (network == stratum::Network::regtest) return true;
    return network != stratum::Network::test && height % retarget_blocks != 0;
}

}  // namespace

std::optional<std::size_t> choose(const std::vector<Candidate>& candidates,
                                  std::optional<std::size_t> current) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (!candidates[i].usable) continue;
        const bool higher = !best || candidates[i].height > candidates[*best].height;
        const bool kept = best && candidates[i].height == candidates[*best].height && current == i;
        if (higher || kept) best = i;
    }
    return best;
}

std::optional<stratum::Template> make_early_template(const BlockHeader& tip, const stratum::Template& mined,
                                                     stratum::Network network, std::uint32_t now) {
    if (tip.previous != mined.previous || tip.height != mined.height || tip.nbits != mined.nbits)
        return std::nullopt;
    if (tip.confirmations < 1 || !proves_work(tip) || !target_stays(tip.height + 1, network))
        return std::nullopt;
    stratum::Template out;
    out.coin = mined.coin;
    out.algorithm = mined.algorithm;
    out.height = tip.height + 1;
    out.previous = tip.hash;
    out.version = mined.version;
    out.version_required = mined.version_required;
    out.nbits = mined.nbits;
    out.network_target = mined.network_target;
    out.time_min = tip.median_time + 1;
    out.time = std::max(now, out.time_min);
    out.coinbase_value_sats = subsidy_sats(out.height, network);
    out.coinbase_flags = mined.coinbase_flags;
    // Once segwit is active it stays so; a commitment before would make the coinbase's witness unexpected.
    if (!mined.witness_commitment.empty()) out.witness_commitment = stratum::witness_commitment_script({});
    out.early = true;
    return out;
}

bool is_believable(const BlockHeader& tip, const stratum::Template* mined) {
    if (!proves_work(tip)) return false;
    if (mined == nullptr) return true;
    return (*stratum::target_of_nbits(tip.nbits) >> 2) <= mined->network_target;
}

}  // namespace server::node
