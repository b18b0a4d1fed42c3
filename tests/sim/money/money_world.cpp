#include "tests/sim/money/money_world.h"

#include <chrono>

#include "server/store/block_postings.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"
#include "server/store/transaction.h"
#include "server/store/users.h"
#include "server/wallet/runner.h"
#include "stratum/address.h"
#include "stratum/target.h"
#include "tests/integration/import/import_world.h"
#include "tests/sim/require.h"

namespace sim {

namespace {

namespace store = server::store;
using server::pool::BlockRecord;
using server::pool::JobRecord;
using server::pool::ShareRecord;
using server::pool::WorkerRecord;
using simulators::FaultyLink;

constexpr std::int64_t second_us = 1'000'000;
constexpr int breaks_of_an_act = 2;
// Network difficulty 1, 2, 4, 8, 16: a window of 8 to 128 shares of difficulty 1.
constexpr std::array<std::uint32_t, 5> network_bits{0x1d00ffff, 0x1c7fff80, 0x1c3fffc0, 0x1c1fffe0,
                                                    0x1c0ffff0};
const std::array<std::string, 3> share_targets{"1fffe" + std::string(52, '0'), "ffff" + std::string(52, '0'),
                                               "7fff8" + std::string(51, '0')};

Number number_of(const stratum::Uint256& number) { return Number(number.decimal()); }

// floor(2^256 / (target + 1))
Number work_of(const stratum::Uint256& target) {
    return Number((Number(1) << 256) / (number_of(target) + 1));
}

store::BlockState state_of(Fate fate) {
    switch (fate) {
        case Fate::submitted:
            return store::BlockState::submitted;
        case Fate::immature:
            return store::BlockState::immature;
        case Fate::mature:
            return store::BlockState::mature;
        case Fate::orphaned:
            return store::BlockState::orphaned;
    }
    return store::BlockState::submitted;
}

std::string key_of(const stratum::Hash256& hash) {
    return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

}  // namespace

const std::vector<std::string>& user_names() {
    static const std::vector<std::string> names{"alice", "bob",    "carol", "dave", "erin",
                                                "farm",  "farm-2", "guest", "host"};
    return names;
}

std::string month_of(std::int64_t at_us) {
    const std::chrono::sys_days day{std::chrono::days(at_us / day_us)};
    const std::chrono::year_month_day date(day);
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()));
    return text;
}

MoneyWorld::MoneyWorld(std::uint64_t seed)
    : random_(seed),
      faults_(seed + 1'000'000),
      link_(integration::shared_cluster().socket_dir(), link_folder_.path()) {
    static int worlds = 0;
    database_name_ = "money_" + std::to_string(++worlds) + "_0";
    {
        pqxx::connection connection("host='" + integration::shared_cluster().socket_dir().string() +
                                    "' user=hashyard dbname=postgres");
        pqxx::nontransaction(connection).exec("create database " + database_name_);
    }
    connect();
    require(store::migrate(*database_).value().refused.empty(), "the schema is made");
    wallet_options_.data_dir = data_folder_.path();
    wallet_options_.threshold_sats = 20'000'000;
    wallet_options_.settle_depth = 6;
    wallet_.lie = [this, left = 0](std::string_view) mutable {
        using Lie = simulators::WalletStub::Lie;
        if (!lying_) left = 0;
        if (!lying_ || left > 3 || !one_in(faults_, 4)) return Lie::none;
        ++left;
        ++counts_.lies;
        return static_cast<Lie>(1 + faults_() % 6);
    };
    nbits_ = network_bits[2];
    for (std::size_t i = 0; i < user_names().size(); ++i) {
        const auto& name = user_names()[i];
        journal_.add(
            WorkerRecord{static_cast<std::uint32_t>(i + 1), server::pool::UserKind::name, name, "rig"});
        address_of_[name] = 0;
        addresses_of_[name].insert(0);
        const auto address = stratum::address_of_script(script_of(name), stratum::Network::regtest);
        require(store::register_user(*database_, name, address).has_value(), "a user registers");
    }
    open_books();
}

// Coins from before, so that payouts need not spend a reward the day it is mature.
void MoneyWorld::open_books() {
    constexpr std::int64_t float_sats = 5'000'000'000;
    constexpr int coins = 20;
    fleet::ledger::Transfer transfer;
    transfer.id = fleet::ledger::transfer_id("opening", "2020", "opening", "");
    transfer.debit = {"BTC", "wallet", "", "main"};
    transfer.credit = {"BTC", "opening", "", ""};
    transfer.amount = coins * float_sats;
    transfer.code = "opening";
    transfer.event_at_us = now_us_;
    transfer.source_kind = "opening";
    transfer.source_id = "2020";
    require(store::post_transfers(*database_, now_us_, {transfer}).value().refused.empty(), "books open");
    model_.open(transfer.amount.convert_to<Number>());
    for (int i = 0; i < coins; ++i) static_cast<void>(wallet_.give_coin(float_sats));
}

MoneyWorld::~MoneyWorld() = default;

