#pragma once
// A database with own coin, bills, prices and holders, for the tests of the waterfall.

#include <string>
#include <vector>

#include "fleet/ledger/calendar.h"
#include "server/store/bills.h"
#include "server/store/holders.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"
#include "server/store/periods.h"
#include "server/store/prices.h"
#include "server/store/waterfall.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

namespace integration {

using fleet::ledger::Bill;
using fleet::ledger::CostKind;
using fleet::ledger::day_us;
using fleet::ledger::Transfer;

inline std::int64_t day(const std::string& text) { return fleet::ledger::parse_day(text).value(); }

struct FarmWorld {
    FreshDatabase database;
    std::int64_t now_us = day("2026-12-05");

    // Own machines' coin that became mature, as mature_transfers() books it. Negative times are not known.
    void mine(std::uint64_t amount, std::int64_t at_us, const std::string& name = "1") {
        const auto source = "block" + name + ":" + std::to_string(at_us);
        std::vector<Transfer> transfers;
        transfers.push_back(transfer({"BTC", "wallet", "", "main"}, {"BTC", "own_immature", "", ""}, amount,
                                     "coinbase_mature"));
        transfers.push_back(
            transfer({"BTC", "own_immature", "", ""}, {"BTC", "mining", "", ""}, amount, "mined"));
        for (auto& made : transfers) {
            made.event_at_us = at_us;
            made.source_id = source;
            made.id = fleet::ledger::transfer_id("test", source, made.code, "");
        }
        post(transfers);
    }
    void post(const std::vector<Transfer>& transfers) {
        REQUIRE(server::store::post_transfers(*database, now_us, transfers).value().refused == "");
    }
    static Transfer transfer(const fleet::ledger::AccountKey& debit, const fleet::ledger::AccountKey& credit,
                             std::uint64_t amount, const std::string& code) {
        Transfer made;
        made.debit = debit;
        made.credit = credit;
        made.amount = amount;
        made.code = code;
        made.source_kind = "test";
        return made;
    }

    static Bill bill(const std::string& invoice, CostKind kind, const std::string& currency,
                     std::uint64_t amount, const std::string& accrual_day) {
        Bill made;
        made.supplier = "grid";
        made.invoice = invoice;
        made.kind = kind;
        made.asset = "BTC";
        made.currency = currency;
        made.amount = amount;
        made.invoice_day = accrual_day;
        made.accrual_day = accrual_day;
        return made;
    }
    std::string enter(const std::vector<Bill>& bills) {
        const auto outcome = server::store::add_bills(*database, bills, "eva", now_us).value();
        return outcome.refused.empty() ? "" : outcome.refused[0].text;
    }
    void price(const std::string& day_text, const std::string& price, const std::string& quote = "USD") {
        server::store::PriceRow row{"BTC",
                                    quote,
                                    day(day_text) + 12 * 3'600'000'000LL,
                                    "kraken",
                                    fleet::ledger::parse_price(price).value(),
                                    "test",
                                    price};
        REQUIRE(server::store::import_prices(*database, {row}, server::store::PriceImportMode::store)
                    .value()
                    .refused.empty());
    }
    void hold(const std::vector<std::pair<std::string, std::uint64_t>>& holders,
              const std::string& from = "2026-01-01") {
        std::vector<fleet::ledger::HolderChange> changes;
        for (const auto& [name, units] : holders) changes.push_back({name, units, day(from)});
        REQUIRE(server::store::import_holders(*database, changes, "eva").value().refused == "");
    }
    // The founding paper's month: 317,500,000 mined, 126,808,370 of it for a bill of 87,654.32 USD at
    // 69,123.45. Holders as in the worked example.
    void whitepaper_october() {
        mine(317'500'000, day("2026-10-20"));
        price("2026-10-31", "69123.45");
        REQUIRE(enter({bill("2026-10", CostKind::electricity, "USD", 8'765'432, "2026-10-31")}) == "");
        hold({{"a", 1000}, {"b", 333}, {"c", 333}, {"d", 1}});
    }

    std::string propose(const std::string& month, const std::string& by = "eva") {
        return server::store::propose_waterfall(*database, "BTC", month, by, now_us).value().refused;
    }
    std::string approve(const std::string& month, const std::string& by = "ivo") {
        return server::store::approve_waterfall(*database, {"BTC", month, by}, now_us).value().refused;
    }
    std::string post_month(const std::string& month) {
        return server::store::post_waterfall(*database, {"BTC", month, "ivo"}, now_us).value().refused;
    }
    std::string reverse(const std::string& month) {
        return server::store::reverse_waterfall(*database, {"BTC", month, "ivo", "wrong"}, now_us)
            .value()
            .refused;
    }
    std::string withdraw(const std::string& month) {
        return server::store::withdraw_waterfall(*database, {"BTC", month, "ivo", "wrong"}, now_us)
            .value()
            .refused;
    }
    std::string run(const std::string& month) {
        auto refused = propose(month);
        if (refused.empty()) refused = approve(month);
        return refused.empty() ? post_month(month) : refused;
    }

    // "holder holder:a 5, retained -5": credits less debits in BTC of accounts that are not at zero.
    std::string balances(const std::string& asset = "BTC") {
        return ask(*database,
                   "select coalesce(string_agg(concat_ws(' ', a.purpose, p.key, b.credits - b.debits), ', ' "
                   "order by a.purpose, p.key), '') from balances b join accounts a on a.id = b.account left "
                   "join parties p on p.id = a.party where b.credits <> b.debits and a.asset = '" +
                       asset + "'");
    }
    std::string findings() {
        std::string text;
        for (const auto& finding : server::store::check_ledger(*database).value().findings)
            text += finding.invariant + ": " + finding.text + "\n";
        return text;
    }
    // Damage behind the triggers' back, or the text of the database's refusal.
    std::string refusal_of(const std::string& sql);
    void damage(const std::string& sql);
};

}  // namespace integration
