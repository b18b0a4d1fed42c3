#include "server/live_board.h"

#include <cmath>

#include "stratum/target.h"

namespace server {
namespace {
constexpr std::chrono::minutes hashrate_window{10};
}

void LiveBoard::on_template(const stratum::TemplatePtr& work) {
    const auto before = newest_.load();
    if (!before || before->previous != work->previous) {
        tip_at_ = work->received_at;
        tip_has_full_ = false;
    }
    if (!tip_has_full_ && !work->early) {
        tip_has_full_ = true;
        if (!work->transactions.empty()) metrics_.first_full_template().observe(work->received_at - tip_at_);
    }
    newest_.store(work);
}

LiveBoard::Point LiveBoard::point(Instant now) const {
    return {now, metrics_.work_hashes(), metrics_.shares_accepted()};
}

void LiveBoard::sample(Instant now) {
    points_.push_back(point(now));
    while (points_.size() > 2 && now - points_[1].at >= hashrate_window) points_.pop_front();
    window_start_.store(std::make_shared<const Point>(points_.front()));
}

void LiveBoard::fill(http::LivePool& live, Instant now) const {
    live.sessions = metrics_.sessions();
    live.channels = metrics_.channels();
    live.shares_accepted = metrics_.shares_accepted();
    live.rejects = metrics_.rejects();
    if (const auto start = window_start_.load()) {
        const auto here = point(now);
        live.hashrate_window_s = std::chrono::duration<double>(here.at - start->at).count();
        const auto shares = here.shares - start->shares;
        if (live.hashrate_window_s > 0)
            live.hashrate_hps = (here.work_hashes - start->work_hashes) / live.hashrate_window_s;
        if (shares > 0) live.hashrate_relative_error = 1 / std::sqrt(static_cast<double>(shares));
    }
    if (const auto work = newest_.load()) {
        live.template_age_s = std::chrono::duration<double>(now - work->received_at).count();
        live.template_height = work->height;
        live.network_difficulty = stratum::difficulty_of_target(work->network_target);
    }
}

}  // namespace server
