#include "server/pool/timetable.h"
#include "tests/catch.h"

using server::pool::Timetable;
using namespace std::chrono_literals;

TEST_CASE("Entries come due by their time, whatever the order they were made in") {
    const Timetable::Instant start{};
    Timetable table;
    CHECK_FALSE(table.next());
    for (const auto s : {3s, 1s, 2s})
        REQUIRE(table.add({start + s, {static_cast<int>(s.count()), 1}, Timetable::What::flush}));
    CHECK(table.next() == start + 1s);
    CHECK_FALSE(table.take_due(start + 999ms));
    for (const int expected : {1, 2}) {
        const auto due = table.take_due(start + 2s);
        REQUIRE(due);
        CHECK(due->connection.descriptor == expected);
    }
    CHECK_FALSE(table.take_due(start + 2s));
    CHECK(table.next() == start + 3s);
}

TEST_CASE("A full timetable takes no more") {
    const Timetable::Instant start{};
    Timetable table;
    for (std::size_t i = 0; i < Timetable::entries_max; ++i) REQUIRE(table.add({start, {1, i}, {}}));
    CHECK_FALSE(table.add({start, {1, 0}, {}}));
    CHECK(table.take_due(start));
    CHECK(table.add({start, {1, 0}, {}}));
}
