#include "server/pool/journal.h"

#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/pool/journals.h"
#include "tests/unit/server/pool/journal_world.h"

using namespace server::pool;

namespace {

// One worker and one job, defined.
std::uint32_t define_usual(JournalWriter& writer) {
    REQUIRE(writer.define_job(a_job()));
    return writer.define_worker(UserKind::name, "alice", "rack1");
}

}  // namespace

TEST_CASE("Two processes cannot write one journal") {
    const TemporaryFolder home;
    {
        const auto first = open_folder(home.path());
        const auto second = JournalFolder::open(home.path());
        REQUIRE(second.has_error());
        CHECK(second.error().text.find("another process") != std::string::npos);
    }
    CHECK(JournalFolder::open(home.path()).has_value());
}

TEST_CASE("A journal keeps its identity, and a lost one is not replaced in silence") {
    const TemporaryFolder home;
    const auto identity = open_folder(home.path()).identity();
    CHECK(identity != 0);
    CHECK(identity < 1ULL << 63);
    CHECK(open_folder(home.path()).identity() == identity);
    const TemporaryFolder other;
    CHECK(open_folder(other.path()).identity() != identity);
    { const auto writer = open_writer(open_folder(home.path())); }
    write_text(home.path() / "identity", "not hex");
    CHECK(JournalFolder::open(home.path()).has_error());
    std::filesystem::remove(home.path() / "identity");
    CHECK(JournalFolder::open(home.path()).has_error());
}

TEST_CASE("A share is on disk after flush, behind what it refers to, and not before") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder);
    const auto worker = define_usual(*writer);
    const auto first = writer->append_share(a_share(1, worker));
    CHECK(writer->append_share(a_share(2, worker)) == first + 1);
    CHECK(read_all(writer->shard_folder()).entries.empty());
    CHECK(writer->written_sequence() == 0);
    REQUIRE_FALSE(writer->flush());
    const auto all = read_all(writer->shard_folder());
    REQUIRE(all.entries.size() == 4);
    CHECK(std::get<WorkerRecord>(all.entries[0].record).user == "alice");
    CHECK(std::get<JobRecord>(all.entries[1].record).height == 840'000);
    CHECK(all.nonces == std::vector<std::uint32_t>{1, 2});
    CHECK(writer->written_sequence() == all.entries.back().last);
    CHECK(writer->synced_sequence() == 0);
}

TEST_CASE("Names over their limits and names without end are refused") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder, {.segment_bytes = 1 << 20, .workers_max = 2});
    CHECK(writer->define_worker(UserKind::name, "", "x") == 0);
    CHECK(writer->define_worker(UserKind::name, std::string(91, 'u'), "x") == 0);
    CHECK(writer->define_worker(UserKind::name, "u", std::string(65, 'x')) == 0);
    const auto first = writer->define_worker(UserKind::name, "u", "1");
    const auto second = writer->define_worker(UserKind::name, "u", "2");
    CHECK(writer->define_worker(UserKind::name, "u", "1") == first);
    CHECK(writer->define_worker(UserKind::name, "u", "3") == 0);
    writer->retire_worker(second);
    writer->retire_worker(first);
    const auto third = writer->define_worker(UserKind::name, "u", "3");  // first is still in use once
    CHECK(third > second);
    CHECK(writer->define_worker(UserKind::name, "u", "1") == first);
    CHECK(writer->define_worker(UserKind::address, "u", "1") == 0);
}

TEST_CASE("Numbers of sequences and workers go on after a restart and are never used twice") {
    const TemporaryFolder home;
    std::uint64_t last_sequence = 0;
    std::uint32_t last_worker = 0;
    for (int run = 0; run < 6; ++run) {
        const auto folder = open_folder(home.path());
        const auto writer = open_writer(folder, {.segment_bytes = 4096});
        CHECK(writer->written_sequence() == last_sequence);
        REQUIRE(writer->define_job(a_job()));
        const auto worker = writer->define_worker(UserKind::name, "run" + std::to_string(run), "");
        CHECK(worker > last_worker);
        last_worker = worker;
        for (std::uint32_t i = 0; i < 40; ++i) {
            writer->append_share(a_share(i, worker));
            REQUIRE_FALSE(writer->flush());
        }
        last_sequence = writer->written_sequence();
        delete_segments_before(writer->shard_folder(), last_sequence + 1, {1, std::chrono::hours(0)});
        CHECK(segments_of(writer->shard_folder()).size() <= 2);
    }
}

