#include "server/pool/importer.h"

#include <algorithm>
#include <limits>

#include "server/log.h"
#include "server/thread.h"

namespace server::pool {

using std::chrono::steady_clock;

namespace {

constexpr auto look_for_credits_every = std::chrono::seconds(30);
constexpr auto refused_credit_again_after = std::chrono::minutes(10);
constexpr auto housekeeping_every = std::chrono::minutes(10);

std::int64_t steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch())
        .count();
}

std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Definitions have no time of their own: they go with the record before them.
std::int64_t time_of(const Record& record) {
    if (const auto* share = std::get_if<ShareRecord>(&record)) return share->received_at_us;
    if (const auto* block = std::get_if<BlockRecord>(&record)) return block->found_at_us;
    return std::numeric_limits<std::int64_t>::min();
}

}  // namespace

Importer::Importer(store::Database& database, std::vector<std::unique_ptr<ShareSource>> sources,
                   ImporterOptions options, ImporterEvents events)
    : database_(database), options_(std::move(options)), events_(std::move(events)), shards_(sources.size()) {
    for (std::size_t i = 0; i < sources.size(); ++i) shards_[i].source = std::move(sources[i]);
    caught_up_at_ms_ = steady_ms();
}

Importer::~Importer() { stop(std::chrono::milliseconds(0)); }

void Importer::start() { thread_ = std::thread(&Importer::run, this); }

void Importer::stop(std::chrono::milliseconds drain) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ && !thread_.joinable()) return;
        stopping_ = true;
        drain_until_ = steady_clock::now() + drain;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Importer::run() {
    name_thread("importer");
    run_after_shards();
    auto retry = options_.retry_first;
    while (true) {
        Step result = Step::unavailable;
        try {
            result = step();
        } catch (const std::exception& failure) {
            // A rule of the schema said no, or a number does not fit: mining goes on, someone has to look.
            log::error("import_failed", {{"why", failure.what()}});
            ready_ = false;
        }
        auto wait = options_.poll_interval;
        if (result == Step::unavailable) {
            wait = retry;
            retry = std::min(retry * 2, options_.retry_max);
        } else {
            retry = options_.retry_first;
        }
        std::unique_lock lock(mutex_);
        if (stopping_ && (result != Step::imported || steady_clock::now() >= drain_until_)) return;
        if (result != Step::imported) wake_.wait_for(lock, wait, [this] { return stopping_; });
    }
}

std::uint64_t Importer::lag_records() const {
    std::uint64_t lag = 0;
    for (const auto& shard : shards_) {
        const auto written = shard.source->written_sequence();
        const auto imported = shard.position.load(std::memory_order_relaxed);
        if (written > imported) lag += written - imported;
    }
    return lag;
}

double Importer::lag_s() const {
    if (lag_records() == 0) return 0;
    return static_cast<double>(steady_ms() - caught_up_at_ms_.load(std::memory_order_relaxed)) / 1000.0;
}

Importer::Step Importer::step() {
    if (!ready_ && !prepare()) return Step::unavailable;
    read_sources();
    const auto records = merge();
    auto result = Step::idle;
    if (!records.empty()) {
        result = import_batch(records);
        if (result == Step::unavailable) return result;
    }
    if (lag_records() == 0) caught_up_at_ms_.store(steady_ms(), std::memory_order_relaxed);
    if (!take_news() || !credit_blocks() || !keep_house()) return Step::unavailable;
    return result;
}

// Reads where the database stands and begins from there. What was read but not imported is read again.
bool Importer::prepare() {
    const auto node = store::pool_node_id(database_, options_.node_name);
    if (!node) return lost(node.error()), false;
    const auto rule = store::payout_rule_version(database_, options_.rule);
    if (!rule) return lost(rule.error()), false;
    const auto state = store::import_state(database_, *node, options_.journal);
    if (!state) return lost(state.error()), false;
    const auto made = store::make_partitions(database_, state->next_position);
    if (!made) return lost(made.error()), false;
    const auto open = store::open_shares(database_, state->first_open_position);
    if (!open) return lost(open.error()), false;
    found_again();
    pool_node_ = *node;
    partitions_through_ =
        ((state->next_position - 1) / store::partition_shares + 2) * store::partition_shares;
    maker_.begin(*node, options_.journal, *rule, *state, *open);
    for (auto& shard : shards_) {
        const auto found = state->positions.find(shard.source->shard());
        const auto position = found == state->positions.end() ? 0 : found->second;
        shard.waiting.clear();
        shard.more = false;
        shard.position.store(position, std::memory_order_relaxed);
        shard.source->start_after(position);
    }
    look_for_credits_ = true;
    ready_ = true;
    return true;
}

