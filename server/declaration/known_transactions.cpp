#include "server/declaration/known_transactions.h"

namespace server::declaration {

void KnownTransactions::add(stratum::TemplatePtr work) {
    templates_.push_back(std::move(work));
    if (templates_.size() > known_templates_max) templates_.pop_front();
    by_wtxid_.clear();
    for (const auto& kept : templates_)
        for (const auto& transaction : kept->transactions) by_wtxid_[transaction.wtxid] = &transaction;
}

const stratum::TemplateTransaction* KnownTransactions::find(const stratum::Hash256& wtxid) const {
    const auto found = by_wtxid_.find(wtxid);
    return found == by_wtxid_.end() ? nullptr : found->second;
}

}  // namespace server::declaration