TEST_CASE("Each segment stands alone") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder, {.segment_bytes = 10 * frame_bytes});
    const auto worker = define_usual(*writer);
    for (std::uint32_t i = 0; i < 60; ++i) {
        writer->append_share(a_share(i, worker));
        REQUIRE_FALSE(writer->flush());
    }
    const auto segments = segments_of(writer->shard_folder());
    REQUIRE(segments.size() > 5);
    for (const auto& segment : segments) {
        bool worker_known = false;
        bool job_known = false;
        for (const auto& entry : read_all(writer->shard_folder(), segment.first_sequence).entries) {
            worker_known = worker_known || std::holds_alternative<WorkerRecord>(entry.record);
            job_known = job_known || std::holds_alternative<JobRecord>(entry.record);
            if (std::holds_alternative<ShareRecord>(entry.record)) {
                CHECK((worker_known && job_known));
                break;
            }
        }
    }
    CHECK(read_all(writer->shard_folder()).nonces.size() == 60);
}

TEST_CASE("A full disk loses nothing acknowledged, tells the caller, and all goes on when there is room") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder);
    const auto worker = define_usual(*writer);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto limit_file_bytes = [&before](rlim_t bytes) {
        const rlimit limit{bytes, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    };
    writer->append_share(a_share(1, worker));
    REQUIRE_FALSE(writer->flush());
    const auto written = writer->written_sequence();
    for (std::uint32_t i = 10; i < 15; ++i) writer->append_share(a_share(i, worker));
    limit_file_bytes((written + 2) * frame_bytes + 100);  // room for two frames and a part of the third
    const auto error = writer->flush();
    limit_file_bytes(before.rlim_cur);
    CHECK(error == std::errc::file_too_large);
    CHECK(writer->written_sequence() == written);
    CHECK(writer->buffered_bytes() == 0);
    CHECK(std::filesystem::file_size(segments_of(writer->shard_folder())[0].file) == written * frame_bytes);
    const auto sequence = writer->append_share(a_share(2, worker));
    REQUIRE_FALSE(writer->flush());
    CHECK(sequence > written);
    const auto all = read_all(writer->shard_folder());
    CHECK_FALSE(all.faulted);
    CHECK(all.nonces == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("A share that is a block is found again with its definitions") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder);
    define_usual(*writer);
    writer->append_block(a_block());
    writer->retire_job(7);
    auto stale = a_block();
    stale.worker = 0;
    writer->append_block(stale);
    REQUIRE_FALSE(writer->flush());
    const auto all = read_all(writer->shard_folder());
    REQUIRE(all.entries.size() == 4);
    CHECK(std::get<BlockRecord>(all.entries[2].record).hash == hash_of(9));
    CHECK(std::get<BlockRecord>(all.entries[3].record).worker == 0);
}

TEST_CASE("A database that is ahead of the journal is not given old sequences again") {
    const TemporaryFolder home;
    {
        const auto folder = open_folder(home.path());
        const auto writer = open_writer(folder);
        REQUIRE_FALSE(writer->continue_after(500));
        const auto worker = define_usual(*writer);
        writer->append_share(a_share(1, worker));
        REQUIRE_FALSE(writer->flush());
    }
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder);
    CHECK(writer->written_sequence() > 501);
    REQUIRE_FALSE(writer->continue_after(500));
    const auto all = read_all(writer->shard_folder(), 501);
    CHECK_FALSE(all.faulted);
    REQUIRE_FALSE(all.entries.empty());
    CHECK(all.entries[0].sequence == 501);
    CHECK(all.nonces.size() == 1);
    CHECK(read_all(writer->shard_folder(), 1).fault.kind == JournalFaultKind::gap);
}