void Importer::read_sources() {
    const auto share =
        std::max<std::size_t>(options_.records_max / std::max<std::size_t>(shards_.size(), 1), 1);
    for (auto& shard : shards_)
        if (shard.waiting.size() < share)
            shard.more = shard.source->read(share - shard.waiting.size(), shard.waiting);
}

// The records of all shards by time, moved out of `waiting`: a batch that fails is read again from the
// journal. A shard that has more than was read decides how far the others may go: its next record may be
// older than theirs.
std::vector<MergedRecord> Importer::merge() {
    struct Head {
        Shard* shard;
        std::int64_t at_us;
    };
    std::vector<Head> heads;
    std::int64_t until_us = std::numeric_limits<std::int64_t>::max();
    std::size_t total = 0;
    for (auto& shard : shards_) {
        shard.taken = 0;
        if (shard.waiting.empty()) continue;
        total += shard.waiting.size();
        heads.push_back({&shard, std::max(shard.clock_us, time_of(shard.waiting.front().record))});
        if (!shard.more || shards_.size() == 1) continue;
        auto last_us = shard.clock_us;
        for (const auto& waiting : shard.waiting) last_us = std::max(last_us, time_of(waiting.record));
        until_us = std::min(until_us, last_us);
    }
    std::vector<MergedRecord> merged;
    merged.reserve(total);
    while (!heads.empty()) {
        const auto next = std::min_element(heads.begin(), heads.end(),
                                           [](const Head& a, const Head& b) { return a.at_us < b.at_us; });
        if (next->at_us > until_us) break;
        auto& shard = *next->shard;
        shard.clock_us = next->at_us;
        auto& record = shard.waiting[shard.taken++];
        merged.push_back({shard.source->shard(), record.last, std::move(record.record)});
        if (shard.taken == shard.waiting.size())
            heads.erase(next);
        else
            next->at_us = std::max(shard.clock_us, time_of(shard.waiting[shard.taken].record));
    }
    return merged;
}

Importer::Step Importer::import_batch(const std::vector<MergedRecord>& records) {
    const auto missing = maker_.missing(records);
    const auto ids = store::define_workers(database_, missing.workers);
    if (!ids) return lost(ids.error());
    if (!missing.jobs.empty())
        if (const auto defined = store::define_jobs(database_, pool_node_, missing.jobs); !defined)
            return lost(defined.error());
    maker_.know(missing, *ids);
    auto batch = maker_.make(records);
    for (auto& shard : shards_) {
        if (shard.taken == 0) continue;
        const auto after = shard.position.load(std::memory_order_relaxed);
        // When all that was read is in the batch, faulty frames passed over at its end are too.
        const auto through = shard.taken == shard.waiting.size() ? shard.source->position()
                                                                 : shard.waiting[shard.taken - 1].last;
        if (through > after) batch.progress.push_back({shard.source->shard(), after, through});
    }
    const auto last_position = batch.first_position + static_cast<std::int64_t>(batch.shares.size());
    if (last_position > partitions_through_) {
        if (const auto made = store::make_partitions(database_, last_position); !made)
            return lost(made.error());
        partitions_through_ = ((last_position - 1) / store::partition_shares + 2) * store::partition_shares;
    }
    const auto imported = store::import(database_, batch);
    if (!imported) return lost(imported.error());
    if (*imported == store::Imported::conflict) {
        log::warn("import_conflict", {{"first_position", batch.first_position}});
        ready_ = false;
        return Step::idle;
    }
    committed(batch);
    return Step::imported;
}

void Importer::committed(const store::ImportBatch& batch) {
    maker_.commit();
    for (auto& shard : shards_) {
        shard.waiting.erase(shard.waiting.begin(),
                            shard.waiting.begin() + static_cast<std::ptrdiff_t>(shard.taken));
        shard.taken = 0;
    }
    for (const auto& progress : batch.progress) {
        const auto shard = std::find_if(shards_.begin(), shards_.end(), [&](const Shard& candidate) {
            return candidate.source->shard() == progress.shard;
        });
        shard->position.store(progress.through, std::memory_order_relaxed);
        shard->source->imported_through(progress.through);
    }
    shares_imported_.fetch_add(batch.shares.size(), std::memory_order_relaxed);
    for (const auto& block : batch.blocks)
        if (events_.on_block_imported) events_.on_block_imported(block.hash);
    if (maker_.unusable() > unusable_.load(std::memory_order_relaxed)) {
        log::error("records_unusable",
                   {{"total", maker_.unusable()}, {"why", "their worker or job is nowhere defined"}});
        unusable_.store(maker_.unusable(), std::memory_order_relaxed);
    }
    if (maker_.crowded()) ready_ = false;
}

