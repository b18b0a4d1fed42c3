#include "tests/sim/world.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "tests/sim/require.h"

namespace sim {

using namespace server::pool;
using namespace std::chrono_literals;
using stratum::Uint256;
using stratum::CloseReason;
using stratum::v1::Session;

namespace {

constexpr std::uint32_t nbits = 0x2003ffff;  // every 64th hash is a block
constexpr std::size_t seats = 12;
// A job kept each of the templates, size classes apart; every miner here has the same class.
constexpr std::size_t jobs_max = (stratum::templates_kept_max + 1) * stratum::job_variants_max;
const char* const users[] = {"bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202",
                             "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"};

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

SessionDeskOptions desk_options(std::uint32_t first_prefix) {
    SessionDeskOptions options;
    options.shard = 1;
    options.network = stratum::Network::regtest;
    options.coinbase = {"/sim/", stratum::Bytes(22, 1), 0x1fffe000};
    options.secret.fill(7);
    options.first_prefix = first_prefix;
    return options;
}

}  // namespace

struct World::Engine {
    Engine(const std::filesystem::path& path, std::uint32_t first_prefix, ShareSettler::OnBlock on_block)
        : folder(open_folder(path)),
          writer(open_writer(folder)),
          desk(desk_options(first_prefix), *writer, names),
          settler(*writer, metrics, std::move(on_block)) {}

