// Proof files as a stranger gets them: whole ones hold, and whatever is changed in one is found.

#include "fleet/proof/verify.h"

#include <set>

#include "tests/catch.h"
#include "tests/unit/fleet/proof/sample_world.h"

using namespace proof_samples;

namespace {

std::string complaints(const Verdict& verdict) {
    std::string out = verdict.unreadable;
    for (const auto& fail : verdict.checked.fails) out += fail + "\n";
    return out;
}

bool good(const Verdict& verdict) { return verdict.unreadable.empty() && verdict.checked.all_hold(); }

Verdict judge_block(const SampleWorld& world, const BlockBundle& bundle) {
    return verify_file(FileKind::block, world.block_file(bundle), world.key.public_key());
}

struct Bend {
    std::string what;
    void (*bend)(BlockBundle&);
    std::string complaint;  // a part of it
};

// Each field that means something, changed by a signer who lies: the signature is right.
const std::vector<Bend> bends{
    {"coin", [](BlockBundle& b) { b.coin = "other"; }, "it is of another chain"},
    {"algorithm", [](BlockBundle& b) { b.algorithm = "other"; }, "it is of another chain"},
    {"block", [](BlockBundle& b) { b.block[0] = 'f'; }, "The input hash"},
    {"frozen", [](BlockBundle& b) { b.frozen_at_us -= 1'000'000'000; }, "after the window was frozen"},
    {"rule", [](BlockBundle& b) { b.rule[b.rule.size() - 2] = '3'; }, "the limit is not that of the rule"},
    {"unknown rule", [](BlockBundle& b) { b.rule += " "; }, "a newer program may"},
    {"reward", [](BlockBundle& b) { b.reward += 1; }, "The input hash"},
    {"limit", [](BlockBundle& b) { b.window_limit += 1; }, "the limit is not that of the rule"},
    {"weight", [](BlockBundle& b) { b.window_weight -= 1; }, "the works weigh"},
    {"oldest", [](BlockBundle& b) { b.oldest_position -= 1; }, "it is not the oldest share"},
    {"newest", [](BlockBundle& b) { b.newest_position = b.slices.back().last_position - 1; },
     "reaches beyond the window"},
    {"cut gone", [](BlockBundle& b) { b.cut.reset(); }, "the works weigh"},
    {"cut account", [](BlockBundle& b) { b.cut->account = "thief"; }, "other accounts are paid"},
    {"cut weight", [](BlockBundle& b) { b.cut->weight += 1; }, "the works weigh"},
    {"cut work", [](BlockBundle& b) { b.cut->work = 1; }, "it counts whole"},
    {"input hash", [](BlockBundle& b) { b.input_hash[0] ^= 1U; }, "The input hash"},
    {"output hash", [](BlockBundle& b) { b.output_hash[0] ^= 1U; }, "The output hash"},
    {"fee", [](BlockBundle& b) { b.fee += 1; }, "the fee is"},
    {"distributable", [](BlockBundle& b) { b.distributable -= 1; }, "distributable is"},
    {"log", [](BlockBundle& b) { b.log[0] ^= 1U; }, "name, size or root differ"},
    {"log root", [](BlockBundle& b) { b.log_root[0] ^= 1U; }, "name, size or root differ"},
    {"slice gone", [](BlockBundle& b) { b.slices.erase(b.slices.begin()); }, "users have"},
    {"slice twice", [](BlockBundle& b) { b.slices[1] = b.slices[0]; }, "overlaps another"},
    {"slice work", [](BlockBundle& b) { b.slices[0].work += 1; }, "users have"},
    {"slice target", [](BlockBundle& b) { b.slices[0].network_work += 1; }, "under network work"},
    {"slice positions", [](BlockBundle& b) { b.slices[0].first_position -= 1; }, "tells it otherwise"},
    {"slice leaf", [](BlockBundle& b) { b.slices[0].leaf[0] ^= 1U; }, "tells it otherwise"},
    {"work moved to another",
     [](BlockBundle& b) {
         b.works.front().sliced -= 1000;
         b.works.back().sliced += 1000;
     },
     "weighs"},
    {"work of nobody", [](BlockBundle& b) { b.works[0].sliced -= 1; }, "users have"},
    {"work at the edge", [](BlockBundle& b) { b.works[0].edge += 1; }, "the works weigh"},
    {"works unordered", [](BlockBundle& b) { std::swap(b.works[0], b.works[1]); }, "is not in order"},
    {"account weight", [](BlockBundle& b) { b.lines[0].weight += 1; }, "weighs"},
    {"account floor", [](BlockBundle& b) { b.lines[0].floor += 1; }, "rounded wrongly"},
    {"account remainder", [](BlockBundle& b) { b.lines[0].remainder += 1; }, "rounded wrongly"},
    {"account extra", [](BlockBundle& b) { b.lines[0].extra ^= 1U; }, "rounded wrongly"},
    {"account amount", [](BlockBundle& b) { b.lines[0].amount += 1; }, "gets"},
    {"account gone", [](BlockBundle& b) { b.lines.pop_back(); }, "other accounts are paid"},
    {"account renamed", [](BlockBundle& b) { b.lines[0].account = "a"; }, "has no weight"},
    {"transfer gone", [](BlockBundle& b) { b.transfers.pop_back(); }, "they take in"},
    {"transfer amount", [](BlockBundle& b) { b.transfers[0].amount += 1; }, "they take in"},
    {"stage", [](BlockBundle& b) { b.stage = "mature"; }, "they move on"},
    {"absurd number", [](BlockBundle& b) { b.works[0].edge = std::numeric_limits<Integer>::max(); },
     "All numbers fit 256 bits: they do not"},
};

}  // namespace

TEST_CASE("a block's file holds wherever the window was frozen") {
    const SampleWorld world(1);
    for (const std::uint64_t frozen : {500U, 501U, 520U, 433U, 400U, 120U, 50U, 7U, 1U}) {
        CAPTURE(frozen);
        const auto verdict = judge_block(world, world.bundle(frozen));
        CHECK(complaints(verdict) == "");
        CHECK((verdict.key == world.key.public_key()));
    }
    // Both kinds are among them: a full window that is cut, and one that is not full.
    CHECK(world.bundle(520).cut);
    CHECK(world.bundle(520).slices.size() >= 4);
    CHECK_FALSE(world.bundle(120).cut);
}

TEST_CASE("whatever a lying signer changes in a bundle is found and named") {
    const SampleWorld world(2);
    const auto honest = world.bundle(515);
    REQUIRE(honest.cut);
    REQUIRE(good(judge_block(world, honest)));
    for (const auto& bend : bends) {
        CAPTURE(bend.what);
        auto bent = honest;
        bend.bend(bent);
        REQUIRE(text_of(bent) != text_of(honest));
        CHECK_THAT(complaints(judge_block(world, bent)), Catch::Matchers::ContainsSubstring(bend.complaint));
    }
}

TEST_CASE("a bundle that pays by solo or to the finder of an empty window holds too") {
    SampleWorld world(3);
    BlockBundle bundle = world.bundle(300);
    bundle.slices.clear();
    bundle.works.clear();
    bundle.cut.reset();
    bundle.window_weight = bundle.oldest_position = bundle.newest_position = 0;
    for (const auto scheme : {fleet::ledger::Scheme::solo, fleet::ledger::Scheme::pplns}) {
        PayoutRule rule;
        rule.scheme = scheme;
        rule.window_factor = 1;
        const fleet::ledger::BlockReward block{bundle.coin, bundle.block, bundle.reward, bundle.finder};
        const auto settled = settle(rule, block, {}).value();
        bundle.rule = canonical(rule);
        bundle.window_limit = fleet::ledger::window_limit(1);
        bundle.fee = settled.fee;
        bundle.lines = settled.lines;
        bundle.input_hash = sha256(canonical_input(rule, block, {}));
        bundle.output_hash = sha256(canonical_output(settled));
        CHECK(complaints(judge_block(world, bundle)) == "");
    }
}

TEST_CASE("no byte of a proof file can be changed unnoticed") {
    const SampleWorld world(4, 300);
    const auto block = world.block_file(world.bundle(290));
    const auto slice = world.slice_file(2, 4, 131);
    REQUIRE(good(verify_file(FileKind::block, block, {})));
    REQUIRE(good(verify_file(FileKind::slice, slice, {})));
    std::mt19937_64 random(5);
    for (int i = 0; i < 300; ++i) {
        auto bent = block;
        auto& letter = bent[random() % bent.size()];
        letter = static_cast<char>(letter ^ (1 << (random() % 7)));
        if (good(verify_file(FileKind::block, bent, world.key.public_key()))) FAIL("block " << bent);
        bent = slice;
        auto& other = bent[random() % bent.size()];
        other = static_cast<char>(other ^ (1 << (random() % 7)));
        if (good(verify_file(FileKind::slice, bent, world.key.public_key()))) FAIL("slice " << bent);
        const auto cut = block.substr(0, random() % block.size());
        if (good(verify_file(FileKind::block, cut, world.key.public_key()))) FAIL("cut at " << cut.size());
    }
    SUCCEED();
}

TEST_CASE("a slice's file shows the slice in the log, a share and a user in the slice") {
    const SampleWorld world(6);
    for (const std::size_t size : {3U, 7U, 10U}) {
        const auto verdict = verify_file(FileKind::slice, world.slice_file(2, size, 131), {});
        CHECK(complaints(verdict) == "");
        CHECK(verdict.checked.holds.size() == (size == 10 ? 5 : 7));
    }
    const auto wrong_kind = verify_file(FileKind::block, world.slice_file(2, 3, 131), {});
    CHECK(wrong_kind.unreadable == "document 1 (hashyard slice 1) is not a signed text");
    CHECK(verify_file(FileKind::slice, "", {}).unreadable ==
          "the file does not begin with a line \"hashyard …\"");
    CHECK_THAT(
        verify_file(FileKind::slice, world.slice_file(2, 3, 131) + text_of(world.slices[0]), {}).unreadable,
        Catch::Matchers::ContainsSubstring("(hashyard slice 1) does not belong here"));
}

TEST_CASE("another key than the expected one is told") {
    const SampleWorld world(7, 200);
    PublicKey other = world.key.public_key();
    other[0] ^= 1U;
    const auto verdict = verify_file(FileKind::slice, world.slice_file(1, 3, 60), other);
    CHECK_THAT(complaints(verdict), Catch::Matchers::ContainsSubstring("it is by another key"));
}

TEST_CASE("a log that was rewritten does not extend the head somebody kept") {
    SampleWorld world(8);
    auto forked = SampleWorld(9);
    auto file = text_of(world.slices[1]) +
                text_of(Inclusion{1, 5, inclusion_path(std::span(world.log).first(5), 1)}) +
                text_of(signed_text(world.key, text_of(world.head(5)))) +
                text_of(Consistency{5, 10, consistency_path(forked.log, 5)}) +
                text_of(signed_text(world.key, text_of(forked.head(10))));
    CHECK_THAT(complaints(verify_file(FileKind::slice, file, {})),
               Catch::Matchers::ContainsSubstring("the log was rewritten"));
}

TEST_CASE("a statement has to add up and to be what was signed") {
    const SampleWorld world(10, 100);
    Statement statement{"user:alice", "BTC", 100, 200, 50, {}, 0};
    statement.lines.push_back({"aa", 100, "user", "reward_subsidy", true, 25, 75});
    statement.lines.push_back({"bb", 150, "user", "payout", false, 75, 0});
    const auto judge = [&] {
        return complaints(verify_file(FileKind::statement,
                                      text_of(signed_text(world.key, text_of(statement))),
                                      world.key.public_key()));
    };
    CHECK(judge() == "");
    statement.lines[1].amount = 76;
    CHECK_THAT(judge(), Catch::Matchers::ContainsSubstring("takes more than is owed"));
    statement.lines[1].amount = 70;
    CHECK_THAT(judge(), Catch::Matchers::ContainsSubstring("does not lead to the balance beside it"));
    statement.lines[1] = {"bb", 200, "user", "payout", false, 75, 0};
    CHECK_THAT(judge(), Catch::Matchers::ContainsSubstring("is not of this time"));
    statement.lines.pop_back();
    CHECK_THAT(judge(), Catch::Matchers::ContainsSubstring("closing balance"));
}

TEST_CASE("a liability is part of the day's total, or it is not") {
    const SampleWorld world(11, 100);
    std::vector<Liability> all;
    std::vector<SumNode> leaves;
    for (int i = 0; i < 5; ++i) {
        all.push_back(
            {"user:" + std::to_string(i), "user", "", 100 + i, world.key.derive(std::to_string(i))});
        leaves.push_back(leaf_of(all.back()).value());
    }
    const auto root = sum_root_of(leaves).value();
    LiabilitiesHead head{"2026-11-25", "BTC", 5, 9, sha256("ledger"), 5, root.sum, root.hash};
    const auto judge = [&] {
        return complaints(verify_file(FileKind::statement,
                                      text_of(signed_text(world.key, text_of(head))) + text_of(all[3]) +
                                          text_of(SumInclusion{3, 5, sum_path(leaves, 3)}),
                                      {}));
    };
    CHECK(judge() == "");
    all[3].amount -= 1;
    CHECK_THAT(judge(), Catch::Matchers::ContainsSubstring("does not lead to the root and the total"));
    all[3].amount += 1;
    head.total -= 1;
    CHECK_THAT(judge(), Catch::Matchers::ContainsSubstring("does not lead to the root and the total"));
}

TEST_CASE("a receipt holds, and convicts a pool that counted another share in its place") {
    const SampleWorld world(12);
    std::vector<Hash> leaves;
    for (std::uint64_t position = 121; position <= 140; ++position)
        leaves.push_back(leaf_of(world.shares[position - 1].leaf));
    ReceiptBatch batch{sha256("log"), 4, sha256("before"), 121, 140, root_of(leaves), 77};
    const auto file = [&](const ShareLeaf& share) {
        return text_of(signed_text(world.key, text_of(batch))) + text_of(share) +
               text_of(Inclusion{10, 20, inclusion_path(leaves, 10)});
    };
    const auto honest = world.shares[130].leaf;
    CHECK(complaints(verify_file(FileKind::receipt, file(honest), {})) == "");
    CHECK(complaints(verify_file(FileKind::receipt, file(honest) + world.slice_file(2, 3, 131).substr(0, 0),
                                 {})) == "");
    // The slice part of a slice file, without its user.
    const auto counted = world.slice_file(2, 3, 131);
    const auto evidence = counted.substr(0, counted.find("hashyard slice user 1"));
    CHECK(complaints(verify_file(FileKind::receipt, file(honest) + evidence, {})) == "");
    auto promised = honest;
    promised.work += 1;
    leaves[10] = leaf_of(promised);
    batch.root = root_of(leaves);
    CHECK_THAT(complaints(verify_file(FileKind::receipt, file(promised) + evidence, {})),
               Catch::Matchers::ContainsSubstring("evidence against the signer"));
    CHECK_THAT(complaints(verify_file(FileKind::receipt, file(honest), {})),
               Catch::Matchers::ContainsSubstring("does not lead to the batch's root"));
}

TEST_CASE("a mirror of the whole log holds, and shows what is missing from it") {
    const SampleWorld world(13);
    const auto judge = [&](const std::vector<SliceLeaf>& slices, std::size_t size) {
        std::string file;
        for (const auto& slice : slices) file += text_of(slice);
        return complaints(verify_file(FileKind::log,
                                      file + text_of(signed_text(world.key, text_of(world.head(size)))),
                                      world.key.public_key()));
    };
    CHECK(judge(world.slices, 10) == "");
    auto fewer = world.slices;
    fewer.erase(fewer.begin() + 4);
    CHECK_THAT(judge(fewer, 10), Catch::Matchers::ContainsSubstring("slice 4: its index is not its place"));
    fewer[4].index = 4;
    CHECK_THAT(judge(fewer, 10), Catch::Matchers::ContainsSubstring("slice 4: shares are missing before it"));
    fewer = world.slices;
    fewer.pop_back();
    CHECK_THAT(judge(fewer, 10), Catch::Matchers::ContainsSubstring("the head says otherwise"));
    CHECK(judge(fewer, 9) == "");
}
