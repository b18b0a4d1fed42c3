#pragma once
// Users with balances and a wallet that holds them, for the tests of payouts.

#include <string>

#include "server/store/ledger.h"
#include "server/store/payout_batches.h"
#include "server/store/transaction.h"
#include "stratum/address.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

namespace integration {

inline constexpr std::int64_t start_us = 1'790'000'000'000'000;

inline stratum::Bytes witness_script(std::uint8_t fill) {
    stratum::Bytes script{0x00, 0x14};
    script.resize(22, fill);
    return script;
}

struct PayoutWorld {
    FreshDatabase database;
    server::store::PayoutSettings settings;
    std::int64_t now_us = start_us;

    PayoutWorld() { settings.network = stratum::Network::regtest; }

    void run(const std::string& sql) {
        REQUIRE(server::store::transact(*database, [&](pqxx::work& transaction) {
            transaction.exec(sql);
            return 0;
        }));
    }
    static std::string address(std::uint8_t fill) {
        return stratum::address_of_script(witness_script(fill), stratum::Network::regtest);
    }
    void user(const std::string& name, std::uint8_t fill, std::int64_t sats) {
        run("insert into users (kind, name, payout_address) values ('name', '" + name + "', '" +
            address(fill) + "')");
        fleet::ledger::Transfer transfer;
        transfer.id = fleet::ledger::transfer_id("test", name, "earned", "");
        transfer.debit = {"BTC", "wallet", "", "main"};
        transfer.credit = {"BTC", "user", "user:" + name, ""};
        transfer.amount = sats;
        transfer.code = "earned";
        transfer.event_at_us = now_us;
        transfer.source_kind = "test";
        transfer.source_id = name;
        REQUIRE(server::store::post_transfers(*database, now_us, {transfer}).value().refused == "");
    }
    std::string asked(const std::string& sql) { return ask(*database, sql); }
    // "alice 100 0, bob ...": balance and what is set aside.
    std::string users() {
        return asked(
            "select coalesce(string_agg(concat_ws(' ', substr(p.key, 6), b.credits - b.debits, "
            "b.pending_debits), ', ' order by p.key), '') from balances b join accounts a on a.id = "
            "b.account join parties p on p.id = a.party where a.purpose = 'user'");
    }
    std::string wallet() {
        return asked(
            "select coalesce(sum(b.debits - b.credits), 0) from balances b join accounts a on a.id = "
            "b.account where a.purpose = 'wallet'");
    }
    server::store::PayoutBatch only_batch() {
        const auto batches = server::store::payout_batches(*database, server::store::Which::all).value();
        REQUIRE(batches.size() == 1);
        return batches[0];
    }
};

}  // namespace integration
