#include "tests/sim/ledger.h"

#include "stratum/extranonce.h"
#include "stratum/limits.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "tests/sim/require.h"

namespace sim {

using stratum::Uint256;

void Ledger::acknowledge(const stratum::Hash256& hash, const Credit& credit) {
    require(Uint256::from_hash(hash) <= credit.target, "credit is for work that was done");
    require(acknowledged_.emplace(hash, credit).second, "one header is credited once");
}

void Ledger::leave_unanswered(const stratum::Hash256& hash, const Credit& credit) {
    require(unanswered_.emplace(hash, credit).second, "one header is judged worth credit once");
    ++counts.unanswered;
}

void Ledger::check_blocks() {
    require(blocks_seen_ == blocks_expected_,
            "each header that meets the network target is a block, and no other");
    counts.blocks += blocks_seen_.size();
    for (const auto& header : blocks_seen_) all_blocks_.insert(stratum::sha256d(header));
    blocks_seen_.clear();
    blocks_expected_.clear();
}

void Ledger::hold_prefix(const std::string& prefix, Holder holder, Instant now) {
    require(prefix.size() == 2 * stratum::prefix_bytes, "a prefix has four bytes");
    require(live_prefixes_.insert(prefix).second, "no two live channels share a prefix");
    const auto released = released_prefixes_.find(prefix);
    if (released == released_prefixes_.end()) return;
    require(holder == Holder::resumed || now - released->second.at >= stratum::job_kept_for,
            "a prefix rests while jobs of its last holder live");
    released_prefixes_.erase(released);
}

std::size_t Ledger::prefixes_taken(Instant now) const {
    std::size_t taken = live_prefixes_.size();
    for (const auto& [prefix, released] : released_prefixes_) taken += released.taken_until > now ? 1u : 0u;
    return taken;
}

void Ledger::release_prefix(const std::string& prefix, Instant now, Instant taken_until) {
    require(live_prefixes_.erase(prefix) == 1, "a prefix is released once");
    released_prefixes_.insert_or_assign(prefix, Released{now, taken_until});
}

void Ledger::release_unproved_prefix(const std::string& prefix) {
    require(live_prefixes_.erase(prefix) == 1, "a prefix is released once");
}

void Ledger::forget_prefixes() {
    live_prefixes_.clear();
    released_prefixes_.clear();
}

void Ledger::compare_with(const StoreModel& store) const {
    Uint256 expected, stored_work;
    for (const auto& [hash, credit] : acknowledged_) {
        const auto stored = store.shares().find(hash);
        require(stored != store.shares().end(), "no acknowledged share is lost");
        require(stored->second.target == credit.target,
                "each share is stored with the target it was credited for");
        require(stored->second.worker == credit.worker, "each share is stored for the worker who sent it");
    }
    for (const auto& [hash, credit] : store.shares()) {
        const auto known = acknowledged_.contains(hash) ? acknowledged_.find(hash) : unanswered_.find(hash);
        require(known != unanswered_.end(), "nothing is stored that was not credited");
        expected = expected + stratum::work_of_target(known->second.target);
        stored_work = stored_work + stratum::work_of_target(credit.target);
    }
    require(stored_work == expected, "the work stored is the work credited");
    for (const auto& hash : all_blocks_) require(store.blocks().contains(hash), "every block is stored");
}

}  // namespace sim
