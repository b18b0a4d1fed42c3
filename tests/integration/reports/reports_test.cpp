#include <algorithm>

#include "server/reports/report_files.h"
#include "tests/integration/reports/report_world.h"
#include "tests/unit/fleet/statement/csv_reader.h"

using namespace integration;
using namespace server::reports;

namespace {

std::vector<csv_reader::Record> records(const std::string& bytes) {
    auto out = csv_reader::read(bytes);
    REQUIRE(out);
    return *out;
}

const std::string& ending(const MemoryOutput& output, const std::string& name) {
    for (const auto& [file, bytes] : output.files)
        if (file.ends_with(name)) return bytes;
    FAIL("no file " << name);
    return output.files.begin()->second;
}

std::size_t column(const csv_reader::Record& head, const std::string& name) {
    const auto at = std::find(head.begin(), head.end(), name);
    REQUIRE(at != head.end());
    return static_cast<std::size_t>(at - head.begin());
}

std::int64_t sum_of(const std::vector<csv_reader::Record>& all, const std::string& name) {
    const auto at = column(all.front(), name);
    std::int64_t sum = 0;
    for (std::size_t i = 1; i < all.size(); ++i) sum += std::stoll(all[i][at]);
    return sum;
}

std::vector<ReportQuery> all_questions(const ReportWorld& world) {
    std::vector<ReportQuery> out;
    for (const auto kind : {ReportKind::earnings, ReportKind::payouts, ReportKind::statement,
                            ReportKind::ledger, ReportKind::journal})
        for (const auto& format : formats_of(kind)) {
            const bool ledger = kind == ReportKind::ledger || kind == ReportKind::journal;
            const bool needs_price = format.starts_with("quickbooks") || format == "xero" ||
                                     format == "ofx" || format == "camt053";
            const std::string party = ledger        ? ""
                                      : needs_price ? "supplier:Grid, Inc. \xc3\xa9"
                                                    : "user:alice";
            out.push_back(world.query(kind, party, format, needs_price ? "USD" : ""));
        }
    return out;
}

}  // namespace

TEST_CASE("rows of a party add up to what the ledger owes it, with each block's part and state") {
    ReportWorld world;
    MemoryOutput output;
    const auto made = world.make(world.query(ReportKind::statement, "user:alice", "csv"), output);
    REQUIRE(made.refused == "");
    REQUIRE(output.files.size() == 2);
    const auto earned = records(ending(output, "_earnings.csv"));
    const auto paid = records(ending(output, "_payouts.csv"));
    CHECK(earned.size() == 1 + 8);  // three blocks in two components, one of them taken back
    CHECK(paid.size() == 1 + 1);
    const auto owed =
        ask(*world.database,
            "select sum(b.credits - b.debits) from balances b join accounts a on a.id = b.account "
            "join parties p on p.id = a.party where p.key = 'user:alice' and a.asset = 'BTC'");
    CHECK(std::to_string(sum_of(earned, "amount_base") - sum_of(paid, "amount_base")) == owed);
    CHECK(sum_of(earned, "amount_base") == sum_of(earned, "net_base"));
    CHECK(sum_of(earned, "gross_base") == sum_of(earned, "pool_fee_base") + sum_of(earned, "net_base"));
    std::map<std::string, int> states;
    for (std::size_t i = 1; i < earned.size(); ++i) {
        ++states[earned[i][column(earned[0], "block_status")]];
        CHECK(earned[i][column(earned[0], "scheme")] == "pplns");
        CHECK(earned[i][column(earned[0], "weight")] != "0");
        CHECK(earned[i][column(earned[0], "fx_value")] == "");
    }
    CHECK(states == std::map<std::string, int>{{"immature", 2}, {"mature", 2}, {"reversed", 4}});
    const auto pool_fee = sum_of(earned, "pool_fee_base");
    CHECK(pool_fee > 0);
    CHECK(made.manifest_text.find("\"rows\":9") != std::string::npos);
    for (const auto& file : made.manifest.files) CHECK(file.sha256 == sha256_hex(output.files.at(file.name)));
}

TEST_CASE("a report of a closed month has the same bytes for ever, and one that differs is not handed out") {
    ReportWorld world;
    world.close();
    for (const auto& question : all_questions(world)) {
        INFO(name_of(question.kind) << " " << question.format);
        MemoryOutput first;
        const auto made = world.make(question, first);
        REQUIRE(made.refused == "");
        CHECK(made.closed);
        CHECK(note_report(*world.database, question, made).value() == "");
        // What happens later in the open month changes nothing.
        world.now_us += 45LL * 86'400'000'000;
        world.pay("alice", 1);
        MemoryOutput second;
        const auto again = world.make(question, second);
        CHECK((first.files == second.files));
        CHECK(made.manifest_text == again.manifest_text);
        CHECK(note_report(*world.database, question, again).value() == "");
    }
    const auto question = all_questions(world).front();
    MemoryOutput output;
    auto made = world.make(question, output);
    made.manifest_text += " ";
    CHECK(note_report(*world.database, question, made).value().find("differs") != std::string::npos);
    CHECK(ask(*world.database, "select count(*) from exports where verdict = 'differs'") == "1");
    CHECK(server::store::active_freezes(*world.database).value().front().reason == "export_differs");
    // The database holds the rule whoever writes.
    CHECK_THROWS(
        ask(*world.database,
            "insert into exports (kind, format, parameters, sha256, row_count, sums, closed, verdict) "
            "select kind, format, parameters, sha256('x'), 0, '{}', true, 'made' from exports limit 1 "
            "returning 1"));
    CHECK_THROWS(ask(*world.database, "delete from exports returning 1"));
}

