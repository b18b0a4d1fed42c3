// Reports in the hands of other programs: hledger, beancount, a reader of XLSX, pdftotext.

#include <sstream>

#include "tests/integration/reports/report_world.h"

using namespace integration;
using namespace server::reports;

namespace {

using Balances = std::map<std::string, std::string>;  // "account asset" to base units, none of zero

// What the database says, by the names that the journal uses.
Balances trial_balance(ReportWorld& world, fleet::statement::JournalStyle style) {
    Balances out;
    std::map<std::string, fleet::statement::Signed> sums;
    for (const auto& line : server::store::trial_balance(*world.database, world.last_month).value().lines)
        sums[fleet::statement::Journal::account_name(style, line.account) + " " + line.account.asset] +=
            fleet::statement::signed_of(line.debits_to_date) -
            fleet::statement::signed_of(line.credits_to_date);
    for (const auto& [name, sum] : sums)
        if (sum != 0) out[name] = sum.str();
    return out;
}

std::string base_units(std::string decimal) {
    const bool negative = decimal.starts_with('-');
    if (negative) decimal.erase(0, 1);
    std::erase(decimal, '.');
    decimal.erase(0, decimal.find_first_not_of('0'));
    return (negative ? "-" : "") + decimal;
}

}  // namespace

TEST_CASE("hledger takes the journal strictly, and its balances are the trial balance") {
    ReportWorld world;
    tests::TemporaryFolder folder;
    const auto path =
        save(folder, "ledger.journal", world.file(world.query(ReportKind::journal, "", "hledger")));
    run("hledger -f '" + path + "' check -s");
    std::istringstream lines(run("hledger -f '" + path + "' balance --flat --no-total --layout=bare -O csv"));
    Balances told;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        // "account","commodity","balance"
        std::vector<std::string> cells;
        std::istringstream fields(line);
        for (std::string cell; std::getline(fields, cell, ',');)
            cells.push_back(cell.substr(1, cell.size() - 2));
        REQUIRE(cells.size() == 3);
        if (cells[2].find_first_not_of("-0.") != std::string::npos)
            told[cells[0] + " " + cells[1]] = base_units(cells[2]);
    }
    const auto books = trial_balance(world, fleet::statement::JournalStyle::hledger);
    CHECK(books.size() >= 9);
    CHECK(told == books);
}

TEST_CASE("bean-check takes the journal, and its balances are the trial balance") {
    ReportWorld world;
    tests::TemporaryFolder folder;
    const auto path =
        save(folder, "ledger.beancount", world.file(world.query(ReportKind::journal, "", "beancount")));
    CHECK(run("bean-check '" + path + "'") == "");
    const auto script = save(folder, "balances.py",
                             "import sys\n"
                             "from beancount import loader\n"
                             "from beancount.core import data, inventory\n"
                             "entries, errors, _ = loader.load_file(sys.argv[1])\n"
                             "assert not errors, errors\n"
                             "sums = {}\n"
                             "for entry in data.filter_txns(entries):\n"
                             "    for posting in entry.postings:\n"
                             "        key = posting.account + ' ' + posting.units.currency\n"
                             "        sums[key] = sums.get(key, 0) + posting.units.number\n"
                             "for key, value in sorted(sums.items()):\n"
                             "    if value: print(key, format(value, 'f'))\n");
    // Debian's own Python has the package.
    std::istringstream lines(run("/usr/bin/python3 '" + script + "' '" + path + "'"));
    Balances told;
    for (std::string account, asset, balance; lines >> account >> asset >> balance;)
        told[account + " " + asset] = base_units(balance);
    CHECK(told == trial_balance(world, fleet::statement::JournalStyle::beancount));
}

TEST_CASE("a workbook opens, its cells are the CSV's, amounts are text and nothing is a formula") {
    ReportWorld world;
    tests::TemporaryFolder folder;
    for (const auto& party : {std::string("user:alice"), world.formula}) {
        const auto book =
            save(folder, "book.xlsx", world.file(world.query(ReportKind::earnings, party, "xlsx")));
        const auto csv =
            save(folder, "book.csv", world.file(world.query(ReportKind::earnings, party, "csv")));
        CHECK(run("python3 '" REPORTS_TEST_FOLDER "/workbook_check.py' '" + book + "' '" + csv + "'") ==
              "equal\n");
    }
}

TEST_CASE("a PDF statement shows the rows, the balances and the hash of each run") {
    ReportWorld world;
    tests::TemporaryFolder folder;
    const auto path =
        save(folder, "a.pdf", world.file(world.query(ReportKind::statement, "user:alice", "pdf")));
    const auto text = run("pdftotext -layout '" + path + "' -");
    const auto owed =
        ask(*world.database,
            "select sum(b.credits - b.debits) from balances b join accounts a on a.id = b.account "
            "join parties p on p.id = a.party where p.key = 'user:alice'");
    CHECK(text.find("/user:alice") != std::string::npos);
    CHECK(text.find(fleet::statement::decimal_text(fleet::statement::Signed(owed), 8)) != std::string::npos);
    std::istringstream hashes(ask(*world.database,
                                  "select string_agg(distinct encode(output_hash, 'hex') || ' ', '') from "
                                  "payout_runs"));
    for (std::string hash; hashes >> hash;) CHECK(text.find(hash) != std::string::npos);
    std::istringstream transfers(
        ask(*world.database,
            "select string_agg(replace(t.id::text, '-', '') || ' ', '') from transfers t "
            "where code in ('reward_subsidy', 'reward_fees') and memo = 'alice'"));
    for (std::string id; transfers >> id;) CHECK(text.find(id) != std::string::npos);
}

TEST_CASE("names that spreadsheets would run are text in every table") {
    ReportWorld world;
    const auto ledger = world.file(world.query(ReportKind::ledger, "", "csv"));
    CHECK(ledger.find(",\"'=cmd") == std::string::npos);  // the party's kind stands before the name
    CHECK(ledger.find("holder:=cmd|' /C calc'!A0;  \"\"x\"\"\n") != std::string::npos);
    const auto owner = std::string("owner:@SUM(A1)");
    world.move({"BTC", "wallet", "", "main"}, {"BTC", "owner", owner, ""}, "1", "holders");
    world.move({"USD", "bank", "", "=1+1"}, {"USD", "owner", "owner:=2+2", ""}, "100", "holders");
    CHECK(world.file(world.query(ReportKind::ledger, "", "csv")).find(",'=1+1,") != std::string::npos);
    const auto xero = world.file(world.query(ReportKind::statement, "owner:=2+2", "xero", "USD"));
    CHECK(xero.find(",1.00,'=2+2,") != std::string::npos);
}
