#include "stratum/vardiff.h"

#include <algorithm>
#include <cmath>

namespace stratum {
namespace {

// Shares before a burst is believed, and how many times too fast it must be.
constexpr std::uint32_t burst_shares_min = 16;
constexpr double burst_factor_min = 8;
constexpr double seconds_min = 15;          // nothing is judged earlier, but bursts
constexpr double window_seconds_max = 300;  // then the measurement starts anew
// Beyond the band, by so many standard deviations of a Poisson count. With difficulties of powers of two a
// machine settles up to a factor of 1.42 off the wanted rate; without the band it would go up and down for
// ever, and stock firmware loses some percent of its work at each change.
constexpr double band = 1.5;
constexpr double deviations_min = 3;
constexpr double change_factor_max = 1 << 20;

double seconds_between(Vardiff::Instant from, Vardiff::Instant to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void Vardiff::start(Difficulty current, Instant now) {
    current_ = current;
    window_from_ = now;
    shares_ = 0;
    fixed_ = false;
}

void Vardiff::fix(Difficulty current, Instant now) {
    start(current, now);
    fixed_ = true;
}

void Vardiff::bound(Difficulty least, Difficulty most) {
    least_ = least;
    most_ = std::max(least, most);
}

Difficulty Vardiff::clamp(Difficulty wanted) const { return std::clamp(wanted, least_, most_); }

std::optional<Difficulty> Vardiff::change_by(double factor, Instant now) {
    factor = std::clamp(factor, 1.0 / 8, change_factor_max);
    // The power of two nearest on a logarithmic scale.
    const auto wanted = Difficulty::at_most(current_.approximate() * factor * std::sqrt(2.0));
    const auto next = clamp(wanted->power_of_two());
    if (next == current_) return std::nullopt;
    start(next, now);
    return next;
}

std::optional<Difficulty> Vardiff::on_share(const VardiffSettings& settings, Instant now) {
    ++shares_;
    if (fixed_ || !settings.enabled || shares_ < burst_shares_min || shares_ % burst_shares_min != 0)
        return std::nullopt;
    const double elapsed = std::max(seconds_between(window_from_, now), 0.001);
    const double factor = shares_ / (elapsed * settings.shares_per_minute / 60);
    return factor >= burst_factor_min ? change_by(factor, now) : std::nullopt;
}

std::optional<Difficulty> Vardiff::on_timer(const VardiffSettings& settings, Instant now) {
    const double elapsed = seconds_between(window_from_, now);
    if (fixed_ || !settings.enabled || elapsed < seconds_min) return std::nullopt;
    const double expected = elapsed * settings.shares_per_minute / 60;
    const double most = expected * band, least = expected / band;
    const bool too_fast = shares_ - most >= deviations_min * std::sqrt(most);
    const bool too_slow = least - shares_ >= deviations_min * std::sqrt(least);
    if ((too_fast || too_slow) && expected >= 4)
        if (const auto next = change_by((shares_ + 0.5) / expected, now)) return next;
    if (elapsed >= window_seconds_max) {
        window_from_ = now;
        shares_ = 0;
    }
    return std::nullopt;
}

}  // namespace stratum
