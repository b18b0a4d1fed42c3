#pragma once
// A pool with slices of twenty shares, a block among them, and a desk that signs. For tests.

#include <memory>
#include <string>

#include "fleet/proof/verify.h"
#include "server/proof/desk.h"
#include "server/store/block_postings.h"
#include "server/store/blocks.h"
#include "server/store/proof_files.h"
#include "server/store/proof_liabilities.h"
#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

namespace integration {

using fleet::proof::FileKind;
using server::proof::Desk;
using server::proof::ProofOptions;
using server::store::BlockState;
using server::store::ProofFile;

inline constexpr std::int64_t share_us = 1000;

struct ProofWorld {
    // `salt` makes other shares; worlds of one salt are alike.
    explicit ProofWorld(int shares = 210, int salt = 0) {
        options.data_dir = folder.path() / "data";
        for (std::uint32_t user = 1; user <= 7; ++user)
            journal.add(worker_record(user, "user" + std::to_string(user)));
        more_shares(shares, salt);
    }

    void more_shares(int count, int salt = 0) {
        for (int last = made + count; made < last; ++made) {
            const auto job = static_cast<std::uint64_t>(100 + made / 20);
            // Slices end where the network target changes.
            if (made % 20 == 0) journal.add(job_record(job, (job & 1U) != 0 ? 0x1c0fff00U : nbits_16));
            journal.add(share_record(job, 1 + static_cast<std::uint32_t>((made + salt) % 7),
                                     start_us + made * share_us));
        }
    }
    BlockRecord find_block(int shares_counted) {
        const auto job = static_cast<std::uint64_t>(100 + (made - 1) / 20);
        const auto frozen = start_us + (shares_counted - 1) * share_us;
        auto block = block_record(job, 2, start_us + made * share_us, frozen, nbits_16);
        journal.add(block);
        return block;
    }
    void import() {
        if (!importer) importer = importer_over(*database, {&journal});
        REQUIRE(drain(*importer));
    }
    void tell(const BlockRecord& block, BlockState state) {
        REQUIRE(importer->tell({"bitcoin", block.hash, state, 1, "node-a", "seen"}));
        REQUIRE(drain(*importer));
        for (int i = 0; i < 5; ++i)
            for (const auto& open : server::store::blocks_to_post(*database, 10).value())
                REQUIRE(server::store::post_block(*database, open, "main", now_us).value().detail.empty());
    }

    Desk& open_desk() {
        registry = std::make_unique<prometheus::Registry>();
        desk = std::make_unique<Desk>(*database, options, *registry);
        return *desk;
    }
    std::string sign() {
        if (!desk) open_desk();
        now_us += 60'000'000;
        return desk->sign_head(now_us);
    }

    // What the verifier complains of; empty: the file holds. `holds` tells how much was looked at.
    std::string judge(FileKind kind, const ProofFile& file) {
        if (!file.missing.empty()) return "missing: " + file.missing;
        const auto key = server::proof::open_key(options);
        const auto verdict = fleet::proof::verify_file(kind, file.text, key.key->public_key());
        holds = verdict.checked.holds.size();
        std::string out = verdict.unreadable;
        for (const auto& fail : verdict.checked.fails) out += fail + "\n";
        return out;
    }

    FreshDatabase database;
    TemporaryFolder folder;
    ProofOptions options;
    MemoryJournal journal;
    int made = 0;
    std::unique_ptr<Importer> importer;
    std::unique_ptr<prometheus::Registry> registry;
    std::unique_ptr<Desk> desk;
    std::int64_t now_us = start_us + 3'600'000'000;
    std::size_t holds = 0;
};

// Gives a database the name of another's log, as a backup of it would have.
inline void same_log(ProofWorld& from, ProofWorld& to) {
    ask(*to.database, "with made as (insert into proof_logs (name, begun_by, why) values ('\\x" +
                          ask(*from.database, "select encode(name, 'hex') from proof_logs") +
                          "', 'server', 'the first') returning 1) select count(*) from made");
}

}  // namespace integration
