#pragma once
// The transactions of our nodes' latest templates, by wtxid: what a client need not send when it declares a
// job. One thread.

#include <deque>
#include <unordered_map>

#include "stratum/template.h"

namespace server::declaration {

// At one every 30 s, two minutes: what a client's own node had a moment earlier.
inline constexpr std::size_t known_templates_max = 4;

class KnownTransactions {
  public:
    void add(stratum::TemplatePtr work);
    // Null when no kept template has it. Valid until the next add().
    [[nodiscard]] const stratum::TemplateTransaction* find(const stratum::Hash256& wtxid) const;
    [[nodiscard]] std::size_t size() const { return by_wtxid_.size(); }

  private:
    struct Hasher {
        std::size_t operator()(const stratum::Hash256& hash) const {
            return static_cast<std::size_t>(stratum::load_le64(hash.bytes.data()));
        }
    };
    std::deque<stratum::TemplatePtr> templates_;
    std::unordered_map<stratum::Hash256, const stratum::TemplateTransaction*, Hasher> by_wtxid_;
};

}  // namespace server::declaration
