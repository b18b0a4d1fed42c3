#pragma once
// Why a submission is refused: one enum, one table. Pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stratum {

enum class RejectReason : std::uint8_t {
    malformed,  // not the shape of a submission: count, types, hex letters
    not_subscribed,
    unauthorized,  // the worker is not logged in on this session
    unknown_job,
    stale,  // the job's tip is gone, or the job was replaced too long ago
    extranonce_size,
    ntime_out_of_range,
    version_bits,  // bits outside the granted mask
    low_difficulty,
    duplicate,
    too_many_shares,      // the duplicate table of this job is full
    journal_unavailable,  // the pool cannot write it down, so it must not say yes
};
inline constexpr std::size_t reject_reason_count = 12;

struct RejectFacts {
    RejectReason reason;
    std::string_view label;  // metric label, JSON and SQL spelling
    int v1_code;  // 20 other, 21 job, 22 duplicate, 23 low difficulty, 24 unauthorized, 25 not subscribed
    std::string_view v2_code;  // of SubmitShares.Error; one of stratum/v2/error_codes.h, submit_error
    std::string_view text;     // what the miner's screen shows
    int ban_weight;            // 0 for what honest and rented machines do after a tip, a resume or a new mask
};

inline constexpr std::array<RejectFacts, reject_reason_count> reject_facts{{
    {RejectReason::malformed, "malformed", 20, "invalid-share", "Malformed submission", 4},
    {RejectReason::not_subscribed, "not_subscribed", 25, "invalid-channel-id",
     "Not subscribed: send mining.subscribe first", 1},
    {RejectReason::unauthorized, "unauthorized", 24, "invalid-channel-id",
     "Unauthorized worker: send mining.authorize first", 1},
    {RejectReason::unknown_job, "unknown_job", 21, "invalid-job-id", "Job not found", 0},
    {RejectReason::stale, "stale", 21, "stale-share", "Stale share", 0},
    {RejectReason::extranonce_size, "extranonce_size", 20, "bad-extranonce-size", "Wrong extranonce2 size",
     2},
    {RejectReason::ntime_out_of_range, "ntime_out_of_range", 20, "invalid-share", "Time out of range", 1},
    {RejectReason::version_bits, "version_bits", 20, "invalid-non-rollable-version-bit",
     "Version bits outside the mask", 0},
    {RejectReason::low_difficulty, "low_difficulty", 23, "difficulty-too-low", "Low difficulty share", 1},
    {RejectReason::duplicate, "duplicate", 22, "duplicate-share", "Duplicate share", 1},
    {RejectReason::too_many_shares, "too_many_shares", 20, "invalid-share",
     "Too many shares on one job: raise the difficulty", 0},
    {RejectReason::journal_unavailable, "journal_unavailable", 20, "invalid-share",
     "The pool cannot record shares now", 0},
}};

constexpr const RejectFacts& facts_of(RejectReason reason) {
    return reject_facts[static_cast<std::size_t>(reason)];
}

}  // namespace stratum
