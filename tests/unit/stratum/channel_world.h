#pragma once
// One channel and the jobs of its shard, in virtual time.

#include "stratum/channel.h"
#include "tests/unit/stratum/templates.h"

namespace stratum::testing {

inline constexpr std::uint32_t easy_network = 0x1d00ffff;  // difficulty 1
inline constexpr std::uint32_t version_mask = 0x1fffe000;

class ChannelWorld {
  public:
    using Instant = Channel::Instant;

    ChannelWorld() { channel.set_difficulty(share_difficulty, now); }

    // A template on `tip` comes and its job is sent to the channel.
    std::uint64_t issue(std::uint8_t tip) {
        offer(tip);
        return issue_newest(0);
    }
    // A template comes, the channel has not been told yet.
    void offer(std::uint8_t tip) { jobs.on_template(make_template(++templates, tip, easy_network), now); }
    std::uint64_t issue_newest(std::uint8_t variant) {
        const auto job = jobs.job(SizeClass::small, variant);
        channel.issue(*job, now);
        return job->id();
    }
    // A new difficulty with the variant of the job that goes with it.
    std::uint64_t retarget(Difficulty difficulty) {
        channel.set_difficulty(difficulty, now);
        return issue_newest(*channel.next_variant(jobs.newest()->number));
    }

    Submission submission(std::uint64_t job, std::uint32_t nonce = 1) const {
        Submission out;
        out.job = job;
        out.rest_bytes = channel.rest_bytes();
        out.ntime = 1'700'000'000;
        out.nonce = nonce;
        return out;
    }
    Verdict judge(const Submission& sent, const Hash256& hash) {
        return channel.judge(channel.examine(sent, version_mask, jobs), hash, now);
    }
    // A share that meets `target` on `job`; another hash with each call.
    Verdict share(std::uint64_t job, const Uint256& target) {
        return judge(submission(job), hash_meeting(target, ++salt));
    }
    Verdict share(std::uint64_t job, Difficulty difficulty) { return share(job, difficulty.target()); }

    Difficulty share_difficulty = *Difficulty::fraction(10);
    Difficulty easier = *Difficulty::fraction(14);
    Difficulty harder = *Difficulty::fraction(6);
    Instant now{std::chrono::hours(1)};
    JobTable jobs{{"/test/", Bytes(22, 1), version_mask}};
    Channel channel{0x01000005, 8};
    std::uint64_t templates = 1'000;
    std::uint64_t salt = 0;
};

}  // namespace stratum::testing
