// Processes killed at any instant, and files as they look after it.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/pool/journal.h"
#include "tests/unit/server/pool/journal_world.h"

using namespace server::pool;

namespace {

// Runs in the child: writes shares in batches for ever and tells the pipe the next nonce after each flush.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, int pipe_end, std::uint32_t nonce) {
    const auto folder = JournalFolder::open(path);
    if (folder.has_error()) ::_exit(1);
    auto writer = JournalWriter::open(*folder, 0, {.segment_bytes = 200 * frame_bytes});
    if (writer.has_error() || !(*writer)->define_job(a_job())) ::_exit(2);
    const auto worker = (*writer)->define_worker(UserKind::name, "alice", "");
    while (true) {
        const auto shares = 1 + nonce % 37;
        for (std::uint32_t i = 0; i < shares; ++i) (*writer)->append_share(a_share(nonce++, worker));
        if ((*writer)->flush()) ::_exit(3);
        if (::write(pipe_end, &nonce, sizeof nonce) != sizeof nonce) ::_exit(4);
    }
}

}  // namespace

TEST_CASE("A writer killed at any instant has every flushed share on disk, once and in order") {
    const TemporaryFolder home;
    std::uint32_t next_nonce = 0;
    std::uint64_t seed = 12345;
    for (int round = 0; round < 25; ++round) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::close(ends[0]);
            write_until_killed(home.path(), ends[1], next_nonce);
        }
        ::close(ends[1]);
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto batches = 1 + (seed >> 33) % 40;
        std::uint32_t acknowledged = next_nonce;
        std::uint32_t told = 0;
        for (std::uint64_t i = 0; i < batches && ::read(ends[0], &told, sizeof told) == sizeof told; ++i)
            acknowledged = told;
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        REQUIRE(WIFSIGNALED(status));
        while (::read(ends[0], &told, sizeof told) == sizeof told) acknowledged = told;
        ::close(ends[0]);

        { const auto writer = open_writer(open_folder(home.path()), {.segment_bytes = 200 * frame_bytes}); }
        const auto all = read_all(home.path() / "0");
        REQUIRE_FALSE(all.faulted);
        REQUIRE(all.nonces.size() >= acknowledged);
        bool in_order = true;
        for (std::uint32_t i = 0; i < all.nonces.size(); ++i) in_order = in_order && all.nonces[i] == i;
        REQUIRE(in_order);
        next_nonce = static_cast<std::uint32_t>(all.nonces.size());
    }
    CHECK(next_nonce > 0);
}

TEST_CASE("A file cut at any byte is repaired to its last whole record and goes on") {
    const TemporaryFolder home;
    std::filesystem::path file;
    {
        const auto folder = open_folder(home.path());
        const auto writer = open_writer(folder);
        REQUIRE(writer->define_job(a_job()));
        const auto worker = writer->define_worker(UserKind::name, "alice", "");
        for (std::uint32_t i = 0; i < 3; ++i) writer->append_share(a_share(i, worker));
        REQUIRE_FALSE(writer->flush());
        file = segments_of(writer->shard_folder())[0].file;
    }
    const auto whole = file_text(file);
    for (std::size_t size = 0; size <= whole.size(); size += 16) {
        write_text(file, whole.substr(0, size));
        const auto folder = open_folder(home.path());
        const auto writer = open_writer(folder);
        const auto kept = std::filesystem::file_size(file);
        CHECK(kept <= size);
        CHECK(kept % frame_bytes == 0);
        if (size >= whole.size() - 3 * frame_bytes) CHECK(size - kept < frame_bytes);
        CHECK(writer->written_sequence() == kept / frame_bytes);
        REQUIRE(writer->define_job(a_job()));
        const auto worker = writer->define_worker(UserKind::name, "alice", "");
        writer->append_share(a_share(100, worker));
        REQUIRE_FALSE(writer->flush());
        const auto all = read_all(writer->shard_folder());
        CHECK_FALSE(all.faulted);
        CHECK(all.nonces.back() == 100);
    }
}

TEST_CASE("Good frames behind a damaged one are kept aside, not thrown away") {
    const TemporaryFolder home;
    std::filesystem::path file;
    {
        const auto folder = open_folder(home.path());
        const auto writer = open_writer(folder);
        REQUIRE(writer->define_job(a_job()));
        const auto worker = writer->define_worker(UserKind::name, "alice", "");
        for (std::uint32_t i = 0; i < 10; ++i) writer->append_share(a_share(i, worker));
        REQUIRE_FALSE(writer->flush());
        file = segments_of(writer->shard_folder())[0].file;
    }
    auto bytes = file_text(file);
    const auto damaged = bytes.size() - 5 * frame_bytes;
    bytes[damaged + 20] = static_cast<char>(bytes[damaged + 20] ^ 1);
    write_text(file, bytes);
    { const auto writer = open_writer(open_folder(home.path())); }
    CHECK(file_text(file) == bytes.substr(0, damaged));
    CHECK(file_text(file.string() + ".cut-" + std::to_string(damaged)) == bytes.substr(damaged));
    CHECK(segments_of(file.parent_path()).size() == 1);
    CHECK(read_all(file.parent_path()).nonces.size() == 5);
}
