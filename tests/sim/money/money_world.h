#pragma once
// Years of a pool's money, from a seed: shares, blocks and their fate, people, payouts, restores, over a real
// PostgreSQL whose wire breaks at every statement in turn and a wallet that lies. After each break everything
// but the database and the data folder is thrown away, and the act is done again. One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/pool/importer.h"
#include "server/store/payout_batches.h"
#include "server/wallet/options.h"
#include "tests/integration/import/memory_source.h"
#include "tests/integration/store/fresh_database.h"
#include "tests/sim/money/money_model.h"
#include "tests/sim/random.h"
#include "tests/simulators/faulty_link.h"
#include "tests/simulators/wallet_stub.h"
#include "tests/temporary_folder.h"

namespace sim {

inline constexpr std::int64_t day_us = 86'400'000'000;
inline constexpr std::int64_t first_day_us = 1'577'836'800'000'000;  // 2020-01-01

struct MoneyCounts {
    std::uint64_t shares = 0;
    std::uint64_t blocks = 0;
    std::uint64_t orphans = 0;
    std::uint64_t returns = 0;
    std::uint64_t deep = 0;  // mature blocks that were reorganised away
    std::uint64_t breaks = 0;
    std::uint64_t settled = 0;
    std::uint64_t lies = 0;
    std::uint64_t chain_reorganisations = 0;
    std::uint64_t restores = 0;
    std::uint64_t months = 0;
    std::uint64_t checks = 0;
};

class MoneyWorld {
  public:
    explicit MoneyWorld(std::uint64_t seed);
    ~MoneyWorld();

    void day();
    void finish();  // all is quiet: what is open comes to its end
    [[nodiscard]] const MoneyCounts& counts() const { return counts_; }
    // Act and its statements, with how many of them were broken before and after: "post 23: 23 + 23".
    [[nodiscard]] std::string coverage() const;

  private:
    using Act = std::function<bool()>;  // false: the database went away meanwhile

    // What a person decides, once for the database and once for the model; told again after a restore.
    struct Decision {
        int day = 0;
        std::function<bool()> step;
        std::function<void()> effect;
    };
    struct Found {
        Fate fate = Fate::submitted;
        int changed = 0;  // the day
        bool returned = false;
        std::int64_t reward_sats = 0;
        std::optional<fleet::payout::OutPoint> coin;  // of the wallet, once mature
    };
    struct KnownBatch {
        fleet::payout::BatchState state = fleet::payout::BatchState::reserved;
        std::vector<fleet::payout::PlannedItem> items;
        std::int64_t fee_sats = 0;
    };

    struct Coverage {
        int statements = 0;
        std::set<std::pair<int, bool>> broken;  // statement, answer lost
    };
    [[nodiscard]] std::optional<std::pair<int, bool>> next_break(const Coverage& covered);
    void connect();
    void restart();
    void act(const std::string& path, const Act& step);
    std::string asked(const std::string& sql);

    // money_world.cpp
    void open_books();
    void mine();
    void import();
    void move_chain();
    void tell(const std::string& hash, Fate fate);
    void post_blocks();
    void night();
    void compare();

    // money_people.cpp
    void people();
    void decide(const std::string& path, Decision decision);
    void set_terms();
    void change_address();
    void hold_payee();
    void close_month();
    void copy_database();
    void restore();
    [[nodiscard]] std::map<std::string, Number> earned() const;

    // money_payouts.cpp
    void payouts();
    void step_payouts();
    void note_batches();
    void note_batch(const server::store::PayoutBatch& batch);
    void adopt_all();
    void compare_chain();
    bool take_reward(Found& block);
    [[nodiscard]] fleet::payout::Bytes script_of(const std::string& user) const;

    Random random_;  // what happens
    Random faults_;  // where wires break and what the wallet lies
    MoneyCounts counts_;
    MoneyModel model_;
    int day_ = 0;
    std::int64_t now_us_ = first_day_us;

    tests::TemporaryFolder link_folder_;
    integration::TemporaryFolder data_folder_;
    simulators::FaultyLink link_;
    std::string database_name_;
    int databases_made_ = 0;
    std::unique_ptr<server::store::Database> database_;
    std::unique_ptr<server::pool::Importer> importer_;
    std::map<std::string, Coverage> coverage_;

    integration::MemoryJournal journal_;
    std::uint64_t job_ = 0;
    std::uint32_t nbits_ = 0;
    std::int64_t job_issued_at_us_ = 0;
    std::map<std::string, Found> found_;  // by hash as raw bytes
    std::size_t modelled_ = 0;            // records of the journal that the model has

    simulators::WalletStub wallet_;
    server::wallet::WalletOptions wallet_options_;
    bool lying_ = false;
    std::map<std::string, KnownBatch> batches_;
    std::map<std::string, int> address_of_;              // user to the number of the present address
    std::map<std::string, std::set<int>> addresses_of_;  // all it ever had

    std::vector<Decision> decisions_;
    struct Copy {
        std::string name;
        int day = 0;
        MoneyModel model;
        std::map<std::string, KnownBatch> batches;
        std::size_t decisions = 0;
    };
    std::optional<Copy> copy_;
};

[[nodiscard]] std::string month_of(std::int64_t at_us);
[[nodiscard]] const std::vector<std::string>& user_names();

}  // namespace sim
