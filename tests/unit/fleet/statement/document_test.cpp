// Bank files, journals and manifests: against golden files, and against names that would break them.
// That hledger and bean-check take the journals is tested in tests/integration/reports.

#include <fstream>
#include <sstream>

#include "fleet/statement/bank_files.h"
#include "fleet/statement/formats.h"
#include "fleet/statement/journal.h"
#include "fleet/statement/manifest.h"
#include "tests/catch.h"
#include "tests/unit/fleet/statement/examples.h"

using namespace statement_examples;
using fleet::ledger::AccountKey;

namespace {

std::string golden(const std::string& name) {
    std::ifstream file(STATEMENT_GOLDEN "/" + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void check_golden(const std::string& name, const std::string& made) {
    INFO(name);
    if (made != golden(name)) std::ofstream(name, std::ios::binary) << made;  // beside the test, to compare
    CHECK(made == golden(name));
}

std::string bank_file(const BankFormat& format, const std::vector<StatementRow>& rows) {
    BankHead head;
    head.statement_no = "2026-10/user:<alice>";
    head.party = "user:<alice> & \"sons\"";
    head.party_id = 12;
    head.currency = "USD";
    head.from_us = october_us - 3661 * second_us;
    head.to_us = head.from_us + 31 * 86'400 * second_us;
    head.opening = -150;
    for (const auto& row : rows) count_row(head, row);
    std::string out = format.begin(head);
    for (const auto& row : rows) format.append(out, row);
    return out + format.end(head);
}

JournalTransfer booked(std::int64_t number, std::int64_t day, const AccountKey& debit,
                       const AccountKey& credit, const std::string& amount, unsigned scale) {
    JournalTransfer out;
    out.number = number;
    out.booked_at_us = october_us + day * 86'400 * second_us;
    out.period = "2026-10";
    out.scale = scale;
    out.transfer = {fleet::ledger::transfer_id("test", std::to_string(number), "move", ""),
                    debit,
                    credit,
                    fleet::ledger::Integer(amount),
                    "reward_subsidy",
                    october_us,
                    "block",
                    "bitcoin:" + std::string(64, 'b') + ":1",
                    number == 3 ? std::string(32, 'f') : "",
                    number == 2 ? "a;b, c: \"d\"\n2026-10-01 * x|y" : ""};
    return out;
}

std::string journal_text(JournalStyle style) {
    const AccountKey coinbase{"BTC", "coinbase", "", ""};
    const AccountKey alice{"BTC", "user_immature", "user:alice", ""};
    const AccountKey odd{"BTC", "user", "user:x;  (y) [2026-10-01] \xc3\xa9", "de:tail"};
    const AccountKey wei{"ETC", "wallet", "", "main"};
    const AccountKey start{"ETC", "opening", "", ""};
    const std::vector<JournalTransfer> transfers{
        booked(1, 0, coinbase, alice, "312500000", 8), booked(2, 0, alice, odd, "1", 8),
        booked(3, 1, odd, alice, "1", 8), booked(4, 1, wei, start, "1234567890123456789012", 18)};
    Journal journal(style, {coinbase, alice, odd, wei, start}, {{"BTC", 8}, {"ETC", 18}}, october_us);
    std::string out;
    journal.begin(out);
    journal.add_price(out, "BTC", "USD", "65000.10", october_us);
    for (const auto& transfer : transfers) journal.add(out, transfer);
    journal.end(out);
    return out;
}

}  // namespace

TEST_CASE("bank files, journals and the manifest read as their golden files") {
    check_golden("statement.ofx", bank_file(ofx_format(), october()));
    check_golden("camt053.xml", bank_file(camt_format(), october()));
    check_golden("ledger.hledger", journal_text(JournalStyle::hledger));
    check_golden("ledger.beancount", journal_text(JournalStyle::beancount));
    Manifest manifest{"statement", "xero", {{"party", "user:\"x\"\n"}, {"period", "2026-10"}}, {}};
    const auto* format = find_format("earnings");
    for (const std::string name : {"a.csv", "b.csv"}) {
        ManifestFile file{name, std::string(64, 'a'), 0, {}};
        for (const auto& row : october())
            if (takes(*format, row)) {
                ++file.rows;
                file.sums.add(format->columns, format->line_of(row));
            }
        manifest.files.push_back(file);
    }
    check_golden("manifest.json", canonical(manifest));
    CHECK(canonical(Manifest{}) ==
          "{\"files\":[],\"format\":\"\",\"kind\":\"\",\"parameters\":{},\"rows\":0,\"schema_version\":1,"
          "\"sums\":{}}\n");
}

TEST_CASE("names of people stay text in XML") {
    auto rows = october();
    rows.resize(1);
    rows[0].code = "</NAME><x a=\"1\">";
    rows[0].memo = "&";
    for (const auto& format : {ofx_format(), camt_format()}) {
        const auto text = bank_file(format, rows);
        CHECK(text.find("<x a") == std::string::npos);
        CHECK(text.find("&lt;/NAME&gt;&lt;x a=&quot;1&quot;&gt;") != std::string::npos);
    }
}

TEST_CASE("a bank file's opening balance and entries are its closing balance") {
    BankHead head;
    head.opening = -150;
    for (const auto& row : october()) count_row(head, row);
    Signed sum = -150;
    for (const auto& row : october()) sum += row.fiat->value;
    CHECK(closing_of(head) == sum);
    CHECK(head.rows_received == 4);
    CHECK(head.rows_taken == 2);
}

TEST_CASE("two accounts never share a name in a journal") {
    const std::vector<AccountKey> accounts{{"BTC", "user", "user:a", ""},
                                           {"BTC", "user", "user:A", ""},
                                           {"BTC", "user", "owner:a", ""},
                                           {"BTC", "user", "user:a:b", ""},
                                           {"BTC", "user", "user:a", "b"},
                                           {"BTC", "user", "", "user:a"},
                                           {"BTC", "user", "user:a%3Ab", ""},
                                           {"BTC", "user", "user:a-3Ab", ""},
                                           {"BTC", "user", "", ""},
                                           {"BTC", "user", "user:a-b", ""},
                                           {"BTC", "user", "user:a_b", ""},
                                           {"BTC", "user", "user:a b", ""},
                                           {"BTC", "user_immature", "user:a", ""}};
    for (const auto style : {JournalStyle::hledger, JournalStyle::beancount}) {
        std::set<std::string> names;
        for (const auto& account : accounts) names.insert(Journal::account_name(style, account));
        CHECK(names.size() == accounts.size());
        for (const auto& name : names) CHECK(name.find_first_of(" ;()[]\"\n") == std::string::npos);
    }
}

TEST_CASE("texts are cut between characters") {
    CHECK(cut("abc", 3) == "abc");
    CHECK(cut("abcd", 3) == "abc");
    CHECK(cut("\xc3\xa9\xc3\xa9\xc3\xa9", 2) == "\xc3\xa9\xc3\xa9");
    CHECK(cut("", 3).empty());
}
