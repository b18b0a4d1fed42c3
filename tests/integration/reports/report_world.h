#pragma once
// Books with blocks, an orphan, a payout and people with names that hurt, and reports of them in memory.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "server/reports/report.h"
#include "server/store/ledger.h"
#include "server/store/periods.h"
#include "server/store/prices.h"
#include "tests/integration/books/mined_world.h"
#include "tests/temporary_folder.h"

namespace integration {

class MemoryOutput final : public server::reports::ReportOutput {
  public:
    void begin(const std::string& name) override { current_ = &files[name]; }
    void write(std::string_view bytes) override {
        *current_ += bytes;
        longest = std::max(longest, bytes.size());
    }
    void end() override { current_ = nullptr; }

    std::map<std::string, std::string> files;
    std::size_t longest = 0;  // write

  private:
    std::string* current_ = nullptr;
};

struct ReportWorld : MinedWorld {
    // Of the first block and of now: the same but for a few hours of a month.
    std::string month = fleet::statement::time_text(start_us, "Y-M");
    std::string last_month =
        fleet::statement::time_text(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count(),
                                    "Y-M");
    const std::string formula = "holder:=cmd|' /C calc'!A0;  \"x\"\n";

    ReportWorld() {
        const auto mature = find_block(0);
        const auto orphan = find_block(1);
        const auto young = find_block(2);
        import();
        tell(mature, BlockState::mature, 100);
        tell(orphan, BlockState::immature);
        tell(young, BlockState::immature);
        REQUIRE(post_all().find("mature") != std::string::npos);
        tell(orphan, BlockState::orphaned, 0);
        REQUIRE(post_all() == "reversed");
        pay("alice", 200'000'000);
        move({"BTC", "wallet", "", "main"}, {"BTC", "holder", formula, ""}, "7", "holders");
        move({"USD", "power", "", "site:1"}, {"USD", "payable", "supplier:Grid, Inc. \xc3\xa9", ""}, "12345",
             "bill");
        move({"ETC", "wallet", "", "etc"}, {"ETC", "opening", "", ""}, "1234567890123456789012", "opening");
    }

    void move(const fleet::ledger::AccountKey& debit, const fleet::ledger::AccountKey& credit,
              const std::string& amount, const std::string& code) {
        fleet::ledger::Transfer transfer;
        transfer.id = fleet::ledger::transfer_id("test", std::to_string(++moves_), code, "");
        transfer.debit = debit;
        transfer.credit = credit;
        transfer.amount = fleet::ledger::Integer(amount);
        transfer.code = code;
        transfer.event_at_us = now_us;
        transfer.source_kind = code == "payout" ? "payout" : "test";
        transfer.source_id = "number " + std::to_string(moves_);
        transfer.memo = "a;b, \"c\"\n2026-10-01 * x";
        const auto outcome = server::store::post_transfers(*database, now_us, {transfer}).value();
        REQUIRE(outcome.refused == "");
    }
    void pay(const std::string& user, std::uint64_t amount) {
        move({"BTC", "user", "user:" + user, ""}, {"BTC", "wallet", "", "main"}, std::to_string(amount),
             "payout");
    }
    void price(const std::string& asset, const std::string& text, std::int64_t at_us) {
        const auto minute_us = at_us - at_us % 60'000'000;
        const auto imported =
            server::store::import_prices(
                *database,
                {{asset, "USD", minute_us, "kraken", fleet::ledger::parse_price(text).value(), "test", text}},
                server::store::PriceImportMode::store)
                .value();
        REQUIRE(imported.refused.empty());
    }
    void close() {
        REQUIRE(findings() == "");
        const auto later_us = now_us + 40LL * 86'400'000'000;
        for (const auto& period : server::store::periods(*database).value()) {
            const auto closed =
                server::store::close_period(*database, period.period, "eva", later_us).value();
            REQUIRE(closed.refused == "");
        }
    }

    server::reports::ReportQuery query(server::reports::ReportKind kind, const std::string& party,
                                       const std::string& format, const std::string& currency = "") const {
        server::reports::ReportQuery out;
        out.kind = kind;
        out.party = party;
        out.format = format;
        out.currency = currency;
        if (!party.empty()) out.span.first_period = month;
        out.span.last_period = last_month;
        return out;
    }
    server::reports::MadeReport make(const server::reports::ReportQuery& question, MemoryOutput& output,
                                     const server::reports::ReportLimits& limits = {}) {
        return server::reports::make_report(*database, question, output, limits).value();
    }
    // The only file of a report.
    std::string file(const server::reports::ReportQuery& question) {
        MemoryOutput output;
        const auto made = make(question, output);
        REQUIRE(made.refused == "");
        REQUIRE(output.files.size() == 1);
        return output.files.begin()->second;
    }

  private:
    int moves_ = 0;
};

// A program's output; the exit code has to be zero.
inline std::string run(const std::string& command) {
    std::string out;
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    char piece[4096];
    for (std::size_t size = 0; (size = std::fread(piece, 1, sizeof piece, pipe)) > 0;)
        out.append(piece, size);
    const int code = ::pclose(pipe);
    INFO(command << "\n" << out);
    REQUIRE(code == 0);
    return out;
}

inline std::string save(const tests::TemporaryFolder& folder, const std::string& name,
                        const std::string& bytes) {
    const auto path = (folder.path() / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

}  // namespace integration