TEST_CASE("an open month may change, and says so") {
    ReportWorld world;
    const auto question = world.query(ReportKind::payouts, "user:alice", "csv");
    MemoryOutput output;
    auto made = world.make(question, output);
    CHECK(!made.closed);
    CHECK(note_report(*world.database, question, made).value() == "");
    made.manifest_text += " ";
    CHECK(note_report(*world.database, question, made).value() == "");
}

TEST_CASE("what cannot be written is refused with its reason") {
    ReportWorld world;
    MemoryOutput output;
    const auto why = [&](ReportQuery question, const ReportLimits& limits = {}) {
        return world.make(question, output, limits).refused;
    };
    CHECK(why(world.query(ReportKind::statement, "user:nobody", "csv")) == "the books know no user:nobody");
    CHECK(why(world.query(ReportKind::statement, "", "csv")).find("name whose") == 0);
    CHECK(why(world.query(ReportKind::statement, "user:alice", "doc")).find("not as doc") !=
          std::string::npos);
    CHECK(why(world.query(ReportKind::journal, "user:alice", "hledger")).find("name no party") !=
          std::string::npos);
    CHECK(why(world.query(ReportKind::statement, "user:alice", "xero")).find("--currency") !=
          std::string::npos);
    CHECK(why(world.query(ReportKind::statement, "user:alice", "xero", "USD")).find("no USD price for BTC") !=
          std::string::npos);
    CHECK(why(world.query(ReportKind::statement, "user:alice", "csv", "ABC")).find("ABC") !=
          std::string::npos);
    ReportLimits small;
    small.rows_max = 3;
    small.pdf_rows_max = 3;
    small.xlsx_rows_max = 3;
    for (const std::string format : {"csv", "pdf", "xlsx"})
        CHECK(why(world.query(ReportKind::statement, "user:alice", format), small).find("more than 3 rows") !=
              std::string::npos);
    CHECK(why(world.query(ReportKind::ledger, "", "csv"), small).find("more than 3 rows") !=
          std::string::npos);
    auto nothing = world.query(ReportKind::statement, "user:alice", "csv");
    nothing.span = {};
    CHECK(why(nothing).find("name the time") == 0);
}

TEST_CASE("amounts are valued at the price of their minute, and bank files foot in that money") {
    ReportWorld world;
    auto question = world.query(ReportKind::statement, "user:alice", "xero", "USD");
    world.price("BTC", "65000.10", start_us);
    MemoryOutput refused;
    CHECK(world.make(question, refused).refused.find("there is no USD price for BTC") ==
          0);  // of the later rows
    world.price("BTC", "60000", world.now_us);
    world.price("BTC", "61000.5", world.now_us - 1'800'000'000);  // an orphan is booked at the wall's time
    world.price("BTC", "62000",
                std::chrono::duration_cast<std::chrono::microseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                        .count() -
                    600'000'000);
    const auto lines = records(world.file(question));
    std::int64_t cents = 0;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        auto amount = lines[i][1];
        std::erase(amount, '.');
        cents += std::stoll(amount);
    }
    CHECK(lines.size() == 1 + 9);
    CHECK(std::find_if(lines.begin(), lines.end(), [](const auto& line) {
              return line[1] == "-120000.00";
          }) != lines.end());  // the payout of two coins
    question.format = "ofx";
    const auto ofx = world.file(question);
    CHECK(ofx.find("<BALAMT>" + fleet::statement::decimal_text(cents, 2) + "</BALAMT>") != std::string::npos);
    question.format = "camt053";
    const auto camt = world.file(question);
    CHECK(camt.find("<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"USD\">" +
                    fleet::statement::decimal_text(cents, 2)) != std::string::npos);
    question.format = "csv";
    MemoryOutput ours;
    const auto made = world.make(question, ours);
    const auto earned = records(ending(ours, "_earnings.csv"));
    CHECK(earned[1][column(earned[0], "fx_price")] == "65000.1");
    CHECK(earned[1][column(earned[0], "fx_source")] == "kraken");
}

TEST_CASE("a span of days opens with what was there before") {
    ReportWorld world;
    auto question = world.query(ReportKind::statement, "user:alice", "csv");
    question.span = {"", "", start_us, start_us + 3'599'000'000};  // before the payout
    MemoryOutput output;
    const auto made = world.make(question, output);
    CHECK(made.refused == "");
    CHECK(!made.closed);
    CHECK(made.manifest.files[1].rows == 0);
    question.span = {"", "", start_us + 3'599'000'000, start_us + 7'200'000'000};
    question.format = "pdf";
    const auto paper = world.file(question);
    CHECK(paper.find("(payout ") == std::string::npos);  // a line is one text: the word stands inside of it
    CHECK(paper.find(" payout ") != std::string::npos);
}

TEST_CASE("periods and days are read strictly") {
    CHECK(parse_period("2026-10")->first_period == "2026-10");
    CHECK(parse_period("2026")->last_period == "2026-12");
    CHECK(parse_period("2026-Q3")->first_period == "2026-07");
    for (const auto text : {"", "26", "2026-1", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "2026-10-01",
                            "0000", "2026 10", "20x6-10", "2026-1a"})
        CHECK(!parse_period(text));
    CHECK(parse_day("1970-01-02") == 86'400'000'000);
    CHECK(parse_day("2024-02-29") == 1'709'164'800'000'000);
    for (const auto text :
         {"", "2023-02-29", "2026-1-01", "2026-10-1", "2026/10/01", "1969-12-31", "2026-10-32"})
        CHECK(!parse_day(text));
    CHECK(file_word("user:alice") == "user_3aalice");
    CHECK(file_word("../x") == "_2e._2fx");
    CHECK(file_word(std::string(200, 'a')) != file_word(std::string(201, 'a')));
    CHECK(file_word(std::string(200, '/')).size() == 100);
}
