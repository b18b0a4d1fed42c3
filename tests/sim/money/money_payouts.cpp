// Payouts in the simulated world: the runner with a lying wallet, what it did to the model, and the chain
// against the books.

#include <fstream>
#include <iterator>

#include "server/store/ledger.h"
#include "server/wallet/payout_copy.h"
#include "server/wallet/restore_mark.h"
#include "server/wallet/runner.h"
#include "tests/sim/money/money_world.h"
#include "tests/sim/require.h"

namespace sim {

namespace store = server::store;
using fleet::payout::BatchState;
using server::wallet::Runner;

namespace {

std::string user_of(const std::string& party) { return party.substr(party.find(':') + 1); }

std::map<std::string, Number> by_user(const std::vector<fleet::payout::PlannedItem>& items) {
    std::map<std::string, Number> sums;
    for (const auto& item : items) sums[user_of(item.party)] += item.amount_sats;
    return sums;
}

bool has_ended(BatchState state) { return state == BatchState::settled || state == BatchState::abandoned; }

}  // namespace

// One script for each address a user ever had: the user's number, then the address's.
fleet::payout::Bytes MoneyWorld::script_of(const std::string& user) const {
    fleet::payout::Bytes script{0x00, 0x14, 0};
    for (std::size_t i = 0; i < user_names().size(); ++i)
        if (user_names()[i] == user) script[2] = static_cast<std::uint8_t>(i + 1);
    script.resize(22, static_cast<std::uint8_t>(address_of_.at(user)));
    return script;
}

void MoneyWorld::step_payouts() {
    act("payout", [this] {
        lying_ = true;
        Runner runner(*database_, wallet_, wallet_options_, stratum::Network::regtest);
        static_cast<void>(runner.step(now_us_));
        lying_ = false;
        return true;
    });
    note_batches();
}

void MoneyWorld::note_batch(const store::PayoutBatch& batch) {
    const auto [place, fresh] = batches_.try_emplace(batch.id);
    auto& known = place->second;
    if (fresh) {
        known.items = batch.items;
        for (const auto& [user, amount] : by_user(batch.items)) model_.reserve(user, amount);
    }
    if (batch.state == known.state) return;
    require(!has_ended(known.state), "payout " + batch.id + " stays ended");
    known.state = batch.state;
    known.fee_sats = batch.fee_sats;
    for (const auto& [user, amount] : by_user(known.items)) {
        if (batch.state == BatchState::abandoned) model_.release(user, amount);
        if (batch.state == BatchState::settled) model_.paid(user, amount);
    }
    if (batch.state != BatchState::settled) return;
    require(wallet_.in_block(batch.txid), "a settled payout is in the chain");
    model_.network_fee(batch.fee_sats);
    ++counts_.settled;
}

void MoneyWorld::note_batches() {
    const auto batches = store::payout_batches(*database_, store::Which::all);
    require(batches.has_value(), "batches can be read");
    for (const auto& batch : *batches) note_batch(batch);
}

void MoneyWorld::payouts() {
    const auto steps = 1 + random_() % 4;
    for (std::uint64_t i = 0; i < steps; ++i) {
        now_us_ += 1'000'000;
        step_payouts();
        if (one_in(random_, 8)) wallet_.forget_waiting();
        if (one_in(random_, 3)) wallet_.mine(1 + static_cast<int>(random_() % 4));
        if (one_in(random_, 12)) {
            wallet_.reorganise(1 + static_cast<int>(random_() % 5));
            ++counts_.chain_reorganisations;
        }
    }
    if (one_in(random_, 25)) {
        const auto open = store::payout_batches(*database_, store::Which::open).value();
        for (const auto& batch : open)
            act("abandon", [this, &batch] {
                Runner runner(*database_, wallet_, wallet_options_, stratum::Network::regtest);
                const auto refused = runner.abandon(batch, "by hand", now_us_);
                const bool may = batch.state == BatchState::reserved || batch.state == BatchState::built;
                return link_.broke() || !may || refused.empty() ||
                       refused.find("abandoned") != std::string::npos;
            });
        note_batches();
    }
}

// A reorganisation takes the reward out of the wallet. False: it is spent, or about to be.
bool MoneyWorld::take_reward(Found& block) {
    const auto open = store::payout_batches(*database_, store::Which::open).value();
    for (const auto& batch : open)
        for (const auto& coin : batch.coins)
            if (coin.point == *block.coin) return false;
    if (!wallet_.take_coin(*block.coin)) return false;
    block.coin.reset();
    return true;
}

// What the chain has paid is what batches of ours say, user by user, and the wallet holds the rest.
void MoneyWorld::compare_chain() {
    std::map<std::string, Number> paid;
    std::map<std::string, std::string> batch_of;
    for (const auto& batch : store::payout_batches(*database_, store::Which::all).value()) {
        if (batch.txid.empty()) continue;
        batch_of[batch.txid] = batch.id;
        if (wallet_.in_block(batch.txid))
            for (const auto& [user, amount] : by_user(batch.items)) paid[user] += amount;
    }
    for (const auto& [txid, transaction] : wallet_.ever_sent())
        require(batch_of.count(txid) != 0, "every transaction sent is a payout of the books: " + txid);
    const auto present = address_of_;
    for (const auto& user : user_names()) {
        Number sum = 0;
        for (const int number : addresses_of_.at(user)) {
            address_of_[user] = number;
            sum += wallet_.paid_to(script_of(user));
        }
        require(sum == paid[user], user + " got " + sum.str() + " and the batches say " + paid[user].str());
    }
    address_of_ = present;
    // What nodes forgot since the last step is seen first.
    Runner runner(*database_, wallet_, wallet_options_, stratum::Network::regtest);
    static_cast<void>(runner.step(now_us_, Runner::Plan::never));
    note_batches();
    for (int i = 0; i < 2; ++i) {
        const auto differs = runner.reconcile(now_us_);
        require(differs.empty(), "the wallet holds what the books say: " + differs);
    }
}

// After a restore: the copies say what was signed since.
void MoneyWorld::adopt_all() {
    std::vector<store::PayoutBatch> copies;
    for (const auto& file : server::wallet::copies_in(data_folder_.path())) {
        std::ifstream in(file);
        const auto copy = server::wallet::parse_copy(std::string(std::istreambuf_iterator<char>(in), {}));
        require(copy.wrong.empty(), "a copy is whole: " + copy.wrong);
        copies.push_back(copy.batch);
    }
    const auto known = batches_;
    act("adopt", [&] {
        const auto refused = store::adopt_payouts(*database_, copies, now_us_);
        if (!refused) return false;
        for (const auto& why : *refused) require(why.empty(), "a copy is adopted: " + why);
        return true;
    });
    // Those in the making are dropped before strangers come in; then the strangers in the order given.
    const auto is_stranger = [&](const store::PayoutBatch& copy) { return known.count(copy.id) == 0; };
    const auto batches = store::payout_batches(*database_, store::Which::all).value();
    for (const auto& batch : batches)
        if (known.count(batch.id) != 0) note_batch(batch);
    for (const auto& copy : copies)
        if (is_stranger(copy))
            for (const auto& [user, amount] : by_user(copy.items)) {
                const Number lacks = amount - std::max<Number>(model_.available(user), 0);
                if (lacks > 0) model_.owe_back(user, lacks);
                model_.reserve(user, amount);
            }
    for (const auto& copy : copies)
        if (is_stranger(copy)) batches_[copy.id] = {BatchState::fully_signed, copy.items, copy.fee_sats};
    note_batches();
    act("resume", [this] {
        const auto mark = store::payout_mark(*database_);
        if (!mark || !server::wallet::write_mark(wallet_options_.data_dir, *mark).empty()) return false;
        return store::thaw_payouts(*database_, "restored", "operator", "copies adopted").has_value();
    });
}

}  // namespace sim
