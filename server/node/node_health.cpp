#include "server/node/node_health.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace server::node {
namespace {

using stratum::Network;

struct KnownChain {
    std::string_view chain;
    Network network;
    std::string_view genesis;
};
// As Bitcoin Core and bcoin name them.
constexpr std::array<KnownChain, 6> known_chains{{
    {"main", Network::main, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"},
    {"test", Network::test, "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"},
    {"testnet", Network::test, "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"},
    {"testnet4", Network::test, "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043"},
    {"signet", Network::signet, "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"},
    {"regtest", Network::regtest, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"},
}};

NodeJudgement of_error(const NodeError& error) {
    switch (error.failure) {
        case NodeFailure::unreachable:
            return {NodeState::unreachable, error.detail};
        case NodeFailure::unauthorized:
            return {NodeState::unreachable, "it refuses our user, password or cookie"};
        case NodeFailure::warming_up:
            return {NodeState::starting, error.detail};
        case NodeFailure::downloading:
            return {NodeState::lagging, error.detail};
        case NodeFailure::silent:
            return {NodeState::stalled, "it does not answer in time"};
        case NodeFailure::without_peers:
            return {NodeState::stalled, error.detail};
        case NodeFailure::not_understood:
            return {NodeState::stalled, "its answer is not understood: " + error.detail};
        case NodeFailure::bad_template:
            return {NodeState::stalled, "its template is unsound: " + error.detail};
        case NodeFailure::no_provider:
            return {NodeState::stalled, "its template provider gives no work: " + error.detail};
        case NodeFailure::not_found:
        case NodeFailure::refused:
        case NodeFailure::closed:
            break;
    }
    return {NodeState::stalled, "it refuses: " + error.detail};
}

}  // namespace

NodeJudgement judge(const NodeObservation& seen, const NodeLimits& limits) {
    if (seen.poll_error) return of_error(*seen.poll_error);
    if (!seen.wrong_chain.empty()) return {NodeState::wrong_chain, seen.wrong_chain};
    if (!seen.identified) return {NodeState::starting, "not reached yet"};
    if (!seen.distrusted.empty()) return {NodeState::wrong_chain, seen.distrusted};
    if (seen.template_error) {
        if (seen.initial_download)
            return {NodeState::lagging,
                    fmt::format("it downloads the chain ({} headers known)", seen.headers)};
        return of_error(*seen.template_error);
    }
    if (!seen.template_age) return {NodeState::starting, "no template yet"};
    if (*seen.template_age > limits.stalled_after)
        return {NodeState::stalled, "it gives no template any more"};
    if (seen.tip_without_template > limits.lagging_after)
        return {NodeState::stalled, "no template follows its tip"};
    if (seen.height < seen.height_elsewhere && seen.behind_for > limits.lagging_after)
        return {NodeState::lagging, "another node is ahead of it"};
    return {NodeState::healthy, ""};
}

std::string wrong_chain(const std::string& chain, const stratum::Hash256& genesis, Network network) {
    const auto first = stratum::displayed(genesis);
    const bool known = std::any_of(known_chains.begin(), known_chains.end(), [&](const auto& one) {
        return one.chain == chain && one.network == network && one.genesis == first;
    });
    if (known) return {};
    return fmt::format("it is on \"{}\" (first block {}...), the pool mines {}", chain, first.substr(0, 16),
                       stratum::name_of(network));
}

}  // namespace server::node
