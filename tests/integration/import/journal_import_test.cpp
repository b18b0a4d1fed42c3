// The importer over real journal files and their writer.

#include <fstream>

#include "server/pool/journal_source.h"
#include "server/pool/journals.h"
#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

using namespace integration;

namespace {

std::unique_ptr<Journals> open_journals(const std::filesystem::path& folder, unsigned shards = 2) {
    JournalsOptions options;
    options.folder = folder;
    options.shards = shards;
    options.writer.segment_bytes = 64 * frame_bytes;  // many segments
    auto journals = Journals::open(std::move(options));
    REQUIRE(journals.has_value());
    return std::move(*journals);
}

// Shares of one worker, flushed ten at a time.
void mine(JournalWriter& journal, int shares, std::int64_t first_at_us, std::uint64_t job) {
    auto definition = job_record(job);
    REQUIRE(journal.define_job(definition));
    const auto worker =
        journal.define_worker(UserKind::address, "alice", "rig" + std::to_string(journal.shard()));
    REQUIRE(worker != 0);
    for (int i = 0; i < shares; ++i) {
        journal.append_share(share_record(job, worker, first_at_us + i * 1000));
        if (i % 10 == 9) REQUIRE(!journal.flush());
    }
    REQUIRE(!journal.flush());
}

std::unique_ptr<Importer> importer_over(server::store::Database& database, Journals& journals,
                                        std::size_t records_max = 70) {
    std::vector<std::unique_ptr<ShareSource>> sources;
    for (std::size_t i = 0; i < journals.size(); ++i)
        sources.push_back(std::make_unique<JournalSource>(journals.writer(i)));
    auto options = quick_options();
    options.journal = journals.identity();
    options.records_max = records_max;
    return std::make_unique<Importer>(database, std::move(sources), options);
}

}  // namespace

TEST_CASE("journals of two shards are imported over many segments, restarts of both sides included") {
    FreshDatabase database;
    TemporaryFolder folder;
    for (int life = 0; life < 3; ++life) {
        const auto journals = open_journals(folder.path() / "journal");
        const auto at = start_us + life * 10'000'000;
        mine(journals->writer(0), 200, at, 100 + static_cast<std::uint64_t>(life));
        mine(journals->writer(1), 150, at + 500, 100 + static_cast<std::uint64_t>(life));
        journals->start();
        journals->stop();  // one last round brings all to disk
        {
            const auto importer = importer_over(*database, *journals);
            CHECK(importer->step() == Importer::Step::imported);
            if (life == 1) CHECK(importer->step() == Importer::Step::imported);
        }
        if (life != 1) REQUIRE(drain(*importer_over(*database, *journals)));
    }
    CHECK(share_count(*database) == "1050,1050");
    CHECK(ask(*database, "select string_agg(name, ',' order by name) from workers") == "rig0,rig1");
}

TEST_CASE("frames that a disk has spoilt are passed over; the shares behind them still arrive") {
    FreshDatabase database;
    TemporaryFolder folder;
    const auto journals = open_journals(folder.path() / "journal", 1);
    mine(journals->writer(0), 100, start_us, 100);
    journals->start();
    journals->stop();
    const auto segments = segments_of(journals->writer(0).shard_folder());
    REQUIRE(segments.size() >= 2);
    {
        std::fstream file(segments.front().file, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(20 * frame_bytes + 40));
        file.write("spoilt", 6);
    }
    REQUIRE(drain(*importer_over(*database, *journals)));
    CHECK(share_count(*database) == "99,99");
}
