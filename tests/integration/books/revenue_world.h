#pragma once
// A database with revenue of other business lines, for the tests of revenue and buybacks.

#include <string>

#include "fleet/ledger/price_file.h"
#include "server/store/buyback_executions.h"
#include "server/store/buybacks.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"
#include "server/store/revenue.h"
#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

namespace integration {

inline std::int64_t utc(const std::string& text) { return fleet::ledger::parse_utc(text).value(); }

struct RevenueWorld {
    FreshDatabase database;
    fleet::ledger::Quarter quarter = fleet::ledger::parse_quarter("2026-Q3").value();
    std::int64_t now_us = utc("2026-10-02T08:00Z");

    static server::store::Revenue revenue(const std::string& reference, const std::string& line,
                                          std::uint64_t amount, const std::string& at = "2026-08-15T12:00Z") {
        return {reference, line, "USD", amount, utc(at), "", "main", "", "eva"};
    }
    std::string add(const server::store::Revenue& entry) {
        const auto outcome = server::store::add_revenue(*database, entry, now_us).value();
        return outcome.refused.empty() ? (outcome.changed ? "booked" : "there") : outcome.refused;
    }
    std::string take_back(const std::string& reference) {
        const auto outcome =
            server::store::reverse_revenue(*database, reference, "eva", "wrong", now_us).value();
        return outcome.refused.empty() ? (outcome.changed ? "reversed" : "there") : outcome.refused;
    }
    // Three lines of the worked example: a buyback of 401,296.29.
    void add_worked_example() {
        REQUIRE(add(revenue("inv-1", "entrusted_mining", 123'456'789)) == "booked");
        REQUIRE(add(revenue("inv-2", "machine_sales_repair", 9'876'543)) == "booked");
        REQUIRE(add(revenue("inv-3", "hosting", 432'101)) == "booked");
    }

    std::string told(const server::store::BuybackOutcome& outcome) {
        return outcome.refused.empty() ? (outcome.changed ? "done" : "was so") : outcome.refused;
    }
    // The run's number; 0 after a refusal, which is in `refused`.
    std::int64_t propose(const std::string& name = "2026-Q3", const std::string& by = "eva") {
        const auto wanted = fleet::ledger::parse_quarter(name).value();
        const auto outcome = server::store::propose_buyback(*database, wanted, "USD", by, now_us).value();
        refused = outcome.refused;
        return outcome.run;
    }
    std::string approve(std::int64_t run, const std::string& by = "adam") {
        return told(server::store::approve_buyback(*database, run, by).value());
    }
    std::string post(std::int64_t run) {
        return told(server::store::post_buyback(*database, run, now_us).value());
    }
    std::string end(std::int64_t run) {
        return told(server::store::end_buyback(*database, run, "eva", "mistake", now_us).value());
    }
    std::int64_t posted_run(const std::string& name = "2026-Q3") {
        const auto run = propose(name);
        REQUIRE(refused == "");
        REQUIRE(approve(run) == "done");
        REQUIRE(post(run) == "done");
        return run;
    }

    static server::store::BuybackExecution execution(const std::string& reference = "trade-1") {
        server::store::BuybackExecution out;
        out.reference = reference;
        out.asset = "USD";
        out.coin = "BTC";
        out.quantity = 50'000'000;
        out.paid = 3'456'172;  // 0.5 at 69,123.45
        out.fee = 1'000;
        out.price = {6'912'345, 2};
        out.venue = "kraken";
        out.bank = "main";
        out.wallet = "buyback";
        out.event_at_us = utc("2026-10-01T10:00Z");
        out.by = "eva";
        return out;
    }
    std::string execute(const server::store::BuybackExecution& wanted) {
        const auto outcome = server::store::execute_buyback(*database, wanted, now_us).value();
        return outcome.refused.empty() ? (outcome.changed ? "booked" : "there") : outcome.refused;
    }
    std::string undo(const std::string& reference) {
        const auto outcome =
            server::store::reverse_execution(*database, reference, "eva", "wrong", now_us).value();
        return outcome.refused.empty() ? (outcome.changed ? "reversed" : "there") : outcome.refused;
    }

    // "bank main -5, revenue hosting 5": credits less debits of all accounts of an asset that are not at
    // zero.
    std::string balances(const std::string& asset = "USD") {
        return ask(
            *database,
            "select coalesce(string_agg(concat_ws(' ', a.purpose, nullif(concat(p.key, a.detail), ''), "
            "b.credits - b.debits), ', ' order by a.purpose, p.key, a.detail), '') from balances b join "
            "accounts a on a.id = b.account left join parties p on p.id = a.party where b.credits <> "
            "b.debits and a.asset = '" +
                asset + "'");
    }
    std::string findings() {
        std::string text;
        for (const auto& finding : server::store::check_ledger(*database).value().findings)
            text += finding.invariant + ": " + finding.text + "\n";
        return text;
    }
    std::string refusal_of(const std::string& sql) {
        try {
            static_cast<void>(
                server::store::transact(*database, [&](pqxx::work& transaction) { transaction.exec(sql); }));
        } catch (const std::exception& failure) {
            return failure.what();
        }
        return {};
    }
    // Breaks a rule behind the triggers' back.
    void damage(const std::string& sql) {
        REQUIRE(server::store::transact(*database, [&](pqxx::work& transaction) {
                    transaction.exec("set local session_replication_role = replica");
                    transaction.exec(sql);
                    return true;
                }).value());
    }

    std::string refused;
};

}  // namespace integration
