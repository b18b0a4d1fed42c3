#pragma once
// What every template must hold, whoever offers it: a node by getblocktemplate or a template provider. Pure;
// any thread.

#include <optional>
#include <vector>

#include "server/node/template_parser.h"

namespace server::node {

// An empty answer is consent; it then sets the field it is about.

// nbits is a target, no easier than the network's easiest, and the one that was `stated` beside it.
[[nodiscard]] std::optional<TemplateError> check_target(stratum::Template& work,
                                                        const std::optional<stratum::Uint256>& stated,
                                                        stratum::Network network);

enum class Witnesses { none, some };  // whether any transaction has one
// The offered commitment script, if any, is that of the transactions. BIP141.
[[nodiscard]] std::optional<TemplateError> check_commitment(stratum::Template& work,
                                                            const std::optional<stratum::ByteView>& offered,
                                                            Witnesses witnesses);

std::vector<stratum::Hash256> txids_of(const stratum::Template& work);
std::vector<stratum::Hash256> wtxids_of(const stratum::Template& work);

}  // namespace server::node
