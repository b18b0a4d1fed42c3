// The ledger's rules, each tried against a real PostgreSQL: what the database must refuse, it refuses whoever
// asks.

#include "server/store/ledger.h"
#include "server/store/ledger_posting.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

using namespace server::store;
using fleet::ledger::AccountKey;
using fleet::ledger::Integer;
using fleet::ledger::Transfer;
using integration::ask;
using integration::FreshDatabase;

namespace {

constexpr std::int64_t november_us = 1'762'000'000'000'000;  // 2025-11-01T12:26:40Z
constexpr std::int64_t december_us = november_us + 31LL * 86'400'000'000;

AccountKey btc(const std::string& purpose, const std::string& party = "") {
    return {"BTC", purpose, party, ""};
}

Transfer move(const AccountKey& debit, const AccountKey& credit, std::uint64_t amount,
              const std::string& source, std::int64_t at_us = november_us) {
    Transfer transfer;
    transfer.id = fleet::ledger::transfer_id("test", source, "moved", credit.party);
    transfer.debit = debit;
    transfer.credit = credit;
    transfer.amount = amount;
    transfer.code = "moved";
    transfer.event_at_us = at_us;
    transfer.source_kind = "test";
    transfer.source_id = source;
    return transfer;
}

PostOutcome post_one(FreshDatabase& database, const Transfer& transfer) {
    return post_transfers(*database, transfer.event_at_us, {transfer}).value();
}

// The text of the refusal when a statement breaks a rule.
std::string refusal_of(FreshDatabase& database, const std::string& sql) {
    try {
        static_cast<void>(transact(*database, [&](pqxx::work& transaction) { transaction.exec(sql); }));
    } catch (const std::exception& failure) {
        return failure.what();
    }
    return {};
}

const std::string sums =
    "select string_agg(u.purpose || ' ' || b.debits || ' ' || b.credits, ', ' order by u.purpose) from "
    "balances b "
    "join accounts a on a.id = b.account join account_purposes u on u.purpose = a.purpose";

}  // namespace

TEST_CASE("a transfer moves both balances and stands in the chain of its day") {
    FreshDatabase database;
    CHECK(post_one(database, move(btc("coinbase"), btc("user_immature", "user:alice"), 500, "b1")).posted ==
          1);
    CHECK(ask(*database, sums) == "coinbase 500 0, user_immature 0 500");
    CHECK(ask(*database, "select day || ' ' || transfers from ledger_days") == "2025-11-01 1");
    CHECK(ask(*database,
              "select (h.hash = l.head and d.head = l.head)::text from transfer_hashes h, ledger_head l, "
              "ledger_days d") == "true");
    CHECK(ask(*database, "select period || ' ' || state from periods") == "2025-11 open");
}

TEST_CASE("the chain goes on over transactions and days and can be computed again from the rows") {
    FreshDatabase database;
    for (int i = 0; i < 5; ++i)
        REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:a"), 10, "c" + std::to_string(i),
                                        november_us + i * 40'000'000'000LL))
                    .posted == 1);
    CHECK(ask(*database, "select count(*) from ledger_days") == "3");
    CHECK(ask(*database,
              "select (head = (select hash_chain(sha256('hashyard ledger 1'), transfer_text(t) order by "
              "number) from transfers t))::text from ledger_head") == "true");
}

TEST_CASE("the same transfers again are no change, with another body they are refused") {
    FreshDatabase database;
    const auto first = move(btc("coinbase"), btc("user", "user:alice"), 500, "b1");
    REQUIRE(post_one(database, first).posted == 1);
    const auto again = post_one(database, first);
    CHECK(again.posted == 0);
    CHECK(again.refused.empty());
    auto other = first;
    other.amount = 501;
    const auto refused =
        post_transfers(*database, november_us, {move(btc("coinbase"), btc("user", "user:b"), 1, "x"), other});
    CHECK(refused.value().refused.find("with another content") != std::string::npos);
    CHECK(ask(*database, sums) == "coinbase 500 0, user 0 500");
}

