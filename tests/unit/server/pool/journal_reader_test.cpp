#include "server/pool/journal_reader.h"

#include "tests/unit/server/pool/journal_world.h"

using namespace server::pool;

namespace {

// A journal of `shares` shares in small segments, closed again.
struct SmallJournal {
    TemporaryFolder home;
    std::filesystem::path shard;
    std::uint64_t last = 0;

    explicit SmallJournal(std::uint32_t shares, std::uint64_t segment_frames = 1000) {
        const auto folder = open_folder(home.path());
        const auto writer = open_writer(folder, {.segment_bytes = segment_frames * frame_bytes});
        REQUIRE(writer->define_job(a_job()));
        const auto worker = writer->define_worker(UserKind::name, "alice", "");
        for (std::uint32_t i = 0; i < shares; ++i) {
            writer->append_share(a_share(i, worker));
            REQUIRE_FALSE(writer->flush());
        }
        shard = writer->shard_folder();
        last = writer->written_sequence();
    }
    [[nodiscard]] std::filesystem::path file(std::size_t index = 0) const {
        return segments_of(shard)[index].file;
    }
};

}  // namespace

TEST_CASE("Every flipped byte of a journal is reported with its place") {
    const SmallJournal journal(4);
    const auto file = journal.file();
    const auto good = file_text(file);
    REQUIRE(good.size() == journal.last * frame_bytes);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x40);
        write_text(file, bad);
        const auto all = read_all(journal.shard);
        const auto frame_offset = i / frame_bytes * frame_bytes;
        // A fault inside a long record is reported at the record's head.
        if (!all.faulted || all.fault.offset > frame_offset || all.fault.file != file) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("Frames dropped, doubled or exchanged are faults") {
    const SmallJournal journal(8);
    const auto good = file_text(journal.file());
    const auto from_end = [&good](std::size_t frames) { return good.size() - frames * frame_bytes; };
    auto dropped = good;
    dropped.erase(from_end(4), frame_bytes);
    auto doubled = good;
    doubled.insert(from_end(4), good.substr(from_end(4), frame_bytes));
    auto exchanged = good.substr(0, from_end(4)) + good.substr(from_end(3), frame_bytes) +
                     good.substr(from_end(4), frame_bytes) + good.substr(from_end(2));
    for (const auto& bad : {dropped, doubled, exchanged}) {
        write_text(journal.file(), bad);
        const auto all = read_all(journal.shard);
        CHECK(all.faulted);
        CHECK(all.fault.kind == JournalFaultKind::wrong_sequence);
    }
}

TEST_CASE("Reading goes on behind a fault only when told, and tells how much is gone") {
    const SmallJournal journal(8);
    auto bytes = file_text(journal.file());
    for (const std::size_t frames : {4U, 3U}) {
        auto& byte = bytes[bytes.size() - frames * frame_bytes + 50];
        byte = static_cast<char>(byte ^ 1);
    }
    write_text(journal.file(), bytes);
    JournalReader reader(journal.shard, 1);
    JournalEntry entry;
    std::vector<std::uint32_t> nonces;
    std::uint64_t skipped = 0;
    while (true) {
        const auto state = reader.next(journal.last, entry);
        if (state == JournalReader::State::end) break;
        if (state == JournalReader::State::fault) {
            CHECK(reader.next(journal.last, entry) == JournalReader::State::fault);
            CHECK(explain(reader.fault()).find("bad_checksum") != std::string::npos);
            skipped += reader.skip_fault();
        } else if (const auto* share = std::get_if<ShareRecord>(&entry.record)) {
            nonces.push_back(share->nonce);
        }
    }
    CHECK(skipped == 2);
    CHECK(nonces == std::vector<std::uint32_t>{0, 1, 2, 3, 6, 7});
}

TEST_CASE("From the middle, the definitions that the rest refers to come first") {
    const SmallJournal journal(20);
    const auto from = journal.last - 2;
    const auto all = read_all(journal.shard, from);
    CHECK_FALSE(all.faulted);
    CHECK(all.nonces == std::vector<std::uint32_t>{17, 18, 19});
    REQUIRE(all.entries.size() == 5);
    CHECK(all.entries[0].sequence < from);
    CHECK(all.entries[2].sequence == from);
}

