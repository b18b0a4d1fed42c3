#pragma once
// Journals, an importer over them and a database, for the tests of importing and crediting.

#include <memory>
#include <string>
#include <vector>

#include "server/pool/importer.h"
#include "server/store/migrator.h"
#include "tests/integration/import/memory_source.h"
#include "tests/integration/store/fresh_database.h"

namespace integration {

inline ImporterOptions quick_options() {
    ImporterOptions options;
    options.journal = 77;
    options.settle_time = std::chrono::milliseconds(0);
    return options;
}

inline std::unique_ptr<Importer> importer_over(server::store::Database& database,
                                               const std::vector<MemoryJournal*>& journals,
                                               ImporterOptions options = quick_options(),
                                               ImporterEvents events = {}) {
    std::vector<std::unique_ptr<ShareSource>> sources;
    for (auto* journal : journals) sources.push_back(std::make_unique<MemorySource>(*journal));
    return std::make_unique<Importer>(database, std::move(sources), std::move(options), std::move(events));
}

// Steps until nothing is left to do; false when the database went away.
inline bool drain(Importer& importer) {
    for (int i = 0; i < 10'000; ++i) {
        const auto step = importer.step();
        if (step == Importer::Step::unavailable) return false;
        if (step == Importer::Step::idle && importer.lag_records() == 0) return true;
    }
    return false;
}

// "count,distinct": equal and as many as were written means each exactly once.
inline std::string share_count(server::store::Database& database) {
    return ask(database, "select count(*) || ',' || count(distinct (shard, sequence)) from shares");
}

// A journal of `shares` shares of two users, a millisecond apart.
inline MemoryJournal simple_journal(std::uint16_t shard, int shares, std::int64_t first_at_us = start_us) {
    MemoryJournal journal;
    journal.shard = shard;
    journal.add(worker_record(1, "alice"));
    journal.add(worker_record(2, "bob"));
    journal.add(job_record(100));
    for (int i = 0; i < shares; ++i)
        journal.add(share_record(100, 1 + static_cast<std::uint32_t>(i % 3 == 0), first_at_us + i * 1000));
    return journal;
}

}  // namespace integration