    JournalFolder folder;
    std::unique_ptr<JournalWriter> writer;
    NameBook names;
    server::ShardMetrics metrics;
    SessionDesk desk;
    ShareSettler settler;
};

World::World(std::uint64_t seed, std::filesystem::path folder)
    : random_(seed), folder_(std::move(folder)), store_(random_) {
    settings_.difficulty_start = *stratum::Difficulty::fraction(28 + static_cast<int>(random_() % 5));
    settings_.difficulty_min = *stratum::Difficulty::fraction(32);
    settings_.vardiff.shares_per_minute = 20;
    for (std::size_t i = 0; i < seats; ++i)
        seats_.push_back(std::make_unique<Seat>(random_, users[i % 2], static_cast<Miner::Habit>(i % 3)));
    start_engine();
}

World::~World() {
    for (auto& seat : seats_) seat->session.reset();
}

std::int64_t World::wall_clock_us() const {
    return 1'700'000'000'000'000 +
           std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count();
}

void World::start_engine() {
    engine_ = std::make_unique<Engine>(
        folder_, static_cast<std::uint32_t>(random_()), [this](server::node::BlockCandidate block) {
            blocks_seen_.emplace_back(block.header.begin(), block.header.end());
            require(stratum::sha256d(block.header) == block.hash, "a block's hash is its header's");
        });
    template_number_ = ((template_number_ >> 20) + 1) << 20;
    replaced_.clear();
    on_template(false);
    for (auto& seat : seats_) connect(*seat, true);
}

// Everything in memory is gone; the end of the file may be torn.
void World::crash() {
    ++counts_.crashes;
    mine();  // what was settled now may be acknowledged or not
    for (auto& seat : seats_) {
        for (const auto& expected : seat->expected)
            if (expected.settled && expected.prediction.code == 0) {
                unanswered_.emplace(expected.hash, expected.prediction.target);
                ++counts_.unanswered;
            }
        seat->expected.clear();
        seat->session.reset();
        seat->job_due = false;
    }
    parked_.clear();
    const auto shard_folder = engine_->writer->shard_folder();
    engine_.reset();
    const auto segments = segments_of(shard_folder);
    if (!segments.empty() && one_in(random_, 2)) {
        std::ofstream tail(segments.back().file, std::ios::binary | std::ios::app);
        for (auto bytes = random_() % frame_bytes; bytes > 0; --bytes) tail.put(static_cast<char>(random_()));
    }
    start_engine();
}

void World::connect(Seat& seat, bool resume) {
    seat.session = std::make_unique<Session>(settings_, engine_->desk, now_);
    seat.extranonce.clear();
    feed(seat, seat.miner.greeting(resume));
    drain(seat);
    require(seat.session->mining(), "a good greeting leads to work");
    require(seat.model.has_job(), "the first job leaves with the login");
}

void World::disconnect(Seat& seat) {
    ++counts_.reconnects;
    settle();
    drain(seat);
    if (!seat.extranonce.empty())
        parked_.insert_or_assign(seat.extranonce, ParkedModel{std::move(seat.model), now_});
    seat.extranonce.clear();
    engine_->desk.park(*seat.session, now_);
    seat.session.reset();
    seat.job_due = false;
}

// Hands over bytes in pieces, as a socket might.
void World::feed(Seat& seat, std::string_view bytes) {
    while (!bytes.empty() && seat.session->closing() == CloseReason::none) {
        const auto piece = bytes.substr(0, one_in(random_, 3) ? 1 + random_() % 40 : bytes.size());
        const auto consumed = seat.session->receive(piece, now_, engine_->settler.batch());
        bytes.remove_prefix(consumed);
        if (consumed < piece.size()) settle();
    }
}

void World::submit(Seat& seat, Share share) {
    if (seat.session->closing() != CloseReason::none) return;
    if (engine_->settler.batch().size() >= stratum::share_batch_max) settle();
    const auto id =
        one_in(random_, 2) ? std::to_string(++next_id_) : "\"x" + std::to_string(++next_id_) + "\"";
    share.line.replace(share.line.find('@'), 1, id);
    const auto oldest = replaced_.empty() ? template_number_ : replaced_.front().first;
    const auto prediction = seat.model.judge(share.sent, oldest, now_);
    seat.expected.push_back({id, prediction, share.sent.hash});
    if (prediction.block) blocks_expected_.push_back(share.sent.header);
    ++counts_.submissions;
    feed(seat, share.line);
}

void World::mine() {
    for (auto busy = 1 + random_() % 6; busy > 0; --busy) {
        auto& seat = any_seat();
        for (auto shares = 1 + random_() % 5; shares > 0; --shares)
            if (auto share = seat.miner.mine(seat.model.target())) submit(seat, std::move(*share));
    }
    settle();
}

void World::settle() {
    engine_->settler.settle(now_, wall_clock_us());
    require(blocks_seen_ == blocks_expected_,
            "each header that meets the network target is a block, and no other");
    counts_.blocks += blocks_seen_.size();
    for (const auto& header : blocks_seen_) all_blocks_.insert(stratum::sha256d(header));
    blocks_seen_.clear();
    blocks_expected_.clear();
    for (auto& seat : seats_)
        for (auto& expected : seat->expected) expected.settled = true;
}

void World::on_answer(Seat& seat, const std::string& text) {
    require(!seat.expected.empty(), "no answer without a question: " + text);
    const auto expected = std::move(seat.expected.front());
    seat.expected.pop_front();
    require(text.starts_with("{\"id\":" + expected.id + ","),
            "answers come in the order of the questions: " + text);
    const auto line = nlohmann::json::parse(text);
    const int code = line["error"].is_null() ? 0 : line["error"][0].get<int>();
    require(code == expected.prediction.code,
            "the answer is the model's " + std::to_string(expected.prediction.code) + ": " + text);
    if (code != 0) {
        ++counts_.refused;
        ++counts_.by_code.at(static_cast<std::size_t>(code - 20));
        return;
    }
    ++counts_.accepted;
    require(Uint256::from_hash(expected.hash) <= expected.prediction.target,
            "credit is for work that was done");
    require(acknowledged_.emplace(expected.hash, expected.prediction.target).second,
            "one header is credited once");
}

void World::on_subscribed(Seat& seat) {
    seat.extranonce = seat.miner.extranonce();
    for (const auto& other : seats_)
        require(other.get() == &seat || !other->session || other->extranonce != seat.extranonce,
                "no two live channels share a prefix");
    seat.model = {};
    const auto parked = parked_.find(seat.extranonce);
    if (parked == parked_.end()) return;
    if (now_ - parked->second.since <= stratum::job_kept_for) {
        seat.model = std::move(parked->second.model);
        ++counts_.resumes;
    }
    parked_.erase(parked);
}

void World::drain(Seat& seat) {
    const auto output = std::exchange(seat.session->output(), {});
    for (std::size_t from = 0; from < output.size();) {
        const auto end = output.find('\n', from);
        require(end != std::string::npos, "every line ends");
        const auto line = output.substr(from, end - from);
        from = end + 1;
        const bool greeting = line.starts_with("{\"id\":\"") && line.find('"', 7) == 8;
        if (line.find("\"method\"") == std::string::npos && !greeting) {
            on_answer(seat, line);
            continue;
        }
        seat.miner.hear(line);
        if (line.starts_with("{\"id\":\"s\"")) on_subscribed(seat);
        for (const auto& target : seat.miner.take_targets()) seat.model.tell_difficulty(target, now_);
        for (const auto& work : seat.miner.take_news())
            seat.model.issue(work.job, work.previous_text, *stratum::target_of_nbits(work.nbits), now_);
    }
}

void World::on_template(bool new_tip) {
    if (new_tip) {
        ++tip_;
        ++counts_.tips;
    }
    if (new_tip || one_in(random_, 2)) ++contents_;
    ++counts_.templates;
    auto work = std::make_shared<stratum::Template>();
    auto& jobs = engine_->desk.jobs();
    if (jobs.newest()) {
        replaced_.emplace_back(template_number_, now_);
        ++template_number_;
    }
    work->number = template_number_;
    work->height = 100u + tip_;
    work->previous.bytes.fill(tip_);
    work->version = 0x20000000;
    if (one_in(random_, 5)) work->version |= work->version_required = 0x4000;
    work->nbits = nbits;
    work->network_target = *stratum::target_of_nbits(nbits);
    work->time = 1'700'000'000;
    work->time_min = work->time - 100;
    work->coinbase_value_sats = 5'000'000'000;
    work->early = new_tip && one_in(random_, 2);
    std::vector<stratum::Hash256> txids;
    for (std::uint64_t i = 0; !work->early && i < contents_ % 5; ++i)
        txids.push_back(stratum::sha256(stratum::view_of(std::to_string(contents_ * 10 + i))));
    work->merkle_branches = stratum::merkle_branches_of(txids);
    work->witness_commitment = stratum::witness_commitment_script(txids);
    jobs.on_template(work, now_);
    engine_->settler.on_template(work->number, wall_clock_us());
    engine_->settler.retire_jobs(jobs.take_expired());
    while (!replaced_.empty() && (now_ - replaced_.front().second > stratum::job_kept_for ||
                                  replaced_.size() >= stratum::templates_kept_max))
        replaced_.pop_front();
    for (auto& seat : seats_) {
        if (!seat->session) continue;
        seat->job_due = true;
        if (!one_in(random_, 3)) announce(*seat);
    }
}

void World::announce(Seat& seat) {
    seat.job_due = false;
    drain(seat);
    seat.session->on_job(now_);
    const bool told = !seat.session->output().empty();
    drain(seat);
    if (told) seat.model.forget_before(replaced_.empty() ? template_number_ : replaced_.front().first);
}

void World::on_timers() {
    for (auto& seat : seats_) {
        seat->session->on_timer(now_);
        drain(*seat);
    }
}

void World::storm(Seat& seat) {
    std::string lines;
    for (int i = 0; i < 20; ++i)
        lines += R"({"id":"d","method":"mining.suggest_difficulty","params":[)" +
                 std::string(one_in(random_, 2) ? "3e-10" : "5e-9") + "]}\n";
    feed(seat, lines);
    drain(seat);
}

void World::check_bounds() {
    require(engine_->desk.jobs().size() <= jobs_max, "jobs are bounded");
    require(engine_->desk.parked() <= counts_.reconnects, "parked channels are bounded");
    require(engine_->writer->buffered_bytes() == 0, "nothing is left unwritten after a step");
    for (const auto& seat : seats_)
        require(seat->model.size() <= stratum::issued_jobs_max, "a channel's jobs are bounded");
}

void World::step() {
    now_ += std::chrono::milliseconds(random_() % 1500);
    if (one_in(random_, 400)) now_ += 9min;  // a lull
    engine_->desk.expire_parked(now_);
    const auto dice = random_() % 100;
    if (dice < 70)
        mine();
    else if (dice < 74)
        on_template(false);
    else if (dice < 77)
        on_template(true);
    else if (dice < 84)
        on_timers();
    else if (dice < 88) {
        auto& seat = any_seat();
        disconnect(seat);
        if (one_in(random_, 4)) now_ += 30s;
        connect(seat, !one_in(random_, 4));
    } else if (dice < 90)
        storm(any_seat());
    else if (dice < 98)
        store_.import(*engine_->writer);
    else if (dice < 99)
        store_.toggle_outage();
    else if (one_in(random_, 4))
        crash();
    for (auto& seat : seats_) {
        drain(*seat);
        require(seat->expected.empty(), "every submission is answered");
        if (seat->job_due && one_in(random_, 4)) announce(*seat);
        if (seat->session->closing() == CloseReason::none) continue;
        disconnect(*seat);
        connect(*seat, one_in(random_, 2));
    }
    check_bounds();
}

stratum::Uint256 World::work() const {
    Uint256 sum;
    for (const auto& [hash, target] : store_.shares()) sum = sum + stratum::work_of_target(target);
    return sum;
}

void World::finish() {
    store_.import_all(*engine_->writer);
    Uint256 expected;
    for (const auto& [hash, target] : acknowledged_) {
        const auto stored = store_.shares().find(hash);
        require(stored != store_.shares().end(), "no acknowledged share is lost");
        require(stored->second == target, "each share is stored with the target it was credited for");
    }
    for (const auto& [hash, target] : store_.shares()) {
        const auto known = acknowledged_.contains(hash) ? acknowledged_.find(hash) : unanswered_.find(hash);
        require(known != unanswered_.end(), "nothing is stored that was not credited");
        expected = expected + stratum::work_of_target(known->second);
    }
    require(work() == expected, "the work stored is the work credited");
    for (const auto& hash : all_blocks_) require(store_.blocks().contains(hash), "every block is stored");
}

}  // namespace sim
