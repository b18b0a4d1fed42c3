#pragma once
// What the books must say, computed a second time: the window, each user's part and every balance, from the
// events alone and without the code of fleet/. The simulator compares it with the database each night. One
// thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

namespace sim {

using Number = boost::multiprecision::cpp_int;

enum class Fate { submitted, immature, mature, orphaned };

struct ModelTerms {
    std::int64_t valid_from_us = 0;
    std::string role = "participant";
    std::string owner;
    int fee_basis_points = -1;  // -1: the pool's
    int donation_basis_points = 0;
};

struct ModelShare {
    std::string user;
    Number work;
    Number network_work;
    std::int64_t received_at_us = 0;
};

struct ModelBlock {
    Number reward;
    std::string finder;
    std::int64_t job_issued_at_us = 0;
    Fate booked = Fate::submitted;
    // Of the present life: what each account got (credits are positive), and what a user is to give.
    std::map<std::string, Number> waiting;  // immature accounts
    std::map<std::string, Number> debts;    // party to what earlier lives left unpaid
    std::map<std::string, Number> matured;  // account to what came at maturity
    std::map<std::string, Number> donated;
};

class MoneyModel {
  public:
    static constexpr int pool_fee_basis_points = 100;
    static constexpr unsigned window_factor = 8;

    std::vector<ModelShare> shares;                        // oldest first
    std::map<std::string, std::vector<ModelTerms>> terms;  // by user, oldest first
    std::map<std::string, ModelBlock> blocks;              // by hash
    std::map<std::string, Number> balances;                // "purpose party": credits less debits
    std::map<std::string, Number> aside;                   // user: reserved for a payout

    void open(const Number& amount);  // coins that the wallet has from before
    // The books follow the chain.
    void follow(const std::string& block, Fate fate);

    void reserve(const std::string& user, const Number& amount);
    void release(const std::string& user, const Number& amount);
    void paid(const std::string& user, const Number& amount);  // reserved before
    void network_fee(const Number& amount);
    // A payout that the books learn of again although the user no longer has so much.
    void owe_back(const std::string& user, const Number& amount);
    [[nodiscard]] Number available(const std::string& user) const;
    // What a party has, less what it owes us: the same whatever order things were booked in.
    [[nodiscard]] std::map<std::string, Number> net_of_parties() const;

  private:
    [[nodiscard]] ModelTerms terms_at(const std::string& user, std::int64_t at_us) const;
    [[nodiscard]] std::map<std::string, Number> window(std::int64_t frozen_at_us) const;
    void book(ModelBlock& block);
    void mature(ModelBlock& block);
    void take_back(ModelBlock& block);
    void move(const std::string& from, const std::string& to, const Number& amount);
};

// Largest remainder, ties to the lower name.
[[nodiscard]] std::map<std::string, Number> shared_out(const Number& amount,
                                                       const std::map<std::string, Number>& weights);

}  // namespace sim
