#include "tests/sim/world.h"

#include "stratum/target.h"
#include "tests/sim/require.h"
#include "tests/sim/v2_seat.h"

namespace sim {

using namespace std::chrono_literals;
using stratum::Difficulty;

namespace {

constexpr std::size_t seats_each = 12;  // of V1 and of V2: every habit with every kind
const char* const users[] = {"bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202",
                             "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"};

}  // namespace

World::World(std::uint64_t seed, std::filesystem::path folder)
    : random_(seed), pool_(random_, std::move(folder)), store_(random_) {
    choose_settings();
    for (std::size_t i = 0; i < seats_each; ++i) {
        const auto habit = static_cast<Habit>(i % 3);
        seats_.push_back(std::make_unique<V1Seat>(pool_, parked_, v1_settings_, users[i % 2], habit));
        seats_.push_back(std::make_unique<V2Seat>(pool_, v2_settings_, users[i % 2],
                                                  static_cast<V2Seat::Kind>(i % 4), habit));
    }
    pool_.before_settling = [this] {
        for (auto& seat : seats_) seat->before_settling();
    };
    pool_.after_settling = [this] {
        for (auto& seat : seats_) seat->after_settling();
    };
    start();
}

World::~World() = default;

void World::choose_settings() {
    v1_settings_.difficulty_start = *Difficulty::fraction(28 + static_cast<int>(random_() % 5));
    v1_settings_.difficulty_min = *Difficulty::fraction(32);
    v1_settings_.vardiff.shares_per_minute = 20;
    auto& v2 = v2_settings_.mining;
    v2.difficulty_start = v1_settings_.difficulty_start;
    v2.difficulty_min = v1_settings_.difficulty_min;
    v2.vardiff = v1_settings_.vardiff;
    if (pool_.fixed_versions) v2.version_mask = 0;
    v2.success_batch = static_cast<std::uint32_t>(1 + random_() % 12);
    v2.success_delay = std::chrono::milliseconds(random_() % 4000);
}

void World::start() {
    pool_.start();
    for (auto& seat : seats_) seat->connect(true);
}

void World::crash() {
    ++pool_.ledger.counts.crashes;
    mine();  // what was settled now may be acknowledged or not
    for (auto& seat : seats_) seat->crash();
    parked_.clear();
    pool_.crash();
    start();
}

void World::mine() {
    for (auto busy = 1 + random_() % 6; busy > 0; --busy) any_seat().mine();
    pool_.settle();
}

void World::on_template(bool new_tip) {
    for (auto& seat : seats_) seat->listen();
    pool_.offer(new_tip);
    for (auto& seat : seats_) {
        seat->job_due = true;
        if (!one_in(random_, 3)) seat->announce();
    }
}

void World::reconnect(Seat& seat) {
    seat.disconnect();
    if (one_in(random_, 4)) pool_.now += 30s;
    seat.connect(!one_in(random_, 4));
}

void World::play() {
    const auto dice = random_() % 100;
    if (dice < 65)
        mine();
    else if (dice < 69)
        on_template(false);
    else if (dice < 72)
        on_template(true);
    else if (dice < 79)
        for (auto& seat : seats_) seat->on_timer();
    else if (dice < 82)
        reconnect(any_seat());
    else if (dice < 90) {
        any_seat().act();
        pool_.settle();
    } else if (dice < 98)
        store_.import(pool_.journal());
    else if (dice < 99)
        store_.toggle_outage();
    else if (one_in(random_, 4))
        crash();
}

void World::step() {
    pool_.now += std::chrono::milliseconds(random_() % 1500);
    if (one_in(random_, 400)) pool_.now += 9min;  // a lull
    pool_.desk().expire_parked(pool_.now);
    for (auto& seat : seats_) seat->on_step();
    play();
    for (auto& seat : seats_) {
        seat->check();
        if (seat->job_due && one_in(random_, 4)) seat->announce();
        if (seat->session().closing() == stratum::CloseReason::none) continue;
        seat->disconnect();
        seat->connect(one_in(random_, 2));
    }
    pool_.check_bounds();
}

stratum::Uint256 World::work() const {
    stratum::Uint256 sum;
    for (const auto& [hash, credit] : store_.shares()) sum = sum + stratum::work_of_target(credit.target);
    return sum;
}

void World::finish() {
    pool_.settle();
    // Longer than any flush delay: all that was accepted is told.
    pool_.now += 4s;
    for (auto& seat : seats_) seat->disconnect();
    store_.import_all(pool_.journal());
    pool_.ledger.compare_with(store_);
}

}  // namespace sim
