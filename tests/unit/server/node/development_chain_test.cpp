#include "server/node/development_chain.h"

#include <fstream>

#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "tests/catch.h"
#include "tests/unit/server/node/mined_block.h"
#include "tests/temporary_folder.h"

using namespace server::node;
using node_test::MinedBlock;
using tests::TemporaryFolder;

namespace {

constexpr std::uint32_t now = 1'760'000'000;

DevelopmentChainOptions options_in(const TemporaryFolder& folder, std::uint32_t transactions = 12) {
    return {folder.path(), 0x207fffff, transactions};
}

std::string submit(DevelopmentChain& chain, const MinedBlock& block) {
    return chain.submit(block.bytes(), now);
}

}  // namespace

TEST_CASE("A new development chain has coins and gives a template with transactions of both kinds") {
    const TemporaryFolder folder;
    DevelopmentChain chain(options_in(folder));
    CHECK(stratum::displayed(*chain.hash_at(0)) ==
          "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    CHECK(chain.info().height == development_first_blocks);
    const auto offered = chain.make_template(now);
    CHECK(offered.work.height == development_first_blocks + 1);
    REQUIRE(offered.work.transactions.size() == 12);
    CHECK(offered.work.fees_sats > 0);
    CHECK(offered.work.coinbase_value_sats == 50LL * 100'000'000 + offered.work.fees_sats);
    std::size_t with_witness = 0;
    for (const auto& tx : offered.work.transactions) with_witness += tx.txid != tx.wtxid ? 1U : 0U;
    CHECK(with_witness > 0);
    CHECK(with_witness < 12);
}

TEST_CASE("Sound blocks are taken one after the other, across a halving, each with fresh transactions") {
    const TemporaryFolder folder;
    DevelopmentChain chain(options_in(folder));
    for (int i = 0; i < 60; ++i) {
        const auto offered = chain.make_template(now);
        REQUIRE(offered.work.transactions.size() == 12);
        const MinedBlock block(offered.work);
        REQUIRE(chain.propose(block.bytes(), now).empty());
        REQUIRE(submit(chain, block).empty());
        CHECK(chain.tip() == block.hash());
        CHECK(submit(chain, block) == "duplicate");
        CHECK(chain.header(block.hash())->confirmations == 1);
    }
    CHECK(chain.info().height == development_first_blocks + 60);
    CHECK(chain.header(*chain.hash_at(development_first_blocks))->confirmations == 61);
    CHECK(chain.make_template(now).work.coinbase_value_sats < 26LL * 100'000'000);
}

TEST_CASE("A template of three thousand transactions makes a sound block") {
    const TemporaryFolder folder;
    DevelopmentChain chain(options_in(folder, 3000));
    for (int i = 0; i < 2; ++i) {
        const auto offered = chain.make_template(now);
        CHECK(offered.work.transactions.size() == 3000);
        CHECK(offered.work.merkle_branches.size() == 12);
        CHECK(submit(chain, MinedBlock(offered.work)).empty());
    }
}

TEST_CASE("Each broken rule is named as a node names it") {
    const TemporaryFolder folder;
    DevelopmentChain chain(options_in(folder, 100));
    const auto work = chain.make_template(now).work;
    const auto refused = [&](auto change) {
        MinedBlock block(work);
        change(block);
        block.solve();
        return submit(chain, block);
    };
    CHECK(chain.submit(stratum::Bytes(80, 1), now) == "bad-blk-length");
    CHECK(refused([](auto& block) { block.header.previous.bytes[0] ^= 1; }) == "prev-blk-not-found");
    CHECK(refused([](auto& block) { block.header.nbits = 0x207ffffe; }) == "bad-diffbits");
    CHECK(refused([](auto& block) { block.header.version = 3; }) == "bad-version(0x00000003)");
    CHECK(refused([&](auto& block) { block.header.time = work.time_min - 1; }) == "time-too-old");
    CHECK(refused([](auto& block) { block.header.time = now + 7201; }) == "time-too-new");
    CHECK(refused([](auto& block) { block.header.merkle_root.bytes[5] ^= 1; }) == "bad-txnmrklroot");
    CHECK(refused([](auto& block) {
              block.work.height += 1;
              block.build();
          }) == "bad-cb-height");
    CHECK(refused([](auto& block) {
              block.extra_sats = 1;
              block.build();
          }) == "bad-cb-amount");
    CHECK(refused([](auto& block) {
              block.work.witness_commitment.clear();
              block.build();
          }) == "unexpected-witness");
    CHECK(refused([](auto& block) {
              block.work.witness_commitment[9] ^= 1;
              block.build();
          }) == "bad-witness-merkle-match");
    CHECK(refused([](auto& block) {
              block.work.transactions.erase(block.work.transactions.begin());
              block.commit();
          }) == "bad-txns-inputs-missingorspent");
    CHECK(refused([](auto& block) {
              block.work.transactions.push_back(block.work.transactions.back());
              block.commit();
          }) == "bad-txns-duplicate");
    CHECK(refused([](auto& block) {
              block.work.transactions.pop_back();
              block.commit();
          }) == "bad-cb-amount");
    CHECK(refused([](auto& block) {
              block.work.transactions.clear();
              block.work.coinbase_value_sats = 100;
              block.commit();
          }).empty());
}

TEST_CASE("A block without the work is refused, and one beside the chain is known but unconfirmed") {
    const TemporaryFolder folder;
    DevelopmentChain chain({folder.path(), 0x1d07ffff, 2});
    const auto work = chain.make_template(now).work;
    MinedBlock block(work, MinedBlock::Proof::skipped);
    CHECK(chain.propose(block.bytes(), now).empty());
    CHECK(submit(chain, block) == "high-hash");

    DevelopmentChain easy({folder.path() / "easy", 0x207fffff, 2});
    const auto old_work = easy.make_template(now).work;
    const MinedBlock first(old_work);
    MinedBlock rival(old_work);
    rival.header.time += 1;
    rival.solve();
    CHECK(submit(easy, first).empty());
    CHECK(easy.propose(rival.bytes(), now) == "inconclusive-not-best-prevblk");
    CHECK(submit(easy, rival) == "inconclusive");
    CHECK(submit(easy, rival) == "duplicate-inconclusive");
    CHECK(easy.header(rival.hash())->confirmations == -1);
}

TEST_CASE("The chain goes on where it was, also behind a record cut short") {
    const TemporaryFolder folder;
    stratum::Hash256 tip;
    stratum::Hash256 before;
    {
        DevelopmentChain chain(options_in(folder));
        for (int i = 0; i < 3; ++i) {
            before = chain.tip();
            REQUIRE(submit(chain, MinedBlock(chain.make_template(now).work)).empty());
        }
        tip = chain.tip();
    }
    const auto file = folder.path() / "blocks";
    {
        DevelopmentChain chain(options_in(folder));
        CHECK(chain.tip() == tip);
    }
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);
    {
        DevelopmentChain chain(options_in(folder));
        CHECK(chain.tip() == before);
        CHECK(submit(chain, MinedBlock(chain.make_template(now).work)).empty());
        tip = chain.tip();
    }
    {
        std::ofstream out(file, std::ios::binary | std::ios::app);
        out << "garbage that is longer than a record's head";
    }
    DevelopmentChain chain(options_in(folder));
    CHECK(chain.tip() == tip);
}

TEST_CASE("A rewound chain forgets its last blocks and takes others") {
    const TemporaryFolder folder;
    DevelopmentChain chain(options_in(folder));
    const auto fork = chain.tip();
    const MinedBlock block(chain.make_template(now).work);
    REQUIRE(submit(chain, block).empty());
    chain.rewind(1);
    CHECK(chain.tip() == fork);
    CHECK(chain.header(block.hash())->confirmations == -1);
    MinedBlock other(chain.make_template(now).work);
    other.header.time += 3;
    other.solve();
    CHECK(submit(chain, other).empty());
}
