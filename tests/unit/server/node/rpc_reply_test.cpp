#include "server/node/rpc_reply.h"

#include "tests/catch.h"

using namespace server::node;

namespace {

constexpr auto block_one =
    R"({"hash":"00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",)"
    R"("confirmations":800000,"height":1,)"
    R"("version":1,"versionHex":"00000001",)"
    R"("merkleroot":"0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098","time":1231469665,)"
    R"("mediantime":1231469665,"nonce":2573394689,"bits":"1d00ffff","difficulty":1,)"
    R"("previousblockhash":"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"})";

}  // namespace

TEST_CASE("A reply has a result or an error, and nothing behind it") {
    const auto good = split_reply(R"({"result":{"a":[1]},"error":null,"id":7})");
    REQUIRE(good);
    CHECK(good->result == R"({"a":[1]})");
    CHECK_FALSE(good->error);
    const auto bad =
        split_reply(R"({"result":null,"error":{"code":-28,"message":"Loading block \"index\""},"id":7})");
    REQUIRE(bad);
    REQUIRE(bad->error);
    CHECK(bad->error->code == rpc_in_warmup);
    CHECK(bad->error->message == "Loading block \"index\"");
    for (const auto* text : {"", "<html>401</html>", "[]", "{}", R"({"id":1})", R"({"result":1} x)",
                             R"({"result":)", R"({"error":1})", R"({"error":{"code":"x"}})"}) {
        CAPTURE(text);
        CHECK_FALSE(split_reply(text));
    }
}

TEST_CASE("Block 1 of the main network proves its work, a changed one does not") {
    const auto header = parse_block_header(block_one);
    REQUIRE(header);
    CHECK(header->height == 1);
    CHECK(header->confirmations == 800000);
    CHECK(proves_work(*header));
    auto changed = *header;
    ++changed.nonce;
    CHECK_FALSE(proves_work(changed));
    changed = *header;
    changed.nbits = 0;
    CHECK_FALSE(proves_work(changed));
}

TEST_CASE("Chain information without a tip is none") {
    CHECK_FALSE(parse_chain_info(R"({"chain":"main","blocks":5})"));
    CHECK_FALSE(parse_chain_info(R"({"chain":"main","blocks":-5,"bestblockhash":"00"})"));
    CHECK_FALSE(parse_chain_info("null"));
    const auto info = parse_chain_info(
        R"({"chain":"regtest","blocks":5,"headers":6,)"
        R"("bestblockhash":"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",)"
        R"("chainwork":"000000000000000000000000000000000000000000000000000000000000000c",)"
        R"("initialblockdownload":true,"warnings":""})");
    REQUIRE(info);
    CHECK(info->chain == "regtest");
    CHECK(info->height == 5);
    CHECK(info->headers == 6);
    CHECK(info->initial_download);
    CHECK(info->work == stratum::Uint256{12});
}
