#include "server/pool/slice_builder.h"

#include <random>

#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

using namespace integration;
using server::store::Database;

namespace {

// Shares with a retarget every now and then.
MemoryJournal journal_with_retargets(int shares, int every) {
    MemoryJournal journal;
    for (std::uint32_t user = 1; user <= 7; ++user)
        journal.add(worker_record(user, "user" + std::to_string(user)));
    for (int i = 0; i < shares; ++i) {
        const auto job = static_cast<std::uint64_t>(100 + i / every);
        if (i % every == 0) journal.add(job_record(job, (job & 1) != 0 ? nbits_1 : nbits_16));
        journal.add(share_record(job, 1 + static_cast<std::uint32_t>(i % 7), start_us + i * 1000));
    }
    return journal;
}

std::string slices_of(Database& database) {
    return ask(database,
               "select string_agg(concat_ws(':', first_position, last_position, nbits, work, weight, "
               "cumulative_weight, "
               "encode(merkle_root, 'hex'), first_received_at_us, last_received_at_us), ' ' order by "
               "first_position) from slices");
}

// The root by RFC 6962's own recursion.
stratum::Hash256 recursive_root(const std::vector<stratum::Hash256>& leaves, std::size_t from,
                                std::size_t to) {
    if (to - from == 1) return leaves[from];
    std::size_t split = 1;
    while (split * 2 < to - from) split *= 2;
    stratum::Bytes text{1};
    for (const auto& part :
         {recursive_root(leaves, from, from + split), recursive_root(leaves, from + split, to)})
        text.insert(text.end(), part.bytes.begin(), part.bytes.end());
    return stratum::sha256(text);
}

}  // namespace

TEST_CASE("the Merkle root that grows leaf by leaf is RFC 6962's") {
    std::vector<stratum::Hash256> leaves;
    MerkleBuilder builder;
    for (std::uint8_t i = 0; i < 70; ++i) {
        leaves.push_back(stratum::sha256(stratum::Bytes{i}));
        builder.add(leaves.back());
        CHECK(builder.root() == recursive_root(leaves, 0, leaves.size()));
    }
}

TEST_CASE("a slice ends where the network target changes, and its sums are those of its shares") {
    FreshDatabase database;
    auto journal = journal_with_retargets(1000, 90);
    REQUIRE(drain(*importer_over(*database, {&journal})));
    CHECK(ask(*database, "select count(*) from slices") == "11");
    CHECK(ask(*database,
              "select count(*) from slices s where s.work <> (select sum(work) from shares where position "
              "between "
              "s.first_position and s.last_position)") == "0");
    CHECK(ask(*database,
              "select count(*) from slices s where s.work <> (select sum(work) from slice_users u where "
              "u.slice = "
              "s.slice) or s.shares <> (select sum(shares) from slice_users u where u.slice = s.slice)") ==
          "0");
    CHECK(ask(*database,
              "select count(*) from slices s join lateral (select count(distinct nbits) as n from shares "
              "join jobs "
              "using (pool_node, job) where position between s.first_position and s.last_position) j on true "
              "where "
              "j.n <> 1") == "0");
    CHECK(ask(*database,
              "select count(*) from slices where weight <> work * floor(2::numeric ^ 112 / network_work)") ==
          "0");
    CHECK(ask(*database,
              "select bool_and(cumulative_weight = running) from (select cumulative_weight, sum(weight) over "
              "(order "
              "by last_position) as running from slices) s") == "t");
}

TEST_CASE("an open slice built again after a restart closes with the same sums and the same root") {
    FreshDatabase once;
    FreshDatabase often;
    auto journal = journal_with_retargets(2000, 333);
    REQUIRE(drain(*importer_over(*once, {&journal})));
    auto options = quick_options();
    options.records_max = 71;
    while (ask(*often, "select count(*) from shares") != "2000")
        CHECK(importer_over(*often, {&journal}, options)->step() == Importer::Step::imported);
    CHECK(slices_of(*often) == slices_of(*once));
    CHECK(ask(*often, "select concat_ws(',', shares, work, weight) from share_totals") ==
          ask(*once, "select concat_ws(',', shares, work, weight) from share_totals"));
}

TEST_CASE("a slice ends at 100,000 shares") {
    FreshDatabase database;
    auto journal = simple_journal(0, 100'001);
    REQUIRE(drain(*importer_over(*database, {&journal})));
    CHECK(ask(*database, "select string_agg(first_position || '-' || last_position, ',') from slices") ==
          "1-100000");
    CHECK(share_count(*database) == "100001,100001");
}

TEST_CASE("a change of the payout rule ends the slice; its shares keep the rule they came under") {
    FreshDatabase database;
    auto journal = simple_journal(0, 10);
    auto options = quick_options();
    REQUIRE(drain(*importer_over(*database, {&journal}, options)));
    options.rule.fee_basis_points = 50;
    for (int i = 0; i < 5; ++i) journal.add(share_record(100, 1, start_us + 1'000'000 + i));
    REQUIRE(drain(*importer_over(*database, {&journal}, options)));
    CHECK(ask(*database, "select first_position || '-' || last_position || ':' || rule from slices") ==
          "1-10:1");
    CHECK(ask(*database,
              "select string_agg(version || ':' || (rule ->> 'fee_basis_points'), ',' order by version) from "
              "payout_rules") == "1:100,2:50");
}
