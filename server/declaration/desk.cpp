#include "server/declaration/desk.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "server/declaration/limits.h"
#include "server/log.h"
#include "server/random_bytes.h"

namespace server::declaration {

using stratum::Bytes;

Desk::Desk(boost::asio::any_io_executor executor, Bytes payout_script, Surroundings surroundings,
           Server::Jobs& jobs, prometheus::Registry& registry)
    : executor_(std::move(executor)),
      payout_script_(std::move(payout_script)),
      surroundings_(std::move(surroundings)),
      jobs_(jobs),
      declarations_(prometheus::BuildCounter()
                        .Name("hashyard_declarations_total")
                        .Help("Jobs that clients declared: accepted, or the code they were refused with.")
                        .Register(registry)),
      blocks_(prometheus::BuildCounter()
                  .Name("hashyard_declaration_blocks_total")
                  .Help("Blocks that declaration clients pushed.")
                  .Register(registry)
                  .Add({})),
      connections_(prometheus::BuildGauge()
                       .Name("hashyard_declaration_connections")
                       .Help("Job declaration connections open now.")
                       .Register(registry)
                       .Add({})) {
    declarations_.Add({{"result", "accepted"}});
    // As templates are numbered: seconds at the start, then a counter; so no number comes twice.
    const auto start_s = static_cast<std::uint64_t>(now_us() / 1'000'000);
    next_number_ = stratum::v2::declared_number_bit + (start_s << 20);
    jobs_.store(std::make_shared<const stratum::v2::DeclaredJobs>());
}

void Desk::on_template(stratum::TemplatePtr work) {
    newest_ = work;
    transactions_.add(std::move(work));
}

Bytes Desk::new_token() {
    Bytes out(stratum::v2::job_token_bytes);
    fill_random(out);
    return out;
}

std::int64_t Desk::now_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void Desk::propose(node::OutgoingBlockPtr block, OnAnswer on_answer) {
    surroundings_.propose(
        std::move(block), [executor = executor_, on_answer](std::optional<std::string> reason) {
            boost::asio::post(executor, [on_answer, reason = std::move(reason)] { on_answer(reason); });
        });
}

bool Desk::publish(const Bytes& token, stratum::v2::DeclaredJobPtr job) {
    if (waiting_.size() >= waiting_jobs_max) expire(std::chrono::steady_clock::now());
    if (waiting_.size() >= waiting_jobs_max) return false;
    waiting_[token] = {std::move(job), std::chrono::steady_clock::now()};
    show_waiting();
    return true;
}

void Desk::expire(Session::Instant now) {
    const auto gone = std::erase_if(waiting_, [&](const auto& entry) {
        return entry.second.job->is_used() || now - entry.second.since > waiting_job_kept_for;
    });
    if (gone > 0) show_waiting();
}

void Desk::show_waiting() {
    auto shown = std::make_shared<stratum::v2::DeclaredJobs>();
    for (const auto& [token, waiting] : waiting_) shown->emplace(token, waiting.job);
    jobs_.store(std::move(shown));
}

void Desk::submit(node::BlockCandidate candidate) {
    log::info("block_pushed", {{"hash", stratum::displayed(candidate.hash)}});
    blocks_.Increment();
    surroundings_.submit(std::move(candidate));
}

void Desk::count(std::string_view result) {
    declarations_.Add({{"result", std::string(result)}}).Increment();
}

}  // namespace server::declaration
