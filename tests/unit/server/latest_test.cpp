#include "server/latest.h"

#include <memory>
#include <thread>
#include <utility>

#include "tests/catch.h"

using server::Latest;

TEST_CASE("There is nothing until something is stored, then the newest") {
    Latest<int> latest;
    CHECK(latest.load() == nullptr);
    latest.store(std::make_shared<const int>(1));
    const auto kept = latest.load();
    latest.store(std::make_shared<const int>(2));
    CHECK(*kept == 1);
    CHECK(*latest.load() == 2);
    latest.store(nullptr);
    CHECK(latest.load() == nullptr);
}

// Says most under preset tsan.
TEST_CASE("Readers on other threads see whole values that never go back") {
    constexpr int last = 20'000;
    Latest<std::pair<int, int>> latest;
    bool went_back = false;
    bool was_torn = false;
    std::thread reader([&] {
        for (int seen = 0; seen < last;) {
            const auto value = latest.load();
            if (!value) continue;
            went_back |= value->first < seen;
            was_torn |= value->first != value->second;
            seen = value->first;
        }
    });
    for (int i = 1; i <= last; ++i) latest.store(std::make_shared<const std::pair<int, int>>(i, i));
    reader.join();
    CHECK_FALSE(went_back);
    CHECK_FALSE(was_torn);
}
