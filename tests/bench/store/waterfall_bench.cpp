// How long a month's waterfall takes. Makes a cluster of its own in a temporary folder.
//   hashyard-waterfall-bench [holders] [months]
// Prints one line a month and the medians. Each month pays all holders again, so the ledger grows.

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "fleet/ledger/calendar.h"
#include "server/store/bills.h"
#include "server/store/holders.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"
#include "server/store/migrator.h"
#include "server/store/waterfall.h"
#include "tests/integration/store/fresh_database.h"

namespace {

using namespace integration;
using namespace server::store;
using fleet::ledger::Transfer;

double timed(auto work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

void need(const std::string& refused) {
    if (refused.empty()) return;
    fmt::print("refused: {}\n", refused);
    std::exit(1);
}

void fill(Database& database, std::uint64_t holders, int months, std::int64_t now_us) {
    std::vector<fleet::ledger::HolderChange> changes;
    for (std::uint64_t i = 0; i < holders; ++i)
        changes.push_back({fmt::format("holder-{:06}", i), 1 + i * i % 999'983 * 100, 1});
    need(import_holders(database, changes, "bench").value().refused);
    std::vector<Transfer> mined;
    std::vector<fleet::ledger::Bill> bills;
    for (int month = 1; month <= months; ++month) {
        const auto day = fmt::format("2026-{:02}-15", month);
        Transfer transfer;
        transfer.id = fleet::ledger::transfer_id("bench", day, "mined", "");
        transfer.debit = {"BTC", "wallet", "", "main"};
        transfer.credit = {"BTC", "mining", "", ""};
        transfer.amount = 31'750'000'000;
        transfer.code = "mined";
        transfer.event_at_us = fleet::ledger::parse_day(day).value();
        transfer.source_kind = "bench";
        transfer.source_id = day;
        mined.push_back(transfer);
        fleet::ledger::Bill bill;
        bill.supplier = "grid";
        bill.invoice = day;
        bill.asset = bill.currency = "BTC";
        bill.amount = 1'000'000'000;
        bill.invoice_day = bill.accrual_day = day;
        bills.push_back(bill);
    }
    need(post_transfers(database, now_us, mined).value().refused);
    if (!add_bills(database, bills, "bench", now_us).value().refused.empty()) std::exit(1);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const auto holders = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
    const auto months = argc > 2 ? std::atoi(argv[2]) : 3;
    TemporaryFolder folder;
    auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    Database database(cluster->url());
    need(migrate(database).value().refused);
    const auto now_us = fleet::ledger::parse_day("2027-01-02").value();
    fmt::print("{} holders imported in {:.2f} s\n", holders,
               timed([&] { fill(database, holders, months, now_us); }));
    std::vector<double> proposing, posting, whole;
    for (int number = 1; number <= months; ++number) {
        const auto month = fmt::format("2026-{:02}", number);
        const WaterfallStep step{"BTC", month, "second"};
        const auto preview =
            timed([&] { need(preview_waterfall(database, "BTC", month, now_us).value().refused); });
        const auto propose =
            timed([&] { need(propose_waterfall(database, "BTC", month, "first", now_us).value().refused); });
        const auto approve = timed([&] { need(approve_waterfall(database, step, now_us).value().refused); });
        const auto post = timed([&] { need(post_waterfall(database, step, now_us).value().refused); });
        fmt::print("{}: preview {:.2f} s, propose {:.2f} s, approve {:.2f} s, post {:.2f} s\n", month,
                   preview, propose, approve, post);
        proposing.push_back(propose);
        posting.push_back(post);
        whole.push_back(propose + approve + post);
    }
    const auto check = timed([&] {
        if (!check_ledger(database).value().findings.empty()) std::exit(1);
    });
    fmt::print(
        "median: propose {:.2f} s, post {:.2f} s, whole month {:.2f} s; daily check of {} months {:.2f} s\n",
        median(proposing), median(posting), median(whole), months, check);
    return 0;
}
