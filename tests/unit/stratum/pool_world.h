#pragma once
// A small pool around sans-IO sessions: one job table, one prefix allocator, virtual time. For tests of the
// protocol core.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stratum/address.h"
#include "stratum/session.h"
#include "stratum/v2/declared_job.h"
#include "tests/unit/stratum/templates.h"

namespace stratum::testing {

inline constexpr const char* test_address = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202";

class PoolWorld : public SessionHost {
  public:
    explicit PoolWorld(std::uint32_t first_prefix = 0, std::uint32_t prefix_count = prefixes_per_shard)
        : jobs_({"/Hashyard/", Bytes(22, 1), 0x1fffe000, 0x1fffffe0}),
          prefixes_(1, first_prefix, prefix_count) {}

    JobTable& jobs() override { return jobs_; }
    std::optional<Prefix> allocate_prefix(Instant at) override { return prefixes_.allocate(at); }
    std::optional<Channel> resume(std::string_view session_id, std::uint8_t, Instant) override {
        const auto parked = parked_.find(std::string(session_id));
        if (parked == parked_.end()) return std::nullopt;
        auto channel = std::move(parked->second);
        parked_.erase(parked);
        return channel;
    }
    std::string session_id_of(Prefix prefix) override { return "5e55" + to_hex(bytes_of(prefix)); }
    LoginResult login(std::string_view user, std::string_view worker) override {
        const auto parsed = parse_address(user, Network::regtest);
        if (!parsed.ok) return {std::nullopt, explain(parsed.error, Network::regtest), std::nullopt};
        const auto name = parsed.address.text + "." + std::string(worker);
        const auto number =
            workers.emplace(name, static_cast<std::uint32_t>(workers.size() + 1)).first->second;
        return {number, {}, std::nullopt};
    }

    void end_channel(EndedChannel ended, Instant at) override {
        ++channels_ended;
        if (ended.proved)
            prefixes_.release(ended.channel.prefix(), at);
        else
            prefixes_.release_unproved(ended.channel.prefix());
    }
    void logout(std::uint32_t) override { ++logouts; }
    std::shared_ptr<const v2::DeclaredJob> declared(ByteView token) override {
        const auto found = declared_jobs.find(Bytes(token.begin(), token.end()));
        return found == declared_jobs.end() ? nullptr : found->second;
    }

    void on_template(TemplatePtr work) { jobs_.on_template(std::move(work), now); }
    void disconnect(Session& session) {
        for (auto& ended : session.take_channels())
            parked_.emplace(session_id_of(ended.channel.prefix()), std::move(ended.channel));
    }

    // Feeds bytes as a shard does; what comes waits for settle(), or until the batch is full.
    void deliver(Session& session, std::string_view bytes) {
        while (!bytes.empty() && session.closing() == CloseReason::none) {
            if (batch_.size() >= share_batch_max) settle();
            bytes.remove_prefix(session.receive(bytes, now, batch_));
        }
    }
    // Feeds bytes as a shard does and settles what comes.
    void feed(Session& session, std::string_view bytes) {
        while (!bytes.empty() && session.closing() == CloseReason::none) {
            const auto consumed = session.receive(bytes, now, batch_);
            settle();
            bytes.remove_prefix(consumed);
        }
    }
    void settle() {
        for (const auto& share : batch_) {
            Hash256 hash;
            if (share.examined.input.job != nullptr) hash_headers({&share.examined.input, 1}, {&hash, 1});
            Verdict verdict;
            if (auto* channel = share.session->channel_of(share))
                verdict = channel->judge(share.examined, hash, now);
            else
                verdict.reject = share.examined.refused;
            verdicts.push_back(verdict);
            if (on_verdict) on_verdict(share, hash, verdict);
            share.session->settle(share, verdict, now);
        }
        batch_.clear();
    }

    Instant now{std::chrono::hours(1)};
    std::vector<Verdict> verdicts;
    std::function<void(const PendingShare&, const Hash256&, const Verdict&)> on_verdict;
    std::map<std::string, std::uint32_t> workers;
    std::map<Bytes, std::shared_ptr<const v2::DeclaredJob>> declared_jobs;
    std::size_t channels_ended = 0;
    std::size_t logouts = 0;

  private:
    JobTable jobs_;
    PrefixAllocator prefixes_;
    std::map<std::string, Channel> parked_;
    ShareBatch batch_;
};

}  // namespace stratum::testing
