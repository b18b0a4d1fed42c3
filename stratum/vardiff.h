#pragma once
// The rule that retargets a channel so that it sends about so many shares a minute. Pure: instants are
// arguments. Only verified work counts. A change needs the measured rate to differ by more than chance
// explains, the more so the younger the measurement; difficulties are powers of two, so small wobbles change
// nothing.

#include <chrono>
#include <cstdint>
#include <optional>

#include "stratum/target.h"

namespace stratum {

struct VardiffSettings {
    double shares_per_minute = 18;
    bool enabled = true;
};

class Vardiff {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    Vardiff() = default;
    void start(Difficulty current, Instant now);
    // Fixed by the client's password: never retargeted.
    void fix(Difficulty current, Instant now);
    [[nodiscard]] bool fixed() const { return fixed_; }
    [[nodiscard]] Difficulty current() const { return current_; }
    // Bounds the client or the port asked for; a change never leaves them.
    void bound(Difficulty least, Difficulty most);
    [[nodiscard]] Difficulty clamp(Difficulty wanted) const;

    // A share was accepted at the current difficulty. A channel far too fast is told at once.
    [[nodiscard]] std::optional<Difficulty> on_share(const VardiffSettings& settings, Instant now);
    // Call every few seconds; finds slow, silent and moderately fast channels.
    [[nodiscard]] std::optional<Difficulty> on_timer(const VardiffSettings& settings, Instant now);

  private:
    [[nodiscard]] std::optional<Difficulty> change_by(double factor, Instant now);

    Difficulty current_;
    Difficulty least_ = *Difficulty::fraction(Difficulty::fraction_bits_max);
    Difficulty most_ = *Difficulty::whole(std::uint64_t{1} << 63);
    Instant window_from_{};
    std::uint32_t shares_ = 0;  // accepted since window_from_
    bool fixed_ = false;
};

}  // namespace stratum
