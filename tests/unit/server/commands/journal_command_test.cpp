#include "server/commands/journal_command.h"

#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/unit/server/pool/journal_world.h"

using namespace server::commands;
using namespace server::pool;

namespace {

struct World {
    TemporaryFolder home;
    World() {
        const auto folder = open_folder(home.path() / "journal");
        const auto writer = open_writer(folder, {.segment_bytes = 12 * frame_bytes});
        REQUIRE(writer->define_job(a_job()));
        const auto worker = writer->define_worker(UserKind::name, "alice", "rack\x1b[31m\xff");
        for (std::uint32_t i = 0; i < 20; ++i) {
            writer->append_share(a_share(i, worker));
            REQUIRE_FALSE(writer->flush());
        }
        writer->append_block(a_block());
        REQUIRE_FALSE(writer->flush());
    }
    [[nodiscard]] std::pair<int, std::string> run(JournalCommand command) const {
        if (command.path.empty()) command.path = home.path();
        std::ostringstream out;
        const int result = run_journal_command(command, out);
        return {result, out.str()};
    }
    [[nodiscard]] std::filesystem::path segment(std::size_t index) const {
        return segments_of(home.path() / "journal" / "0")[index].file;
    }
};

}  // namespace

TEST_CASE("A whole journal verifies, whichever of its folders is named") {
    const World world;
    for (const auto* part : {"", "journal", "journal/0"}) {
        const auto [result, text] =
            world.run({.kind = JournalCommand::Kind::verify, .path = world.home.path() / part});
        CHECK(result == 0);
        CHECK(text.find("20 shares, 1 blocks") != std::string::npos);
        CHECK(text.find("no fault") != std::string::npos);
    }
}

TEST_CASE("A damaged journal tells file and offset and ends with 1") {
    const World world;
    auto bytes = file_text(world.segment(1));
    bytes[7 * frame_bytes + 20] = static_cast<char>(bytes[7 * frame_bytes + 20] ^ 1);
    write_text(world.segment(1), bytes);
    const auto [result, text] = world.run({.kind = JournalCommand::Kind::verify});
    CHECK(result == 1);
    CHECK(text.find("FAULT " + world.segment(1).string() + ": offset 1344") != std::string::npos);
    CHECK(text.find("19 shares") != std::string::npos);
    CHECK(text.find("1 FAULTS, 1 sequences passed over") != std::string::npos);
    std::filesystem::remove(world.segment(0));
    const auto [missing, later] = world.run({.kind = JournalCommand::Kind::verify, .path = world.segment(0)});
    CHECK(missing == 1);
    CHECK(later.find("bad_checksum") != std::string::npos);
}

TEST_CASE("Every line of --json is JSON, whatever names workers have") {
    const World world;
    for (const auto kind :
         {JournalCommand::Kind::list, JournalCommand::Kind::verify, JournalCommand::Kind::show}) {
        const auto [result, text] = world.run({.kind = kind, .limit = 1000, .json = true});
        CHECK(result == 0);
        std::istringstream lines(text);
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line); ++count) CHECK(nlohmann::json::accept(line));
        CHECK(count >= (kind == JournalCommand::Kind::show ? 21U : 1U));
    }
    const auto plain = world.run({.kind = JournalCommand::Kind::show, .limit = 1000}).second;
    CHECK(plain.find('\x1b') == std::string::npos);
}

TEST_CASE("Showing begins and ends where asked") {
    const World world;
    const auto [result, text] = world.run({.kind = JournalCommand::Kind::show, .from = 8, .limit = 2});
    CHECK(result == 0);
    CHECK(text.starts_with("8 share "));
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("A folder without a journal is said to be one") {
    const TemporaryFolder empty;
    std::ostringstream out;
    CHECK(run_journal_command({.kind = JournalCommand::Kind::verify, .path = empty.path()}, out) == 1);
    CHECK(out.str().find("no journal here") != std::string::npos);
}
