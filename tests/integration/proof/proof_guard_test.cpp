// What the database itself refuses, whoever writes.

#include <pqxx/pqxx>

#include "tests/integration/proof/proof_world.h"

using namespace integration;

namespace {

// Empty when the statement went through, else the first line of what PostgreSQL says.
std::string refusal_of(ProofWorld& world, const std::string& sql) {
    pqxx::connection connection(world.database.url());
    pqxx::work work(connection);
    try {
        work.exec(sql);
        work.commit();
    } catch (const pqxx::sql_error& error) {
        const std::string text = error.what();
        return text.substr(0, text.find('\n'));
    }
    return {};
}

}  // namespace

TEST_CASE("nothing that was promised is changed or taken away") {
    ProofWorld world;
    world.options.receipts = true;
    const auto block = world.find_block(190);
    world.import();
    world.tell(block, BlockState::immature);
    REQUIRE(world.sign() == "");
    REQUIRE(world.desk->sign_bundles(world.now_us) == "");
    REQUIRE(world.desk->sign_receipts(world.now_us) == "");
    REQUIRE(world.desk->sign_liabilities(world.now_us + 86'400'000'000) == "");
    for (const std::string table :
         {"proof_logs", "slice_roots", "tree_heads", "liability_heads", "block_bundles", "receipt_batches"}) {
        CAPTURE(table);
        CHECK(ask(*world.database, "select count(*) > 0 from " + table) == "t");
        const auto column = ask(*world.database,
                                "select column_name from information_schema.columns where "
                                "table_name = '" +
                                    table + "' order by ordinal_position desc limit 1");
        for (const auto& sql : {"delete from " + table, "truncate " + table + " cascade",
                                "update " + table + " set " + column + " = " + column})
            CHECK_THAT(refusal_of(world, sql), Catch::Matchers::ContainsSubstring("is append-only"));
    }
}

TEST_CASE("leaves follow each other, heads do not go back, receipts have no gap") {
    ProofWorld world;
    world.options.receipts = true;
    world.import();
    REQUIRE(world.sign() == "");
    REQUIRE(world.desk->sign_receipts(world.now_us) == "");
    const std::string hash = "sha256('x')";
    CHECK_THAT(refusal_of(world, "insert into slice_roots values (12, 1, 1, " + hash + ", " + hash + ")"),
               Catch::Matchers::ContainsSubstring("leaf 12 does not follow leaf 9"));
    CHECK_THAT(refusal_of(world, "insert into slice_roots values (10, 3, 1, " + hash + ", " + hash + ")"),
               Catch::Matchers::ContainsSubstring("lies before the log's end"));
    const std::string copy = "insert into tree_heads select log, at_us + 1, ";
    const std::string rest = ", key, signature from tree_heads";
    CHECK_THAT(refusal_of(world, copy + "size - 1, root" + rest),
               Catch::Matchers::ContainsSubstring("does not go back"));
    CHECK_THAT(refusal_of(world, copy + "size, " + hash + rest),
               Catch::Matchers::ContainsSubstring("does not go back"));
    CHECK(refusal_of(world, copy + "size + 1, " + hash + rest) == "");
    CHECK_THAT(refusal_of(world,
                          "insert into receipt_batches select number + 2, log, previous, last_position + 1, "
                          "last_position + 2, root, at_us, key, signature from receipt_batches"),
               Catch::Matchers::ContainsSubstring("does not follow"));
    CHECK_THAT(refusal_of(world,
                          "insert into receipt_batches select number + 1, log, previous, last_position, "
                          "last_position + 2, root, at_us, key, signature from receipt_batches"),
               Catch::Matchers::ContainsSubstring("does not follow"));
}