TEST_CASE("no liability falls below zero, and nothing of the batch is booked") {
    FreshDatabase database;
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:alice"), 500, "b1")).posted == 1);
    const auto outcome = post_transfers(*database, november_us,
                                        {move(btc("coinbase"), btc("user", "user:bob"), 7, "b2"),
                                         move(btc("user", "user:alice"), btc("wallet"), 501, "p1")})
                             .value();
    CHECK(outcome.refused == "an account would fall below zero");
    CHECK(ask(*database, "select count(*) from transfers") == "1");
}

TEST_CASE("one asset is never exchanged for another in one transfer") {
    FreshDatabase database;
    const auto outcome = post_one(database, move({"BTC", "wallet", "", ""}, {"USD", "bank", "", ""}, 5, "x"));
    CHECK(outcome.refused.find("conversion account") != std::string::npos);
}

TEST_CASE("rows of the ledger can be neither changed nor removed") {
    FreshDatabase database;
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:alice"), 500, "b1")).posted == 1);
    for (const std::string table :
         {"transfers", "transfer_hashes", "pending_transfers", "pending_outcomes", "assets", "accounts"}) {
        INFO(table);
        CHECK(refusal_of(database, "delete from " + table).find("append-only") != std::string::npos);
        CHECK(refusal_of(database, "truncate " + table + " cascade").find("append-only") !=
              std::string::npos);
    }
    CHECK(refusal_of(database, "update transfers set amount = 1").find("append-only") != std::string::npos);
    CHECK(refusal_of(database, "update balances set credits = 0, debits = 700").find("") !=
          std::string::npos);
}

TEST_CASE("a reversal must mirror its transfer and happens once") {
    FreshDatabase database;
    const auto original = move(btc("coinbase"), btc("user_immature", "user:alice"), 500, "b1");
    REQUIRE(post_one(database, original).posted == 1);
    auto wrong = fleet::ledger::reversal_of(original, november_us, "");
    wrong.amount = 499;
    CHECK(post_one(database, wrong).refused.find("mirror") != std::string::npos);
    CHECK(post_one(database, fleet::ledger::reversal_of(original, november_us, "orphaned")).posted == 1);
    auto second = fleet::ledger::reversal_of(original, november_us, "");
    second.id = fleet::ledger::transfer_id("test", "other", "", "");
    CHECK_FALSE(post_one(database, second).refused.empty());
    CHECK(ask(*database, sums) == "coinbase 500 500, user_immature 500 500");
}

TEST_CASE("an event of a closed month is booked in the oldest open one, and a closed month takes nothing") {
    FreshDatabase database;
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:a"), 1, "n")).posted == 1);
    REQUIRE(refusal_of(database,
                       "update periods set state = 'closed', trial_balance_hash = sha256(''), closed_by = "
                       "'eva', closed_at = now()")
                .empty());
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:a"), 1, "late")).posted == 1);
    CHECK(ask(*database, "select string_agg(period, ' ' order by number) from transfers") ==
          "2025-11 2025-12");
    CHECK(refusal_of(database,
                     "insert into transfers (id, asset, debit, credit, amount, code, event_at_us, "
                     "booked_at_us, period, source_kind, source_id) select gen_random_uuid(), asset, debit, "
                     "credit, 1, code, event_at_us, booked_at_us, '2025-11', 'x', 'y' from transfers limit 1")
              .find("closed") != std::string::npos);
    CHECK(refusal_of(database,
                     "update periods set state = 'open', trial_balance_hash = null, closed_by = null, "
                     "closed_at = null where period = '2025-11'")
              .find("is closed") != std::string::npos);
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:a"), 1, "next", december_us)).posted ==
            1);
    CHECK(ask(*database, "select max(period) from transfers") == "2025-12");
}

