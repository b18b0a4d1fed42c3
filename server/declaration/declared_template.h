#pragma once
// A declared job as work of ours: its template, and the block a solution makes. Pure; any thread.

#include <optional>
#include <span>
#include <vector>

#include "server/declaration/declared_coinbase.h"
#include "server/node/node_client.h"
#include "server/node/nodes.h"
#include "stratum/v2/declared_job.h"
#include "stratum/v2/messages_declaration.h"

namespace server::declaration {

// Puts transactions that a client gave where their wtxids stand and nothing stands yet; leaves out others.
void fill_given(std::span<const stratum::ByteView> given, std::span<const stratum::Hash256> wtxids,
                std::vector<stratum::TemplateTransaction>& transactions);

// On the tip of `newest`. The caller numbers it.
stratum::Template make_declared_template(const stratum::Template& newest, std::uint32_t version,
                                         const DeclaredCoinbase& coinbase,
                                         std::vector<stratum::TemplateTransaction> transactions);

// nullopt when the solution is not for this job or misses the network target. found_at_us is left to the
// caller.
std::optional<node::BlockCandidate> block_of(const stratum::v2::PushSolution& solution,
                                             const stratum::v2::DeclaredJob& job);

}  // namespace server::declaration