void MoneyWorld::connect() {
    importer_.reset();
    database_.reset();
    database_ = std::make_unique<store::Database>("host='" + link_folder_.path().string() +
                                                  "' user=hashyard dbname=" + database_name_);
}

void MoneyWorld::restart() { connect(); }

std::string MoneyWorld::asked(const std::string& sql) { return integration::ask(*database_, sql); }

// Where the wire is to break next: a place where it never broke, or sometimes any.
std::optional<std::pair<int, bool>> MoneyWorld::next_break(const Coverage& covered) {
    std::vector<std::pair<int, bool>> open;
    for (int i = 1; i <= covered.statements; ++i)
        for (const bool lost_answer : {false, true})
            if (covered.broken.count({i, lost_answer}) == 0) open.emplace_back(i, lost_answer);
    if (!open.empty()) return open[faults_() % open.size()];
    if (covered.statements == 0 || !one_in(faults_, 6)) return std::nullopt;
    return std::pair(1 + static_cast<int>(faults_() % static_cast<unsigned>(covered.statements)),
                     one_in(faults_, 2));
}

// First on wires that break, then on a whole one.
void MoneyWorld::act(const std::string& path, const Act& step) {
    auto& covered = coverage_[path];
    for (int i = 0; i < breaks_of_an_act; ++i) {
        const auto where = next_break(covered);
        if (!where) break;
        restart();
        link_.break_at(where->first,
                       where->second ? FaultyLink::Side::answer_lost : FaultyLink::Side::question_lost);
        static_cast<void>(step());
        if (!link_.broke()) continue;
        covered.broken.insert(*where);
        ++counts_.breaks;
    }
    link_.mend();
    restart();
    require(step(), path + " goes through on a whole wire");
    covered.statements = std::max(covered.statements, link_.statements());
    link_.mend();
}

std::string MoneyWorld::coverage() const {
    std::string text;
    for (const auto& [path, covered] : coverage_) {
        std::size_t after = 0;
        for (const auto& [statement, lost_answer] : covered.broken) after += lost_answer ? 1 : 0;
        text += (text.empty() ? "" : ", ") + path + " " + std::to_string(covered.statements) + ": " +
                std::to_string(covered.broken.size() - after) + " + " + std::to_string(after);
    }
    return text;
}

// A day of work: jobs, shares, blocks, all into the journal.
void MoneyWorld::mine() {
    auto at_us = first_day_us + day_ * day_us + second_us;
    const auto shares = 5 + random_() % 30;
    for (std::uint64_t i = 0; i < shares; ++i) {
        at_us += second_us + static_cast<std::int64_t>(random_() % (2000 * second_us));
        if (job_ == 0 || one_in(random_, 8)) {
            if (one_in(random_, 6)) nbits_ = network_bits[random_() % network_bits.size()];
            job_issued_at_us_ = at_us;
            auto job = integration::job_record(++job_, nbits_, at_us);
            journal_.add(job);
            at_us += second_us;
        }
        const auto worker = static_cast<std::uint32_t>(1 + random_() % user_names().size());
        const auto target = *stratum::Uint256::parse_hex(share_targets[random_() % share_targets.size()]);
        journal_.add(integration::share_record(job_, worker, at_us, target));
        ++counts_.shares;
        if (!one_in(random_, 40)) continue;
        auto block = integration::block_record(job_, worker, at_us, job_issued_at_us_, nbits_);
        block.fees_sats = one_in(random_, 5) ? 0 : static_cast<std::int64_t>(random_() % 20'000'000);
        block.coinbase_value_sats = 312'500'000 + block.fees_sats;
        journal_.add(block);
        found_[key_of(block.hash)] = {Fate::submitted, day_, false, block.coinbase_value_sats, {}};
        ++counts_.blocks;
    }
}

void MoneyWorld::import() {
    act("import", [this] {
        importer_ = integration::importer_over(*database_, {&journal_});
        return integration::drain(*importer_);
    });
    std::map<std::uint64_t, std::uint32_t> bits;
    std::map<std::uint32_t, std::string> users;
    for (std::size_t i = 0; i < journal_.records.size(); ++i) {
        const auto& record = journal_.records[i].record;
        if (const auto* job = std::get_if<JobRecord>(&record)) bits[job->job] = job->nbits;
        if (const auto* worker = std::get_if<WorkerRecord>(&record)) users[worker->worker] = worker->user;
        if (i < modelled_) continue;
        if (const auto* share = std::get_if<ShareRecord>(&record))
            model_.shares.push_back({users.at(share->worker), work_of(share->target),
                                     work_of(*stratum::target_of_nbits(bits.at(share->job))),
                                     share->received_at_us});
        if (const auto* block = std::get_if<BlockRecord>(&record)) {
            auto& modelled = model_.blocks[key_of(block->hash)];
            modelled.reward = block->coinbase_value_sats;
            modelled.finder = users.at(block->worker);
            modelled.job_issued_at_us = block->job_issued_at_us;
        }
    }
    modelled_ = journal_.records.size();
}

