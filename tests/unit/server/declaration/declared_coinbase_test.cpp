#include "server/declaration/declared_coinbase.h"

#include "tests/unit/server/declaration/declaring_world.h"

using namespace declaration_test;

TEST_CASE("A declared coinbase is taken apart around its extranonce") {
    DeclaringWorld world;
    world.write_coinbase(777);
    const auto read = read_coinbase(world.prefix, world.suffix, world.payout);
    REQUIRE(read.has_value());
    CHECK(read->version == 2);
    CHECK(read->extranonce_bytes == 20);
    CHECK(read->script_prefix.back() == 20);
    CHECK(read->sequence == 0xfffffffe);
    CHECK(read->lock_time == world.theirs->height - 1);
    CHECK(read->value_sats == 777);
    CHECK(read->pool_sats == 777);
    CHECK(read->witness_commitment == world.theirs->witness_commitment);
    CHECK(read->outputs.front() == 2);
    CHECK(read->outputs.size() == 1 + 8 + 2 + 8 + 39);
}

TEST_CASE("Cut or changed anywhere, a coinbase is refused or read as what it is") {
    DeclaringWorld world;
    world.write_coinbase(777);
    for (std::size_t size = 0; size < world.prefix.size(); ++size) {
        const auto cut = ByteView(world.prefix).first(size);
        const auto read = read_coinbase(cut, world.suffix, world.payout);
        if (read) CHECK(read->extranonce_bytes == 20 + world.prefix.size() - size);
    }
    for (std::size_t size = 0; size < world.suffix.size(); ++size)
        CHECK_FALSE(
            read_coinbase(world.prefix, ByteView(world.suffix).first(size), world.payout).has_value());
    for (std::size_t at = 0; at < world.suffix.size(); ++at) {
        auto changed = world.suffix;
        changed[at] ^= 0x80;
        const auto read = read_coinbase(world.prefix, changed, world.payout);
        if (read) CHECK(read->value_sats >= read->pool_sats);
    }
}
