#include "tests/sim/v1_seat.h"

#include <nlohmann/json.hpp>

#include "stratum/target.h"
#include "tests/sim/require.h"

namespace sim {
namespace {

constexpr std::chrono::minutes lull{10};  // longer than any step
constexpr std::size_t prefix_letters = 2 * stratum::prefix_bytes;

int code_of(Answer answer) {
    switch (answer) {
        case Answer::accepted:
            return 0;
        case Answer::no_channel:
            return 25;
        case Answer::bad_worker:
            return 24;
        case Answer::unknown_job:
        case Answer::stale:
            return 21;
        case Answer::duplicate:
            return 22;
        case Answer::low_difficulty:
            return 23;
        default:
            return 20;
    }
}

// "1f20" names template 0x1f.
std::uint64_t template_of(const std::string& job) { return std::stoull(job, nullptr, 16) >> 8; }

}  // namespace

void V1Seat::connect(bool resume) {
    session_ = std::make_unique<stratum::v1::Session>(settings_, pool_.desk(), pool_.now);
    extranonce_.clear();
    pool_.feed(*session_, miner_.greeting(resume));
    if (session_->closing() == stratum::CloseReason::prefixes_exhausted) {
        session_->output().clear();
        return pool_.check_exhausted();
    }
    listen();
    require(session_->mining(), "a good greeting leads to work");
    require(model_.has_job(), "the first job leaves with the login");
}

void V1Seat::disconnect() {
    ++pool_.ledger.counts.reconnects;
    pool_.settle();
    listen();
    if (!extranonce_.empty()) {
        // Parked first, until a step after its jobs are gone; then it rests.
        pool_.ledger.release_prefix(extranonce_.substr(0, prefix_letters), pool_.now,
                                    pool_.now + 2 * stratum::job_kept_for + lull);
        parked_.insert_or_assign(extranonce_, ParkedModel{std::move(model_), pool_.now});
    }
    extranonce_.clear();
    pool_.desk().park(*session_, pool_.now);
    session_.reset();
    job_due = false;
}

void V1Seat::crash() {
    for (const auto& expected : expected_)
        if (expected.settled && expected.prediction.answer == Answer::accepted)
            pool_.ledger.leave_unanswered(expected.hash, {expected.prediction.target, expected.worker});
    expected_.clear();
    session_.reset();
    job_due = false;
}

void V1Seat::mine() {
    if (!session_->mining()) return;
    for (auto shares = 1 + pool_.random() % 5; shares > 0; --shares)
        if (auto share = miner_.mine(model_.target())) submit(std::move(*share));
}

void V1Seat::submit(Share share) {
    if (session_->closing() != stratum::CloseReason::none) return;
    pool_.make_room();
    const auto number = std::to_string(++next_id_);
    const auto id = one_in(pool_.random, 2) ? number : "\"x" + number + "\"";
    share.line.replace(share.line.find('@'), 1, id);
    const auto prediction = model_.judge(share.sent, pool_.oldest_template(), pool_.now);
    expected_.push_back({id, prediction, share.sent.hash, share.worker});
    if (prediction.block) pool_.ledger.expect_block(share.sent.header);
    pool_.feed(*session_, share.line);
}

void V1Seat::after_settling() {
    for (auto& expected : expected_) expected.settled = true;
}

void V1Seat::on_answer(const std::string& text) {
    require(!expected_.empty(), "no answer without a question: " + text);
    const auto expected = std::move(expected_.front());
    expected_.pop_front();
    require(text.starts_with("{\"id\":" + expected.id + ","),
            "answers come in the order of the questions: " + text);
    const auto line = nlohmann::json::parse(text);
    const int code = line["error"].is_null() ? 0 : line["error"][0].get<int>();
    const auto answer = expected.prediction.answer;
    require(code == code_of(answer), std::string("the answer is the model's ") +
                                         answer_names.at(static_cast<std::size_t>(answer)) + ": " + text);
    ++pool_.ledger.counts.v1.at(static_cast<std::size_t>(answer));
    if (code == 0) pool_.ledger.acknowledge(expected.hash, {expected.prediction.target, expected.worker});
}

void V1Seat::on_subscribed() {
    extranonce_ = miner_.extranonce();
    model_ = {};
    const auto parked = parked_.find(extranonce_);
    const bool back = parked != parked_.end() && pool_.now - parked->second.since <= stratum::job_kept_for;
    if (back) {
        model_ = std::move(parked->second.model);
        ++pool_.ledger.counts.resumes;
    }
    if (parked != parked_.end()) parked_.erase(parked);
    pool_.ledger.hold_prefix(extranonce_.substr(0, prefix_letters),
                             back ? Ledger::Holder::resumed : Ledger::Holder::fresh, pool_.now);
}

void V1Seat::listen() {
    const auto output = std::exchange(session_->output(), {});
    for (std::size_t from = 0; from < output.size();) {
        const auto end = output.find('\n', from);
        require(end != std::string::npos, "every line ends");
        const auto line = output.substr(from, end - from);
        from = end + 1;
        const bool greeting = line.starts_with("{\"id\":\"") && line.find('"', 7) == 8;
        if (line.find("\"method\"") == std::string::npos && !greeting) {
            on_answer(line);
            continue;
        }
        miner_.hear(line);
        if (line.starts_with("{\"id\":\"s\"")) on_subscribed();
        for (const auto& target : miner_.take_targets()) model_.tell_difficulty(target, pool_.now);
        for (const auto& work : miner_.take_news())
            model_.issue(
                {work.job, template_of(work.job), work.previous, *stratum::target_of_nbits(work.nbits)},
                pool_.now);
    }
}

void V1Seat::announce() {
    job_due = false;
    listen();
    session_->on_job(pool_.now);
    const bool told = !session_->output().empty();
    listen();
    if (told) model_.forget_before(pool_.oldest_template());
}

void V1Seat::on_timer() {
    session_->on_timer(pool_.now);
    listen();
}

// A storm of suggestions.
void V1Seat::act() {
    std::string lines;
    for (int i = 0; i < 20; ++i)
        lines += R"({"id":"d","method":"mining.suggest_difficulty","params":[)" +
                 std::string(one_in(pool_.random, 2) ? "3e-10" : "5e-9") + "]}\n";
    pool_.feed(*session_, lines);
    listen();
}

void V1Seat::check() {
    listen();
    require(expected_.empty(), "every submission is answered");
    require(model_.size() <= stratum::issued_jobs_max, "a channel's jobs are bounded");
}

}  // namespace sim
