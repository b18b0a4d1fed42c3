#include "tests/simulators/hash_threads.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "stratum/sha256.h"

namespace simulators {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t batch_hashes = 1 << 15;

// Hashes one batch of nonces from `first`; the nonces that meet the target.
std::vector<std::uint32_t> hash_batch(const std::array<std::uint8_t, 80>& header, double target,
                                      std::uint32_t first) {
    std::vector<std::uint32_t> hits;
    stratum::Sha256State state = stratum::Sha256State::initial();
    stratum::sha256_update(state, stratum::ByteView(header).first(64));
    std::array<std::array<std::uint8_t, 16>, 2> tails{};
    for (auto& tail : tails) std::copy(header.begin() + 64, header.end(), tail.begin());
    for (std::uint32_t i = 0; i < batch_hashes; i += 2) {
        stratum::store_le32(&tails[0][12], first + i);
        stratum::store_le32(&tails[1][12], first + i + 1);
        const auto hashes = stratum::sha256d_finish_two({&state, &state}, 64, {tails[0], tails[1]});
        for (std::uint32_t lane = 0; lane < 2; ++lane)
            if (value_of(hashes[lane]) <= target) hits.push_back(first + i + lane);
    }
    return hits;
}

}  // namespace

HashThreads::HashThreads(unsigned threads, double duty) : duty_(duty) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back(&HashThreads::run, this, i);
}

void HashThreads::stop() {
    stopping_ = true;
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

void HashThreads::assign(Assignments assignments, OldShares old) {
    const std::lock_guard lock(mutex_);
    if (old == OldShares::drop) found_.clear();
    assignments_ = std::move(assignments);
    ++generation_;
}

std::vector<Found> HashThreads::take_found() {
    const std::lock_guard lock(mutex_);
    return std::exchange(found_, {});
}

void HashThreads::run(unsigned index) {
    std::uint64_t counter = index;
    std::size_t turn = index;
    while (!stopping_) {
        std::shared_ptr<const Assignment> assignment;
        std::uint64_t generation = 0;
        std::size_t count = 0;
        {
            const std::lock_guard lock(mutex_);
            generation = generation_;
            count = assignments_.size();
            if (count != 0) assignment = assignments_[turn++ % count];
        }
        if (!assignment) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            continue;
        }
        counter += 256;  // threads are told apart by the lowest byte
        hash(assignment, counter, count > 1, generation);
    }
}

void HashThreads::hash(const std::shared_ptr<const Assignment>& assignment, std::uint64_t counter,
                       bool one_batch, std::uint64_t generation) {
    const auto& [work, seat, v1_job, v2_channel, v2_job] = *assignment;
    FoundShare share;
    share.rest = rest_of(counter, seat.rest_bytes);
    share.ntime = work.ntime;
    share.version =
        (work.version & ~seat.version_mask) | (static_cast<std::uint32_t>(counter << 13) & seat.version_mask);
    Bytes extranonce = seat.prefix;
    extranonce.insert(extranonce.end(), share.rest.begin(), share.rest.end());
    const Hash256 root = merkle_root(work, extranonce);
    const auto header = make_header(work, root, share.version, share.ntime, 0);
    // On a standard channel nothing but version and nonce tells one call from another: the counter's lower 16
    // bits stand in the version, so the higher ones choose where the nonces begin.
    const std::uint32_t first = static_cast<std::uint32_t>(counter >> 16) * batch_hashes;
    std::uint32_t nonce = first;
    do {
        const auto started = Clock::now();
        keep(assignment, root, share, hash_batch(header, seat.target, nonce), generation);
        hashes_ += batch_hashes;
        if (duty_ < 1) std::this_thread::sleep_for((Clock::now() - started) * (1 / duty_ - 1));
        nonce += batch_hashes;
    } while (nonce != first && !one_batch && !stopping_ && generation_ == generation);
}

void HashThreads::keep(const std::shared_ptr<const Assignment>& assignment, const Hash256& root,
                       FoundShare share, const std::vector<std::uint32_t>& nonces, std::uint64_t generation) {
    for (const std::uint32_t nonce : nonces) {
        share.nonce = nonce;
        share.hash = sha256d_openssl(make_header(assignment->work, root, share.version, share.ntime, nonce));
        if (value_of(share.hash) > assignment->seat.target) {
            std::fprintf(stderr, "cpu-miner: the two hash routines disagree\n");
            std::abort();
        }
        const std::lock_guard lock(mutex_);
        if (generation_ != generation || found_.size() >= found_max) return;
        found_.push_back({share, assignment});
    }
}

}  // namespace simulators
