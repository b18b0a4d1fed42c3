#pragma once
// The PPLNS window: which shares a block pays, and how much each account's shares weigh. Pure; any thread.
// A share weighs work * floor(2^112 / network work at its job's time), so a window of X units of network work
// weighs X * 2^112 whatever retargets lie inside. The floor errs by less than network work / 2^112: 2^-32 at
// 2^80 hashes a block. Entries are given newest first; the oldest share counts with the part that still fits.

#include <cstdint>
#include <optional>
#include <string>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

inline constexpr unsigned unit_bits = 112;
inline constexpr unsigned window_factor_max = 1024;

// floor(2^112 / network_work): what one hash weighs. Published with each slice.
[[nodiscard]] LedgerResult<Integer> weight_of_hash(const Integer& network_work);
// floor(2^256 / (target + 1)); a target of 2^256 - 1 gives 1.
[[nodiscard]] Integer work_of_target(const Integer& target);
[[nodiscard]] Integer window_limit(unsigned factor);

class Window {
  public:
    enum class Taken { whole, cut, none };  // none: the window was full before

    explicit Window(const Integer& limit) : limit_(limit) {}

    // The next older share.
    [[nodiscard]] LedgerResult<Taken> add_share(const std::string& account, const Integer& work,
                                                const Integer& hash_weight);
    // One account's work in a run of older shares that lies in the window whole. The caller knows so from the
    // run's total; a run that does not fit is refused (Taken::none, nothing added) and has to be given share
    // by share.
    [[nodiscard]] LedgerResult<Taken> add_run(const std::string& account, const Integer& work,
                                              const Integer& hash_weight);

    [[nodiscard]] const Integer& limit() const { return limit_; }
    [[nodiscard]] const Integer& total() const { return total_; }
    [[nodiscard]] Integer room() const { return limit_ - total_; }
    [[nodiscard]] bool full() const { return total_ == limit_; }
    // What counts of the oldest share; absent while every share counts whole.
    [[nodiscard]] const std::optional<Integer>& cut_weight() const { return cut_weight_; }
    [[nodiscard]] const Weights& weights() const { return weights_; }

  private:
    Integer limit_;
    Integer total_ = 0;
    std::optional<Integer> cut_weight_;
    Weights weights_;
};

}  // namespace fleet::ledger
