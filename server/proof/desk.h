#pragma once
// Signs what the pool promises: a head of the log of slices each minute, bundles of blocks, a head of
// liabilities each day, receipts when they are switched on. Books thread; each call is a duty of the
// bookkeeper and gives what went wrong, or nothing.
//
// The last signed head is kept in the data folder, written before anybody can see it. A log that does not
// extend it is not signed: the database was brought back from a backup or is another one. It goes on by
// itself when the log has caught up, or in a new log after `hashyard proof adopt`.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/proof/key_file.h"
#include "server/store/proof_bundles.h"
#include "server/store/proof_log.h"

namespace server::proof {

inline constexpr std::size_t bundles_per_step_max = 20;
inline constexpr int log_steps_max = 40;  // of slices_per_step_max slices, in one step
inline constexpr std::uint64_t leaves_per_read_max = 100'000;
inline constexpr int liability_days_max = 7;  // days looked back at for missing heads

class Desk {
  public:
    Desk(store::Database& database, ProofOptions options, prometheus::Registry& registry);

    std::string sign_head(std::int64_t now_us);
    std::string sign_bundles(std::int64_t now_us);
    std::string sign_liabilities(std::int64_t now_us);
    std::string sign_receipts(std::int64_t now_us);

    // Lets the next head begin a new log; what was remembered is kept beside it. Empty, or what went wrong.
    static std::string adopt(store::Database& database, const ProofOptions& options, const std::string& by,
                             const std::string& why);
    [[nodiscard]] static std::filesystem::path head_path(const ProofOptions& options) {
        return options.data_dir / "proof-head";
    }

  private:
    std::string try_head(std::int64_t now_us);
    std::string try_bundles(std::int64_t now_us);
    std::string try_liabilities(std::int64_t now_us);
    std::string try_receipts(std::int64_t now_us);
    std::string open();
    std::string follow_log();
    std::string remember_heads();
    std::string why_not_extended() const;
    std::string sign_day(const std::string& day, std::int64_t now_us);

    store::Database& database_;
    const ProofOptions options_;
    prometheus::Family<prometheus::Counter>& signed_;
    prometheus::Gauge& slices_;
    prometheus::Gauge& head_at_;
    prometheus::Gauge& refused_;
    std::unique_ptr<fleet::proof::SigningKey> key_;
    store::ProofLog log_;
    fleet::proof::RootBuilder tree_;
    std::optional<fleet::proof::Hash> last_leaf_;
    std::vector<fleet::proof::TreeHead> heads_;          // that the log has to extend: folder's, database's
    std::map<std::uint64_t, fleet::proof::Hash> roots_;  // of the tree at their sizes
    std::map<store::BundleToMake, std::int64_t> put_off_us_;  // bundles that were refused: not before
};

}  // namespace server::proof