TEST_CASE("From every sequence on, exactly the rest is yielded, over segments") {
    const SmallJournal journal(30, 12);
    REQUIRE(segments_of(journal.shard).size() > 4);
    const auto whole = read_all(journal.shard);
    CHECK(whole.nonces.size() == 30);
    for (std::uint64_t from = 1; from <= journal.last + 1; ++from) {
        std::vector<std::uint32_t> expected;
        for (const auto& entry : whole.entries)
            if (const auto* share = std::get_if<ShareRecord>(&entry.record);
                share != nullptr && entry.sequence >= from)
                expected.push_back(share->nonce);
        const auto all = read_all(journal.shard, from, journal.last);
        CHECK_FALSE(all.faulted);
        CHECK(all.nonces == expected);
    }
}

TEST_CASE("A reader beside a writer stops at the limit and goes on when it moves") {
    const TemporaryFolder home;
    const auto folder = open_folder(home.path());
    const auto writer = open_writer(folder, {.segment_bytes = 12 * frame_bytes});
    REQUIRE(writer->define_job(a_job()));
    const auto worker = writer->define_worker(UserKind::name, "alice", "");
    JournalReader reader(writer->shard_folder(), 1);
    JournalEntry entry;
    CHECK(reader.next(0, entry) == JournalReader::State::end);
    std::uint32_t seen = 0;
    for (std::uint32_t i = 0; i < 50; ++i) {
        writer->append_share(a_share(i, worker));
        REQUIRE_FALSE(writer->flush());
        while (reader.next(writer->written_sequence(), entry) == JournalReader::State::record)
            if (std::holds_alternative<ShareRecord>(entry.record)) ++seen;
        CHECK(seen == i + 1);
        CHECK(reader.position() == writer->written_sequence() + 1);
    }
}

TEST_CASE("What is gone is said: a torn tail, a missing file, a journal that ends too early") {
    const SmallJournal journal(30, 12);
    const auto segments = segments_of(journal.shard);
    SECTION("torn tail") {
        std::filesystem::resize_file(segments.back().file,
                                     std::filesystem::file_size(segments.back().file) + 17);
        CHECK(read_all(journal.shard).fault.kind == JournalFaultKind::torn_tail);
        CHECK_FALSE(read_all(journal.shard, 1, journal.last).faulted);
    }
    SECTION("a file in the middle is gone") {
        std::filesystem::remove(segments[2].file);
        const auto all = read_all(journal.shard);
        CHECK(all.fault.kind == JournalFaultKind::gap);
        CHECK(all.fault.sequence == segments[2].first_sequence);
        JournalReader reader(journal.shard, 1);
        JournalEntry entry;
        while (reader.next(journal.last, entry) == JournalReader::State::record) {
        }
        CHECK(reader.skip_fault() == segments[3].first_sequence - segments[2].first_sequence);
        CHECK(reader.next(journal.last, entry) == JournalReader::State::record);
    }
    SECTION("the first file is gone") {
        std::filesystem::remove(segments[0].file);
        CHECK(read_all(journal.shard).fault.kind == JournalFaultKind::gap);
        CHECK_FALSE(read_all(journal.shard, segments[1].first_sequence).faulted);
    }
    SECTION("shorter than the writer said") {
        CHECK(read_all(journal.shard, 1, journal.last + 1).fault.kind == JournalFaultKind::missing);
        CHECK(read_all(journal.shard, journal.last + 2).fault.kind == JournalFaultKind::missing);
        CHECK_FALSE(read_all(journal.shard, journal.last + 1).faulted);
    }
    SECTION("no file at all") {
        std::filesystem::remove_all(journal.shard);
        CHECK(read_all(journal.shard, 1, journal.last).fault.kind == JournalFaultKind::missing);
        CHECK_FALSE(read_all(journal.shard).faulted);
    }
}
