// From shares in the database to files that a stranger's verifier takes.

#include <sys/stat.h>

#include <fstream>

#include "tests/integration/proof/proof_world.h"

using namespace integration;
using Catch::Matchers::ContainsSubstring;

namespace {

std::int64_t noon_of_tomorrow(std::int64_t now_us) {
    return (now_us / 86'400'000'000 + 1) * 86'400'000'000 + 43'200'000'000;
}

std::string day_of(std::int64_t at_us) {
    const std::time_t seconds = at_us / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

}  // namespace

TEST_CASE("slices, shares and users' work are proven against a signed head") {
    ProofWorld world;
    world.import();
    CHECK(world.sign() == "");
    CHECK(ask(*world.database, "select count(*) from slice_roots") == "10");
    CHECK(world.judge(FileKind::log, server::store::log_proof(*world.database).value()) == "");
    for (const std::uint64_t index : {0U, 3U, 9U}) {
        CHECK(world.judge(FileKind::slice, server::store::slice_proof(*world.database, index, "").value()) ==
              "");
        CHECK(world.judge(FileKind::slice,
                          server::store::slice_proof(*world.database, index, "user3").value()) == "");
        CHECK(world.holds == 4);
    }
    for (const std::uint64_t position : {1U, 20U, 21U, 137U, 200U})
        CHECK(world.judge(FileKind::slice, server::store::share_proof(*world.database, position).value()) ==
              "");
    CHECK_THAT(world.judge(FileKind::slice, server::store::share_proof(*world.database, 201).value()),
               ContainsSubstring("in no slice of the log yet"));
    CHECK_THAT(world.judge(FileKind::slice, server::store::slice_proof(*world.database, 10, "").value()),
               ContainsSubstring("no slice of this number"));
    CHECK_THAT(
        world.judge(FileKind::slice, server::store::slice_proof(*world.database, 1, "mallory").value()),
        ContainsSubstring("no share in that slice"));
}

TEST_CASE("the log grows, and two heads show it") {
    ProofWorld world;
    world.import();
    CHECK(world.sign() == "");
    world.more_shares(100);
    world.import();
    CHECK(world.sign() == "");
    CHECK(world.sign() == "");
    const auto grown = server::store::consistency_proof(*world.database, 10).value();
    CHECK_THAT(grown.text, ContainsSubstring("\nsize 15\n"));
    // A slice of the first head, then the step to the newest.
    auto file = server::store::slice_proof(*world.database, 4, "").value();
    CHECK(world.judge(FileKind::slice, file) == "");
    CHECK(ask(*world.database, "select count(*) || ' ' || max(size) from tree_heads") == "3 15");
    CHECK(server::store::tree_heads(*world.database, 2).value().front().head.size == 15);
}

TEST_CASE("a block's bundle holds at each state of its books, also when its shares are gone") {
    ProofWorld world;
    const auto block = world.find_block(190);
    world.import();
    world.tell(block, BlockState::immature);
    auto& desk = world.open_desk();
    CHECK(desk.sign_bundles(world.now_us) == "");
    CHECK(ask(*world.database, "select count(*) from block_bundles") == "0");  // no head yet
    CHECK(world.sign() == "");
    CHECK(desk.sign_bundles(world.now_us) == "");
    const auto file = [&] {
        return server::store::block_proof(*world.database, "bitcoin", block.hash).value();
    };
    CHECK(world.judge(FileKind::block, file()) == "");
    CHECK(world.holds > 14);  // slices among them
    CHECK_THAT(file().text, ContainsSubstring("\nstage immature\n"));
    CHECK_THAT(file().text, ContainsSubstring("\ncut user"));
    ask(*world.database, "with gone as (delete from shares returning 1) select count(*) from gone");
    world.tell(block, BlockState::mature);
    CHECK(desk.sign_bundles(world.now_us) == "");
    CHECK(world.judge(FileKind::block, file()) == "");
    CHECK_THAT(file().text, ContainsSubstring("\nstage mature\n"));
    world.tell(block, BlockState::orphaned);
    CHECK(desk.sign_bundles(world.now_us) == "");
    CHECK(world.judge(FileKind::block, file()) == "");
    CHECK_THAT(file().text, ContainsSubstring("\nstage reversed\n"));
    CHECK(ask(*world.database, "select count(*) from block_bundles") == "3");
    CHECK_THAT(server::store::block_proof(*world.database, "bitcoin", {}).value().missing,
               ContainsSubstring("No bundle is signed"));
}

TEST_CASE("a bundle whose window cannot be read any more is told, and tried again an hour later") {
    ProofWorld world;
    const auto block = world.find_block(190);
    world.import();
    world.tell(block, BlockState::immature);
    CHECK(world.sign() == "");
    ask(*world.database,
        "with gone as (delete from shares where position = 185 returning 1) select count(*) from gone");
    CHECK_THAT(world.desk->sign_bundles(world.now_us),
               ContainsSubstring("the window cannot be read any more"));
    CHECK(world.desk->sign_bundles(world.now_us + 60'000'000) == "");
    CHECK_THAT(world.desk->sign_bundles(world.now_us + 3'700'000'000),
               ContainsSubstring("the window cannot be read any more"));
}

TEST_CASE("each day's liabilities are signed once, and each party finds itself in the sum") {
    ProofWorld world;
    const auto block = world.find_block(190);
    world.import();
    world.tell(block, BlockState::immature);
    CHECK(world.sign() == "");
    const auto day = day_of(world.now_us);
    CHECK(world.desk->sign_liabilities(world.now_us) == "");
    CHECK(ask(*world.database, "select count(*) from liability_heads") == "0");  // the day is not over
    const auto later = noon_of_tomorrow(world.now_us);
    CHECK(world.desk->sign_liabilities(later) == "");
    CHECK(world.desk->sign_liabilities(later) == "");
    CHECK(ask(*world.database, "select total || ' ' || leaf_count from liability_heads") == "313520448 7");
    const auto file = [&](const char* party) {
        return server::store::liabilities_proof(*world.database, day, party).value();
    };
    CHECK(world.judge(FileKind::statement, file("")) == "");
    CHECK(world.judge(FileKind::statement, file("user:user2")) == "");
    CHECK(world.holds == 2);
    CHECK_THAT(file("user:nobody").missing, ContainsSubstring("Nothing was owed"));
    // What moves on the next day does not change the day before.
    world.now_us = later;
    world.tell(block, BlockState::mature);
    CHECK(world.judge(FileKind::statement, file("user:user2")) == "");
    CHECK(world.desk->sign_liabilities(noon_of_tomorrow(later)) == "");
    CHECK(ask(*world.database, "select string_agg(total::text, ' ' order by day) from liability_heads") ==
          "313520448 313520448");
    const auto statement =
        server::store::statement_of(*world.database, "user:user2", "BTC", 0, later + 1).value();
    REQUIRE(statement.has_value());
    CHECK(why_not_balanced(*statement) == "");
    CHECK(statement->lines.size() >= 3);
    CHECK(statement->closing.str() ==
          ask(*world.database,
              "select amount from payout_lines l join users u on u.id = l.user_id where u.name = 'user2'"));
    CHECK_FALSE(server::store::statement_of(*world.database, "user:x", "BTC", 0, later).value().has_value());
}

TEST_CASE("receipts promise every share from the first batch on, and the slice keeps the promise") {
    ProofWorld world(30);
    world.options.receipts = true;
    world.import();
    CHECK(world.sign() == "");
    CHECK(world.desk->sign_receipts(world.now_us) == "");
    CHECK(world.desk->sign_receipts(world.now_us) == "");  // nothing new
    world.more_shares(31);
    world.import();
    CHECK(world.desk->sign_receipts(world.now_us) == "");
    CHECK(ask(*world.database,
              "select string_agg(first_position || '-' || last_position, ' ' order by number) "
              "from receipt_batches") == "30-30 31-61");
    const auto file = [&](std::uint64_t position) {
        return server::store::receipt_proof(*world.database, position).value();
    };
    CHECK(world.judge(FileKind::receipt, file(55)) == "");
    CHECK(world.holds == 2);  // its slice is open
    CHECK(world.sign() == "");
    CHECK(world.judge(FileKind::receipt, file(55)) == "");
    CHECK(world.holds == 7);
    CHECK_THAT(file(29).missing, ContainsSubstring("No receipt was signed"));
    // A share that is exchanged after it was promised can be shown by neither.
    ask(*world.database,
        "with bent as (update shares set work = work + 1 where position = 55 returning 1) "
        "select count(*) from bent");
    CHECK_THAT(world.judge(FileKind::receipt, file(55)), ContainsSubstring("does not lead to"));
}

TEST_CASE("a database that is older than the last signed head is not signed until it has caught up") {
    ProofWorld world;
    world.import();
    CHECK(world.sign() == "");
    ProofWorld restored(130);
    same_log(world, restored);
    restored.options = world.options;
    restored.import();
    restored.now_us = world.now_us;
    CHECK_THAT(restored.sign(), ContainsSubstring("the database is older than the data folder"));
    CHECK(ask(*restored.database, "select count(*) from tree_heads") == "0");
    CHECK(restored.desk->sign_liabilities(restored.now_us) == "");
    restored.more_shares(100);
    restored.import();
    CHECK(restored.sign() == "");
    CHECK(ask(*restored.database, "select max(size) from tree_heads") == "11");
}

TEST_CASE("a forked log and another database are refused until somebody begins a new log") {
    ProofWorld world;
    world.import();
    CHECK(world.sign() == "");
    ProofWorld forked(230, 3);
    same_log(world, forked);
    forked.options = world.options;
    forked.import();
    CHECK_THAT(forked.sign(), ContainsSubstring("it was forked"));
    CHECK(ask(*forked.database, "select count(*) from tree_heads") == "0");
    ProofWorld other(230);
    other.options = world.options;
    other.import();
    CHECK_THAT(other.sign(), ContainsSubstring("this is another database"));
    CHECK(Desk::adopt(*forked.database, forked.options, "olga", "restored from a backup") == "");
    CHECK(forked.sign() == "");
    CHECK(forked.judge(FileKind::log, server::store::log_proof(*forked.database).value()) == "");
    CHECK(ask(*forked.database, "select string_agg(begun_by, ' ' order by log) from proof_logs") ==
          "server olga");
    // The same desk, without a restart, and the first world's folder is the forked one's now.
    CHECK(forked.sign() == "");
    CHECK_THAT(world.sign(), ContainsSubstring("this is another database"));
}

TEST_CASE("a restart goes on where it stood, and a lost head file is taken from the database") {
    ProofWorld world;
    world.import();
    CHECK(world.sign() == "");
    world.open_desk();
    world.more_shares(40);
    world.import();
    CHECK(world.sign() == "");
    std::filesystem::remove(Desk::head_path(world.options));
    world.open_desk();
    CHECK(world.sign() == "");
    std::ofstream(Desk::head_path(world.options)) << "nonsense\n";
    CHECK_THAT(world.sign(), ContainsSubstring("is no signed tree head"));
    // A clock that runs backwards does not turn the heads' order.
    std::filesystem::remove(Desk::head_path(world.options));
    world.now_us -= 7'200'000'000;
    CHECK(world.sign() == "");
}

TEST_CASE("the key is made once, for its owner's eyes, and others are refused") {
    ProofWorld world;
    const auto made = server::proof::open_key(world.options);
    REQUIRE(made.key);
    CHECK(made.made);
    struct stat facts {};
    REQUIRE(stat(server::proof::key_path(world.options).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600U);
    const auto again = server::proof::open_key(world.options);
    CHECK_FALSE(again.made);
    CHECK(again.key->public_key() == made.key->public_key());
    REQUIRE(chmod(server::proof::key_path(world.options).c_str(), 0644) == 0);
    CHECK_THAT(server::proof::open_key(world.options).problem, ContainsSubstring("run chmod 600"));
    world.options.key_file = world.folder.path() / "absent";
    CHECK_THAT(server::proof::open_key(world.options).problem, ContainsSubstring("cannot read"));
    std::ofstream(world.options.key_file) << "not a key\n";
    REQUIRE(chmod(world.options.key_file.c_str(), 0600) == 0);
    CHECK_THAT(server::proof::open_key(world.options).problem, ContainsSubstring("holds no signing key"));
    CHECK_THAT(world.sign(), ContainsSubstring("holds no signing key"));
}
