#include "server/accounting.h"

#include "server/log.h"

namespace server {

namespace {

constexpr std::size_t connections_max = 2;
constexpr std::chrono::seconds payout_step_interval{10};
constexpr std::chrono::minutes wallet_check_interval{30};
constexpr std::chrono::minutes head_interval{1};
constexpr std::chrono::seconds bundle_interval{10};
constexpr std::chrono::minutes liabilities_interval{10};
constexpr std::chrono::seconds receipt_interval{1};

std::int64_t us(std::chrono::system_clock::time_point now) {
    return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
}

}  // namespace

Accounting::Accounting(const Config& config, const std::string& database_url, prometheus::Registry& registry)
    : payout_(config.payout),
      price_options_(config.prices),
      database_(database_url, connections_max),
      proof_(database_, config.proof, registry),
      bookkeeper_(database_, books::BookkeeperOptions{}, registry) {
    if (price_options_.enabled) {
        prices_ = std::make_unique<prices::PriceSource>(database_, price_options_, registry);
        add_prices();
    }
    add_proofs();
    if (!payout_.enabled || config.development_chain) return;
    rpc_ = std::make_unique<wallet::CoreRpc>(payout_);
    payouts_ = std::make_unique<wallet::Runner>(database_, *rpc_, payout_, config.pool.network);
    add_payouts();
}

void Accounting::add_payouts() {
    bookkeeper_.add_duty({"payouts", payout_step_interval, [this](auto now) {
                              const auto outcome = payouts_->step(us(now));
                              if (!outcome.did.empty()) log::info("payout", {{"did", outcome.did}});
                              return outcome.problem;
                          }});
    bookkeeper_.add_duty(
        {"wallet_check", wallet_check_interval, [this](auto now) { return payouts_->reconcile(us(now)); }});
}

void Accounting::add_proofs() {
    bookkeeper_.add_duty(
        {"proof_head", head_interval, [this](auto now) { return proof_.sign_head(us(now)); }});
    bookkeeper_.add_duty(
        {"proof_bundles", bundle_interval, [this](auto now) { return proof_.sign_bundles(us(now)); }});
    bookkeeper_.add_duty({"proof_liabilities", liabilities_interval,
                          [this](auto now) { return proof_.sign_liabilities(us(now)); }});
    bookkeeper_.add_duty(
        {"proof_receipts", receipt_interval, [this](auto now) { return proof_.sign_receipts(us(now)); }});
}

void Accounting::add_prices() {
    bookkeeper_.add_duty(
        {"prices", price_options_.interval, [this](auto now) { return prices_->step(now); }});
}

void Accounting::start() { bookkeeper_.start(); }

void Accounting::stop() { bookkeeper_.stop(); }

}  // namespace server