bool Importer::take_news() {
    for (auto& news : news_.take_all(std::chrono::milliseconds(0)))
        if (waiting_news_.size() < news_max) waiting_news_.push_back(std::move(news));
    for (std::size_t i = 0; i < waiting_news_.size();) {
        const auto taken = store::record_block_news(database_, waiting_news_[i]);
        if (!taken) return lost(taken.error()), false;
        if (*taken == store::NewsTaken::unknown) {
            ++i;  // the block is still on its way through the journal
            continue;
        }
        if (*taken == store::NewsTaken::recorded) look_for_credits_ = true;
        waiting_news_.erase(waiting_news_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return true;
}

bool Importer::credit_blocks() {
    const auto now = steady_clock::now();
    if (look_for_credits_ || now >= next_look_) {
        const auto blocks = store::blocks_to_credit(database_);
        if (!blocks) return lost(blocks.error()), false;
        look_for_credits_ = false;
        next_look_ = now + look_for_credits_every;
        for (const auto& block : *blocks) {
            const bool known =
                std::any_of(waiting_credits_.begin(), waiting_credits_.end(), [&](const auto& waiting) {
                    return waiting.block.hash == block.hash && waiting.block.coin == block.coin;
                });
            if (!known) waiting_credits_.push_back({block, {}, {}});
        }
    }
    for (std::size_t i = 0; i < waiting_credits_.size();) {
        auto& waiting = waiting_credits_[i];
        if (now < waiting.not_before || !imported_far_enough(waiting)) {
            ++i;
            continue;
        }
        if (!credit(waiting)) return false;
        if (waiting.not_before > now)
            ++i;
        else
            waiting_credits_.erase(waiting_credits_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return true;
}

// All that was written a moment after the block was found is imported, on every shard.
bool Importer::imported_far_enough(WaitingCredit& waiting) const {
    if (waiting.through.empty()) {
        const auto settle_us =
            std::chrono::duration_cast<std::chrono::microseconds>(options_.settle_time).count();
        if (wall_us() < waiting.block.found_at_us + settle_us) return false;
        for (const auto& shard : shards_) waiting.through.push_back(shard.source->written_sequence());
    }
    for (std::size_t i = 0; i < shards_.size(); ++i)
        if (shards_[i].position.load(std::memory_order_relaxed) < waiting.through[i]) return false;
    return true;
}

bool Importer::credit(WaitingCredit& waiting) {
    const auto begun = steady_clock::now();
    const auto outcome = store::credit_block(database_, waiting.block.coin, waiting.block.hash);
    if (!outcome) return lost(outcome.error()), false;
    const auto hash = stratum::displayed(waiting.block.hash);
    if (outcome->kind == store::CreditOutcome::Kind::refused) {
        log::error("credit_refused", {{"block", hash}, {"why", outcome->detail}});
        waiting.not_before = steady_clock::now() + refused_credit_again_after;
    } else if (outcome->kind == store::CreditOutcome::Kind::credited) {
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun);
        log::info("block_credited",
                  {{"block", hash}, {"run", outcome->run}, {"users", outcome->lines}, {"ms", took.count()}});
        if (events_.on_block_credited) events_.on_block_credited(waiting.block.hash, outcome->lines);
    }
    return true;
}

bool Importer::keep_house() {
    const auto now = steady_clock::now();
    if (now < next_housekeeping_) return true;
    next_housekeeping_ = now + housekeeping_every;  // also when a backup holds its locks: import goes first
    const auto dropped = store::drop_old_shares(database_, options_.rule.window_factor);
    if (!dropped) return lost(dropped.error()), false;
    for (const auto& name : *dropped) log::info("shares_dropped", {{"partition", name}});
    return true;
}

// What became of a transaction that was cut off is not known: begin again from what the database says.
Importer::Step Importer::lost(const store::Unavailable& why) {
    ready_ = false;
    available_.store(false, std::memory_order_relaxed);
    if (!told_unavailable_)
        log::warn("database_unavailable", {{"why", why.reason}, {"records_waiting", lag_records()}});
    told_unavailable_ = true;
    return Step::unavailable;
}

void Importer::found_again() {
    available_.store(true, std::memory_order_relaxed);
    if (told_unavailable_) log::info("database_available", {{"records_waiting", lag_records()}});
    told_unavailable_ = false;
}

}  // namespace server::pool