// What a node says, into the database and the books.
void MoneyWorld::tell(const std::string& hash, Fate fate) {
    store::BlockNews news;
    std::copy(hash.begin(), hash.end(), news.hash.bytes.begin());
    news.state = state_of(fate);
    news.confirmations = static_cast<std::uint32_t>(random_() % 200);
    news.node = one_in(random_, 2) ? "node-a" : "node-b";
    news.at_us = now_us_;
    act("news", [this, news] {
        importer_ = integration::importer_over(*database_, {&journal_});
        if (!integration::drain(*importer_)) return false;
        return importer_->tell(news) && integration::drain(*importer_);
    });
    post_blocks();
    model_.follow(hash, fate);
}

void MoneyWorld::post_blocks() {
    act("post", [this] {
        for (;;) {
            const auto open = store::blocks_to_post(*database_, 10);
            if (!open) return false;
            if (open->empty()) return true;
            for (const auto& block : *open) {
                const auto posted = store::post_block(*database_, block, "main", now_us_);
                if (!posted) return false;
                require(posted->kind != store::BlockPosted::Kind::refused,
                        "a block is booked: " + posted->detail);
            }
        }
    });
}

// The chain decides; a node may say something else first.
void MoneyWorld::move_chain() {
    for (auto& [hash, block] : found_) {
        const auto was = block.fate;
        const int age = day_ - block.changed;
        if (was == Fate::submitted && age >= 0)
            block.fate = one_in(random_, 7) ? Fate::orphaned : Fate::immature;
        else if (was == Fate::immature && age >= 1)
            block.fate = one_in(random_, 9) ? Fate::orphaned : Fate::mature;
        else if (was == Fate::orphaned && !block.returned && age >= 1 && age < 4 && one_in(random_, 6))
            block.fate = Fate::immature;
        else if (was == Fate::mature && age >= 1 && age < 6 && one_in(random_, 12))
            block.fate = Fate::orphaned;
        if (block.fate == was) continue;
        if (was == Fate::mature && !take_reward(block)) {
            block.fate = was;
            continue;
        }
        block.changed = day_;
        now_us_ += second_us;
        if (one_in(random_, 5)) tell(hash, was == Fate::submitted ? Fate::immature : was);
        if (one_in(random_, 12) && was == Fate::immature) tell(hash, Fate::orphaned);
        if (block.fate == Fate::orphaned) ++counts_.orphans;
        if (was == Fate::mature) ++counts_.deep;
        if (was == Fate::orphaned) {
            block.returned = true;
            ++counts_.returns;
        }
        if (block.fate == Fate::mature) block.coin = wallet_.give_coin(block.reward_sats);
        tell(hash, block.fate);
    }
}

void MoneyWorld::compare() {
    std::map<std::string, Number> stands;
    std::map<std::string, Number> aside;
    const auto balances = store::balances(*database_, "BTC", "");
    require(balances.has_value(), "balances can be read");
    for (const auto& balance : *balances) {
        const auto& account = balance.account;
        const Number is = Number(balance.credits) - Number(balance.debits);
        if (is != 0) stands[account.purpose + " " + account.party] += is;
        if (account.purpose == "user" && balance.pending_debits != 0)
            aside[account.party.substr(5)] = Number(balance.pending_debits);
    }
    auto wanted = model_.balances;
    std::erase_if(wanted, [](const auto& each) { return each.second == 0; });
    for (const auto& [account, amount] : wanted)
        require(stands[account] == amount,
                account + " should be " + amount.str() + " and is " + stands[account].str());
    for (const auto& [account, amount] : stands)
        require(amount == 0 || wanted.count(account) != 0, account + " should not be " + amount.str());
    auto wanted_aside = model_.aside;
    std::erase_if(wanted_aside, [](const auto& each) { return each.second == 0; });
    require(aside == wanted_aside, "what is set aside is what payouts under way hold");
}

void MoneyWorld::night() {
    act("check", [this] {
        const auto check = store::check_ledger(*database_);
        if (!check) return false;
        for (const auto& finding : check->findings)
            require(false, "the books are whole: " + finding.invariant + ": " + finding.text);
        return true;
    });
    ++counts_.checks;
    compare();
    compare_chain();
}

void MoneyWorld::day() {
    now_us_ = std::max(now_us_ + second_us, first_day_us + day_ * day_us + day_us - 4000 * second_us);
    mine();
    import();
    move_chain();
    people();
    payouts();
    night();
    if (one_in(random_, 12)) copy_database();
    if (copy_ && day_ > copy_->day && one_in(random_, 15)) restore();
    ++day_;
}

void MoneyWorld::finish() {
    for (int i = 0; i < 12; ++i) {
        now_us_ += second_us;
        step_payouts();
        wallet_.mine(2);
    }
    night();
    for (const auto& [id, batch] : batches_)
        require(batch.state == fleet::payout::BatchState::settled ||
                    batch.state == fleet::payout::BatchState::abandoned ||
                    batch.state == fleet::payout::BatchState::reserved,
                "payout " + id + " comes to its end");
}

}  // namespace sim
