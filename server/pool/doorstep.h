#pragma once
// Stands in a session's place while it is not known which protocol the client speaks, and until its V2
// handshake is answered: it has no channel and hears nothing, but can say something and hang up. So a shard
// treats every connection alike. On its shard's thread.

#include "stratum/session.h"

namespace server::pool {

class Doorstep final : public stratum::Session {
  public:
    // How long a client may stand here for each of the two.
    static constexpr std::chrono::seconds patience{10};

    explicit Doorstep(Instant now) : until_(now + patience) {}
    void wait_again(Instant now) { until_ = now + patience; }

    std::size_t receive(std::string_view bytes, Instant /*now*/, stratum::ShareBatch& /*batch*/) override {
        return bytes.size();
    }
    void settle(const stratum::PendingShare&, const stratum::Verdict&, Instant) override {}
    void on_job(Instant /*now*/) override {}
    void on_timer(Instant now) override {
        if (now >= until_) close(stratum::CloseReason::login_timeout);
    }
    [[nodiscard]] stratum::Channel* channel_of(const stratum::PendingShare&) override { return nullptr; }
    [[nodiscard]] bool mining() const override { return false; }
    [[nodiscard]] bool begun() const override { return false; }
    std::vector<stratum::EndedChannel> take_channels() override { return {}; }
    [[nodiscard]] bool resumable() const override { return false; }
    [[nodiscard]] std::vector<std::uint32_t> worker_numbers() const override { return {}; }

  private:
    Instant until_;
};

}  // namespace server::pool