TEST_CASE("booking time does not run backwards with the clock") {
    FreshDatabase database;
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:a"), 1, "n", december_us)).posted ==
            1);
    REQUIRE(post_one(database, move(btc("coinbase"), btc("user", "user:a"), 1, "e", november_us)).posted ==
            1);
    CHECK(ask(*database,
              "select count(distinct booked_at_us) || ' ' || count(distinct event_at_us) from transfers") ==
          "1 2");
}

TEST_CASE("an amount set aside cannot be spent twice and becomes a transfer or nothing, once") {
    FreshDatabase database;
    REQUIRE(post_one(database, move(btc("wallet"), btc("user", "user:alice"), 500, "b1")).posted == 1);
    const auto payout = [](std::uint64_t amount, const std::string& source) {
        return move(btc("user", "user:alice"), btc("wallet"), amount, source);
    };
    const auto set_aside = [&](const Transfer& pending) {
        return transact(
            *database, [&](pqxx::work& transaction) { return reserve(transaction, november_us, {pending}); });
    };
    REQUIRE(set_aside(payout(300, "p1")).value() == 1);
    CHECK(set_aside(payout(300, "p1")).value() == 0);
    CHECK_THROWS(set_aside(payout(201, "p2")));
    CHECK(post_one(database, payout(201, "p3")).refused == "an account would fall below zero");
    REQUIRE(set_aside(payout(200, "p4")).value() == 1);

    const auto post_it = [&](const std::string& id, std::uint64_t amount) {
        return transact(*database,
                        [&](pqxx::work& transaction) {
                            return post_pending(transaction, november_us, id, amount, november_us, "settled");
                        })
            .value();
    };
    CHECK_THROWS(post_it(payout(300, "p1").id, 301));
    CHECK(post_it(payout(300, "p1").id, 300));
    CHECK_FALSE(post_it(payout(300, "p1").id, 300));
    const auto give_back = [&](const std::string& id) {
        return transact(*database,
                        [&](pqxx::work& transaction) { return void_pending(transaction, november_us, id); })
            .value();
    };
    CHECK(give_back(payout(200, "p4").id));
    CHECK_FALSE(give_back(payout(200, "p4").id));
    CHECK_THROWS(give_back(payout(300, "p1").id));
    CHECK_THROWS(post_it(payout(200, "p4").id, 200));
    CHECK(
        ask(*database,
            "select string_agg(concat_ws(' ', debits, credits, pending_debits, pending_credits), ', ' order "
            "by account) from balances") == "500 300 0 0, 300 500 0 0");
}

TEST_CASE("the chart of accounts in the code is the one in the database") {
    FreshDatabase database;
    std::string ours;
    for (const auto& entry : fleet::ledger::chart_of_accounts)
        ours += std::string(entry.purpose) + " " + fleet::ledger::name_of(entry.account_class) + " " +
                (entry.sign == fleet::ledger::AccountSign::any ? "any" : "positive") + "\n";
    CHECK(ask(
              *database,
              "select string_agg(purpose || ' ' || class || ' ' || sign || E'\\n', '' order by ord) from "
              "(select *, array_position(array[" +
                  [] {
                      std::string list;
                      for (const auto& entry : fleet::ledger::chart_of_accounts)
                          list += (list.empty() ? "'" : ",'") + std::string(entry.purpose) + "'";
                      return list;
                  }() +
                  "], purpose) as ord from account_purposes) p") == ours);
}

TEST_CASE("a freeze is one for each reason and is lifted with a name and a why") {
    FreshDatabase database;
    CHECK(freeze_payouts(*database, "by_hand", "audit", "eva").value());
    CHECK_FALSE(freeze_payouts(*database, "by_hand", "again", "eva").value());
    REQUIRE(active_freezes(*database).value().size() == 1);
    CHECK(active_freezes(*database).value()[0].detail == "audit");
    CHECK(thaw_payouts(*database, "by_hand", "otto", "audit done").value() == 1);
    CHECK(active_freezes(*database).value().empty());
    CHECK(freeze_payouts(*database, "by_hand", "next", "eva").value());
}
