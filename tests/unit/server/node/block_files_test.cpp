#include "server/node/block_files.h"

#include <fstream>

#include "server/log.h"
#include "server/node/development_chain.h"
#include "tests/catch.h"
#include "tests/unit/server/node/mined_block.h"
#include "tests/temporary_folder.h"

using namespace server::node;
using node_test::MinedBlock;
using tests::TemporaryFolder;

TEST_CASE("A written block is open until it is settled") {
    const TemporaryFolder folder;
    DevelopmentChain chain({folder.path() / "chain", 0x207fffff, 3});
    const MinedBlock block(chain.make_template(1'760'000'000).work);
    const BlockFiles files(folder.path() / "blocks");
    CHECK(files.open_blocks().empty());
    REQUIRE(files.write(block.hash(), block.bytes()));
    files.sync(block.hash());
    const auto open = files.open_blocks();
    REQUIRE(open.size() == 1);
    CHECK(open[0].hash == block.hash());
    CHECK(open[0].bytes == block.bytes());
    CHECK(open[0].height == development_first_blocks + 1);

    files.settle(block.hash(), "mature");
    CHECK(files.open_blocks().empty());
    CHECK(std::filesystem::exists(folder.path() / "blocks" / (stratum::displayed(block.hash()) + ".mature")));
    files.settle(block.hash(), "mature");
}

TEST_CASE("A file that does not hold the block it is named after is left alone") {
    server::log::configure(server::log::Level::error, server::log::Format::text);
    const TemporaryFolder folder;
    const BlockFiles files(folder.path());
    for (const auto* name : {"no-hash.block", "00.block", "notes.txt"})
        std::ofstream(folder.path() / name) << "text";
    std::ofstream(folder.path() / (std::string(64, 'a') + ".block")) << std::string(200, 'x');
    CHECK(files.open_blocks().empty());
    CHECK(std::filesystem::exists(folder.path() / "no-hash.block"));
}

TEST_CASE("The height of a block is read from its coinbase, or not at all") {
    const TemporaryFolder folder;
    DevelopmentChain chain({folder.path(), 0x207fffff, 3});
    auto work = chain.make_template(1'760'000'000).work;
    for (const std::uint32_t height : {1U, 16U, 17U, 127U, 128U, 500'000U, 8'388'608U}) {
        work.height = height;
        const MinedBlock block(work, MinedBlock::Proof::skipped);
        CHECK(height_of_block(block.bytes()) == height);
    }
    CHECK_FALSE(height_of_block({}));
    CHECK_FALSE(height_of_block(stratum::Bytes(200, 0)));
}
