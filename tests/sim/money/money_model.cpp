#include "tests/sim/money/money_model.h"

#include <algorithm>

#include "tests/sim/require.h"

namespace sim {

namespace {

std::string waiting_account(const std::string& user, const ModelTerms& terms) {
    if (terms.role == "own") return "own_immature ";
    if (terms.role == "consigned") return "owner_immature owner:" + terms.owner;
    return "user_immature user:" + user;
}

// Where a waiting account's money goes when its block is mature.
std::string account_after(const std::string& waiting) {
    if (waiting == "own_immature ") return "mining ";
    if (waiting == "fee_immature ") return "pool_fee ";
    return waiting.substr(0, waiting.find('_')) + waiting.substr(waiting.find(' '));
}

std::string party_of(const std::string& account) { return account.substr(account.find(' ') + 1); }

}  // namespace

std::map<std::string, Number> shared_out(const Number& amount, const std::map<std::string, Number>& weights) {
    Number whole = 0;
    for (const auto& [name, weight] : weights) whole += weight;
    std::map<std::string, Number> parts;
    std::vector<std::pair<Number, std::string>> rests;  // negative, so that the largest comes first
    Number left = amount;
    for (const auto& [name, weight] : weights) {
        const Number product = amount * weight;
        parts[name] = product / whole;
        left -= parts[name];
        rests.emplace_back(-(product % whole), name);
    }
    std::sort(rests.begin(), rests.end());
    for (std::size_t i = 0; left > 0; ++i, --left) ++parts[rests[i].second];
    return parts;
}

ModelTerms MoneyModel::terms_at(const std::string& user, std::int64_t at_us) const {
    ModelTerms found;
    if (const auto all = terms.find(user); all != terms.end())
        for (const auto& one : all->second)
            if (one.valid_from_us <= at_us) found = one;
    return found;
}

std::map<std::string, Number> MoneyModel::window(std::int64_t frozen_at_us) const {
    const Number unit = Number(1) << 112;
    Number room = unit * window_factor;
    std::map<std::string, Number> weights;
    for (auto share = shares.rbegin(); share != shares.rend() && room > 0; ++share) {
        if (share->received_at_us > frozen_at_us) continue;
        const Number weight = std::min<Number>(share->work * (unit / share->network_work), room);
        weights[share->user] += weight;
        room -= weight;
    }
    return weights;
}

void MoneyModel::move(const std::string& from, const std::string& to, const Number& amount) {
    balances[from] -= amount;
    balances[to] += amount;
}

void MoneyModel::book(ModelBlock& block) {
    const Number fee = block.reward * pool_fee_basis_points / 10'000;
    auto weights = window(block.job_issued_at_us);
    if (weights.empty()) weights[block.finder] = 1;
    const auto lines = shared_out(block.reward - fee, weights);
    const auto fees = shared_out(fee, lines);
    block.waiting.clear();
    block.donated.clear();
    block.waiting["fee_immature "] = fee;
    for (const auto& [user, amount] : lines) {
        const auto its = terms_at(user, block.job_issued_at_us);
        const auto account = waiting_account(user, its);
        block.waiting[account] += amount;
        if (its.fee_basis_points >= 0) {
            const Number wanted = (amount + fees.at(user)) * its.fee_basis_points / 10'000;
            const Number more = std::min<Number>(wanted - fees.at(user), amount);
            block.waiting["fee_immature "] += more;
            block.waiting[account] -= more;
        }
        if (its.role == "participant") block.donated["user:" + user] = its.donation_basis_points;
    }
    for (const auto& [account, amount] : block.waiting) move("coinbase ", account, amount);
    block.booked = Fate::immature;
}

void MoneyModel::mature(ModelBlock& block) {
    move("wallet ", "coinbase ", block.reward);
    block.matured.clear();
    for (const auto& [account, amount] : block.waiting) {
        const auto to = account_after(account);
        const auto party = party_of(account);
        move(account, to, amount);
        block.matured[to] += amount;
        auto& donated = block.donated[party];  // basis points until now
        donated = party.empty() ? Number(0) : Number(amount * donated / 10'000);
        move(to, "donation ", donated);
        auto& debt = block.debts[party];
        const Number back = std::min<Number>(debt, amount - donated);
        if (!party.empty() && back > 0) {
            move(to, "receivable " + party, back);
            debt -= back;
        }
    }
    block.booked = Fate::mature;
}

void MoneyModel::take_back(ModelBlock& block) {
    if (block.booked == Fate::mature) {
        for (const auto& [account, amount] : block.matured) {
            const auto party = party_of(account);
            const Number back = party.empty() ? Number(0) : block.donated[party];
            if (!party.empty()) {
                const Number there = balances[account] - aside[party.substr(party.find(':') + 1)] + back;
                if (there < amount) {
                    move("receivable " + party, account, amount - there);
                    block.debts[party] += amount - there;
                }
            }
            move("donation ", account, back);
        }
        for (const auto& [account, amount] : block.waiting) move(account_after(account), account, amount);
        move("coinbase ", "wallet ", block.reward);
    }
    for (const auto& [account, amount] : block.waiting) move(account, "coinbase ", amount);
    block.booked = Fate::orphaned;
}

void MoneyModel::follow(const std::string& hash, Fate fate) {
    auto& block = blocks.at(hash);
    const bool in_books = block.booked == Fate::immature || block.booked == Fate::mature;
    if (fate == Fate::orphaned && in_books) take_back(block);
    if ((fate == Fate::immature || fate == Fate::mature) && !in_books) book(block);
    if (fate == Fate::mature && block.booked == Fate::immature) mature(block);
}

void MoneyModel::open(const Number& amount) { move("wallet ", "opening ", amount); }

void MoneyModel::reserve(const std::string& user, const Number& amount) {
    aside[user] += amount;
    require(available(user) >= 0, "a payout sets aside what " + user + " has");
}

void MoneyModel::release(const std::string& user, const Number& amount) {
    aside[user] -= amount;
    require(aside[user] >= 0, "only what was set aside of " + user + " is freed");
}

void MoneyModel::paid(const std::string& user, const Number& amount) {
    release(user, amount);
    move("user user:" + user, "wallet ", amount);
}

void MoneyModel::network_fee(const Number& amount) { move("network_fee ", "wallet ", amount); }

void MoneyModel::owe_back(const std::string& user, const Number& amount) {
    move("receivable user:" + user, "user user:" + user, amount);
}

Number MoneyModel::available(const std::string& user) const {
    const auto balance = balances.find("user user:" + user);
    const auto reserved = aside.find(user);
    return (balance == balances.end() ? Number(0) : balance->second) -
           (reserved == aside.end() ? Number(0) : reserved->second);
}

std::map<std::string, Number> MoneyModel::net_of_parties() const {
    std::map<std::string, Number> net;
    for (const auto& [account, amount] : balances)
        if (const auto party = party_of(account); !party.empty() && amount != 0) net[party] += amount;
    return net;
}

}  // namespace sim
