// The same cases through our ledger and through ledger_reference.py; every amount must agree.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

#include "fleet/ledger/settlement.h"
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
    for (int i = 0; i < 500; ++i) {
        const auto made = random_case(random);
        questions += made.question;
        answers += made.answer + "\n";
    }
    CHECK(ask_reference(questions) == answers);
}
