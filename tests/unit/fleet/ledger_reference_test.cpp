// The same cases through our ledger and through ledger_reference.py; every amount must agree.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

#include "fleet/ledger/buyback.h"
#include "fleet/ledger/settlement.h"
#include "fleet/ledger/waterfall.h"
#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

namespace {

struct Case {
    std::string question;
    std::string answer;
};

Case random_case(std::mt19937_64& random) {
    const auto units = 1 + static_cast<unsigned>(random() % 16);
    const auto fee = static_cast<unsigned>(random() % 300);
    const Integer amount =
        (random() % 4 == 0) ? Integer(random() % 5) : Integer(random() % 1'000'000'000'000ULL);
    Window window(window_limit(units));
    std::uint64_t network_work = 1 + (random() >> (random() % 50 + 1));
    std::string shares;
    const auto count = 1 + random() % 60;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (random() % 9 == 0) network_work = 1 + (random() >> (random() % 50 + 1));
        const auto account = "user" + std::to_string(random() % 12);
        const auto work = 1 + random() % network_work;
        static_cast<void>(window.add_share(account, work, weight_of_hash(network_work).value()).value());
        shares += (i == 0 ? "" : ",") + ("[\"" + account + "\",\"") + std::to_string(work) + "\",\"" +
                  std::to_string(network_work) + "\"]";
    }
    const auto settled = settle({.window_factor = units, .fee_basis_points = fee},
                                {"bitcoin", "00", amount, "finder"}, window.weights())
                             .value();
    Case made;
    made.question = "{\"window\":" + std::to_string(units) + ",\"fee\":" + std::to_string(fee) +
                    ",\"reward\":\"" + amount.str() + "\",\"shares\":[" + shares + "]}\n";
    made.answer = settled.fee.str();
    for (const auto& line : settled.lines) made.answer += " " + line.account + "=" + line.amount.str();
    return made;
}

std::string quoted(const Integer& value) { return "\"" + value.str() + "\""; }

Case random_month(std::mt19937_64& random) {
    WaterfallInput input;
    const auto scale = random() % 50;  // months of a few satoshis and of many coins
    input.mined = random() >> (scale + 10);
    input.taken_back = random() % 3 == 0 ? random() >> (scale + 14) : 0;
    input.deficit_brought_forward = random() % 3 == 0 ? random() >> (scale + 12) : 0;
    const auto holders = static_cast<unsigned>(random() % 10'001);
    const auto reinvest = static_cast<unsigned>(random() % (10'001 - holders));
    input.rule = {holders, reinvest, 10'000 - holders - reinvest};
    Case made;
    made.question = "{\"mined\":" + quoted(input.mined) + ",\"taken_back\":" + quoted(input.taken_back) +
                    ",\"deficit\":" + quoted(input.deficit_brought_forward) + ",\"costs\":[";
    for (std::uint64_t i = random() % 8; i > 0; --i) {
        input.costs.push_back({random() % 2 == 0 ? CostKind::electricity : CostKind::operating,
                               random() >> (scale + 12), random() % 2 == 0, "bill"});
        made.question += quoted(input.costs.back().amount) + (i == 1 ? "" : ",");
    }
    made.question += "],\"split\":[" + std::to_string(input.rule.holders_basis_points) + "," +
                     std::to_string(input.rule.reinvest_basis_points) + "," +
                     std::to_string(input.rule.foundation_basis_points) + "],\"units\":{";
    for (std::uint64_t i = 1 + random() % 40; i > 0; --i)
        input.units["holder" + std::to_string(random() % 500)] = 1 + (random() >> (random() % 63));
    std::string between;
    for (const auto& [holder, units] : input.units) {
        made.question += between + "\"" + holder + "\":" + quoted(units);
        between = ",";
    }
    made.question += "}}\n";
    const auto month = run_waterfall(input).value();
    made.answer = month.net.str() + " " + month.deficit_carried_forward.str() + " " + month.holders.str() +
                  " " + month.reinvest.str() + " " + month.foundation.str();
    for (const auto& line : month.lines) made.answer += " " + line.account + "=" + line.amount.str();
    return made;
}

Case random_quarter(std::mt19937_64& random) {
    const auto part = static_cast<unsigned>(random() % 10'001);
    std::vector<LineRevenue> revenue;
    Case made;
    made.question = "{\"part\":" + std::to_string(part) + ",\"revenue\":{";
    for (std::uint64_t i = 1 + random() % 8; i > 0; --i) {
        const auto scale = random() % 60;
        revenue.push_back({"line" + std::to_string(i), random() >> scale,
                           random() % 3 == 0 ? random() >> (random() % 60) : 0});
        made.question += "\"" + revenue.back().line + "\":[" + quoted(revenue.back().earned) + "," +
                         quoted(revenue.back().returned) + "]" + (i == 1 ? "" : ",");
    }
    made.question += "}}\n";
    const auto quarter = buyback_of(revenue, part).value();
    made.answer = quarter.total.str();
    for (const auto& line : quarter.lines) made.answer += " " + line.line + "=" + line.amount.str();
    return made;
}

// Feeds a file to the reference and returns its lines.
std::string ask_reference(const std::string& questions) {
    std::string file = "/tmp/hashyard-ledger-XXXXXX";
    const int descriptor = mkstemp(file.data());
    REQUIRE(descriptor >= 0);
    close(descriptor);
    std::ofstream(file) << questions;
    FILE* pipe = popen(("python3 " LEDGER_REFERENCE " < " + file).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string answers;
    std::array<char, 4096> chunk{};
    while (const auto bytes = fread(chunk.data(), 1, chunk.size(), pipe)) answers.append(chunk.data(), bytes);
    CHECK(pclose(pipe) == 0);
    std::remove(file.c_str());
    return answers;
}

}  // namespace

TEST_CASE("a second implementation in Python agrees on every amount") {
    if (std::system("python3 -c pass > /dev/null 2>&1") != 0) {
        std::cerr
            << "skipped: python3 is not installed, so the ledger's second implementation cannot be asked\n";
        return;
    }
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string questions, answers;
    for (int i = 0; i < 1'500; ++i) {
        const auto made = i % 3 == 0   ? random_case(random)
                          : i % 3 == 1 ? random_month(random)
                                       : random_quarter(random);
        questions += made.question;
        answers += made.answer + "\n";
    }
    CHECK(ask_reference(questions) == answers);
}