TEST_CASE("Old segments go only when the database has them, and never the newest") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder, {.segment_bytes = 10 * frame_bytes});
    const auto worker = define_usual(*writer);
    for (std::uint32_t i = 0; i < 60; ++i) {
        writer->append_share(a_share(i, worker));
        REQUIRE_FALSE(writer->flush());
    }
    const auto& shard = writer->shard_folder();
    const auto before = segments_of(shard);
    REQUIRE(before.size() > 6);
    CHECK(delete_segments_before(shard, before[3].first_sequence, {1, std::chrono::hours(1)}) == 0);
    CHECK(delete_segments_before(shard, before[3].first_sequence, {1, std::chrono::hours(0)}) == 2);
    CHECK(delete_segments_before(shard, before[3].first_sequence + 1, {1, std::chrono::hours(0)}) == 1);
    CHECK(delete_segments_before(shard, UINT64_MAX, {3, std::chrono::hours(0)}) == before.size() - 6);
    CHECK(delete_segments_before(shard, UINT64_MAX, {0, std::chrono::hours(0)}) == 2);
    CHECK(segments_of(shard).size() == 1);
    CHECK(read_all(shard, 1).fault.kind == JournalFaultKind::gap);
}

TEST_CASE("A strict answer waits for the disk, over segments and shards") {
    const TemporaryFolder home;
    auto opened = Journals::open({home.path(), 2, std::chrono::milliseconds(1000), {.segment_bytes = 2048}});
    REQUIRE(opened.has_value());
    auto& journals = **opened;
    journals.start();
    std::mutex mutex;
    std::condition_variable answered;
    int answers = 0;
    for (std::size_t shard = 0; shard < 2; ++shard) {
        auto& writer = journals.writer(shard);
        const auto worker = define_usual(writer);
        for (std::uint32_t i = 0; i < 50; ++i) {
            writer.append_share(a_share(i, worker));
            REQUIRE_FALSE(writer.flush());
        }
        const auto written = writer.written_sequence();
        REQUIRE(journals.sync().request(writer.shard(), [&, written](bool ok) {
            const std::lock_guard lock(mutex);
            answers += ok && writer.synced_sequence() >= written ? 1 : 100;
            answered.notify_one();
        }));
    }
    std::unique_lock lock(mutex);
    CHECK(answered.wait_for(lock, std::chrono::seconds(30), [&] { return answers >= 2; }));
    CHECK(answers == 2);
    lock.unlock();
    auto& writer = journals.writer(1);
    writer.append_share(a_share(99, 1));
    REQUIRE_FALSE(writer.flush());
    journals.stop();
    CHECK(writer.synced_sequence() == writer.written_sequence());
    CHECK_FALSE(journals.sync().request(0, [](bool) {}));
}

TEST_CASE("A shard that the configuration no longer has is still opened") {
    const TemporaryFolder home;
    { REQUIRE(Journals::open({home.path(), 3, std::chrono::milliseconds(5), {}}).has_value()); }
    auto opened = Journals::open({home.path(), 1, std::chrono::milliseconds(5), {}});
    REQUIRE(opened.has_value());
    REQUIRE((*opened)->size() == 3);
    CHECK((*opened)->writer(0).shard() == 0);
    CHECK((*opened)->writer(2).shard() == 2);
}

TEST_CASE("Appending a share takes less than 100 ns", "[.bench]") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder);
    const auto worker = define_usual(*writer);
    const auto share = a_share(1, worker);
    std::chrono::duration<double, std::nano> appending{0};
    std::chrono::duration<double, std::nano> flushing{0};
    constexpr int batches = 2000;
    constexpr int each = 100;
    for (int batch = 0; batch < batches; ++batch) {
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < each; ++i) writer->append_share(share);
        const auto appended = std::chrono::steady_clock::now();
        REQUIRE_FALSE(writer->flush());
        appending += appended - began;
        flushing += std::chrono::steady_clock::now() - appended;
    }
    WARN("append_share: " << appending.count() / batches / each << " ns, flush of " << each
                          << " shares: " << flushing.count() / batches << " ns");
}
