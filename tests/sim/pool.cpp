#include "tests/sim/pool.h"

#include <fstream>

#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "tests/sim/require.h"

namespace sim {

using namespace server::pool;

namespace {

constexpr std::uint32_t nbits = 0x2003ffff;  // every 64th hash is a block
// A job kept each of the templates, size classes apart: every V1 miner here has the same, V2 has its own.
constexpr std::size_t jobs_max = 2 * (stratum::templates_kept_max + 1) * stratum::job_variants_max;
constexpr std::size_t proofs_kept = 50;

JournalFolder open_folder(const std::filesystem::path& path) {
    auto folder = JournalFolder::open(path);
    require(!folder.has_error(), "the journal's folder opens after every crash");
    return std::move(*folder);
}

std::unique_ptr<JournalWriter> open_writer(const JournalFolder& folder) {
    auto writer = JournalWriter::open(folder, 0, {.segment_bytes = 64 * 1024, .workers_max = 1000});
    require(!writer.has_error(), "the journal opens after every crash");
    return std::move(*writer);
}

}  // namespace

struct Pool::Engine {
    Engine(const std::filesystem::path& path, SessionDeskOptions options, ShareSettler::OnBlock on_block)
        : folder(open_folder(path)),
          writer(open_writer(folder)),
          desk(std::move(options), *writer, names),
          settler(*writer, metrics, std::move(on_block)) {}

    JournalFolder folder;
    std::unique_ptr<JournalWriter> writer;
    NameBook names;
    server::ShardMetrics metrics;
    SessionDesk desk;
    ShareSettler settler;
};

Pool::Pool(Random& random_source, std::filesystem::path folder)
    : random(random_source),
      fixed_versions(one_in(random_source, 6)),
      folder_(std::move(folder)),
      // Few, so that each is given again while the run lasts; now and then too few.
      prefix_count_(
          static_cast<std::uint32_t>((one_in(random_source, 3) ? 80 : 400) + random_source() % 100)) {}

Pool::~Pool() = default;

SessionDesk& Pool::desk() { return engine_->desk; }
const JournalWriter& Pool::journal() const { return *engine_->writer; }

std::int64_t Pool::wall_clock_us() const {
    return 1'700'000'000'000'000 +
           std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
}

void Pool::start() {
    SessionDeskOptions options;
    options.shard = 1;
    options.network = stratum::Network::regtest;
    options.coinbase = {"/sim/", stratum::Bytes(22, 1), 0x1fffe000};
    if (fixed_versions) options.coinbase.version_mask_v2 = 0;
    options.secret.fill(7);
    options.first_prefix = static_cast<std::uint32_t>(random());
    options.prefix_count = prefix_count_;
    engine_ = std::make_unique<Engine>(folder_, options, [this](server::node::BlockCandidate block) {
        ledger.hear_of_block({block.header.begin(), block.header.end()});
        require(stratum::sha256d(block.header) == block.hash, "a block's hash is its header's");
    });
    template_number_ = ((template_number_ >> 20) + 1) << 20;
    replaced_.clear();
    offer(false);
}

// Everything in memory is gone; the end of the file may be torn.
void Pool::crash() {
    const auto shard_folder = engine_->writer->shard_folder();
    engine_.reset();
    ledger.forget_prefixes();
    const auto segments = segments_of(shard_folder);
    if (!segments.empty() && one_in(random, 2)) {
        std::ofstream tail(segments.back().file, std::ios::binary | std::ios::app);
        for (auto bytes = random() % frame_bytes; bytes > 0; --bytes) tail.put(static_cast<char>(random()));
    }
}

std::shared_ptr<const stratum::Template> Pool::make_template(bool new_tip) {
    auto work = std::make_shared<stratum::Template>();
    work->number = template_number_;
    work->height = 100u + tip_;
    work->previous.bytes.fill(tip_);
    work->version = 0x20000000;
    if (one_in(random, 5)) work->version |= work->version_required = 0x4000;
    work->nbits = nbits;
    work->network_target = *stratum::target_of_nbits(nbits);
    work->time = 1'700'000'000;
    work->time_min = work->time - 100;
    work->coinbase_value_sats = 5'000'000'000;
    work->early = new_tip && one_in(random, 2);
    std::vector<stratum::Hash256> txids;
    for (std::uint64_t i = 0; !work->early && i < contents_ % 5; ++i)
        txids.push_back(stratum::sha256(stratum::view_of(std::to_string(contents_ * 10 + i))));
    work->merkle_branches = stratum::merkle_branches_of(txids);
    work->witness_commitment = stratum::witness_commitment_script(txids);
    return work;
}

void Pool::offer(bool new_tip) {
    if (new_tip) {
        ++tip_;
        ++ledger.counts.tips;
    }
    if (new_tip || one_in(random, 2)) ++contents_;
    ++ledger.counts.templates;
    auto& jobs = engine_->desk.jobs();
    if (jobs.newest()) {
        replaced_.emplace_back(template_number_, now);
        ++template_number_;
    }
    jobs.on_template(make_template(new_tip), now);
    engine_->settler.on_template(template_number_, wall_clock_us());
    engine_->settler.retire_jobs(jobs.take_expired());
    while (!replaced_.empty() && (now - replaced_.front().second > stratum::job_kept_for ||
                                  replaced_.size() >= stratum::templates_kept_max))
        replaced_.pop_front();
}

void Pool::settle() {
    before_settling();
    engine_->settler.settle(now, wall_clock_us());
    ledger.check_blocks();
    after_settling();
}

bool Pool::feed(stratum::Session& session, std::string_view bytes) {
    while (!bytes.empty() && session.closing() == stratum::CloseReason::none) {
        const auto piece = bytes.substr(0, one_in(random, 3) ? 1 + random() % 40 : bytes.size());
        const auto consumed = session.receive(piece, now, engine_->settler.batch());
        bytes.remove_prefix(consumed);
        if (consumed < piece.size()) settle();
    }
    return bytes.empty();
}

void Pool::make_room() {
    if (engine_->settler.batch().size() >= stratum::share_batch_max) settle();
}

void Pool::remember(Proof proof) {
    proofs_.push_back(std::move(proof));
    if (proofs_.size() > proofs_kept) proofs_.pop_front();
}

const Proof* Pool::any_proof() { return proofs_.empty() ? nullptr : &proofs_[random() % proofs_.size()]; }

void Pool::check_exhausted() {
    ++ledger.counts.exhausted;
    require(ledger.prefixes_taken(now) >= prefix_count_, "nobody is refused while a prefix is free");
}

void Pool::check_bounds() const {
    require(engine_->desk.jobs().size() <= jobs_max, "jobs are bounded");
    require(engine_->desk.parked() <= ledger.counts.reconnects, "parked channels are bounded");
    require(engine_->writer->buffered_bytes() == 0, "nothing is left unwritten after a step");
}

}  // namespace sim
