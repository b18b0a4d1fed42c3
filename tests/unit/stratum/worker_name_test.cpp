#include "stratum/worker_name.h"

#include <string>

#include "tests/catch.h"

using namespace stratum;

TEST_CASE("A login splits at its first dot or underscore") {
    const auto parts = [](std::string_view text) {
        const auto name = split_worker_name(text);
        return std::string(name.user) + "|" + std::string(name.worker);
    };
    CHECK(parts("") == "|");
    CHECK(parts("alice") == "alice|");
    CHECK(parts(".w") == "|w");
    CHECK(parts("alice.") == "alice|");
    CHECK(parts("alice.rack1.unit2") == "alice|rack1.unit2");
    CHECK(parts("alice_rig.7") == "alice|rig.7");
}

TEST_CASE("Control characters are not printable, other letters are") {
    CHECK(printable(""));
    CHECK(printable("rig-1 \xc3\xa9"));
    CHECK_FALSE(printable("a\nb"));
    CHECK_FALSE(printable(std::string_view("a\0b", 3)));
    CHECK_FALSE(printable("\x7f"));
}
