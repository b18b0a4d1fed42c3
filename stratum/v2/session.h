#pragma once
// A session (stratum/session.h) that speaks Stratum V2, from the end of the handshake on: takes encrypted
// frames, sets the connection up, and hands the messages of its protocol to the part that knows them. Pure;
// lives on its shard's thread. Specification chapters 3 and 4.

#include <memory>

#include "stratum/session.h"
#include "stratum/session_host.h"
#include "stratum/v2/frame_writer.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/mining.h"
#include "stratum/v2/settings.h"
#include "stratum/v2/transport.h"

namespace stratum::v2 {

class Session final : public stratum::Session {
  public:
    // `settings` and `host` outlive the session.
    Session(const SessionSettings& settings, SessionHost& host, const TransportKeys& keys, Instant now);

    std::size_t receive(std::string_view bytes, Instant now, ShareBatch& batch) override;
    void settle(const PendingShare& share, const Verdict& verdict, Instant now) override;
    void on_job(Instant now) override;
    void on_timer(Instant now) override;
    [[nodiscard]] std::optional<Instant> flush_at() const override;
    void flush(Instant now) override;

    [[nodiscard]] Channel* channel_of(const PendingShare& share) override;
    [[nodiscard]] bool mining() const override;
    [[nodiscard]] bool begun() const override;
    std::vector<EndedChannel> take_channels() override;
    [[nodiscard]] std::size_t output_allowed() const override;
    // The specification knows no way to come back to a channel.
    [[nodiscard]] bool resumable() const override { return false; }
    [[nodiscard]] std::vector<std::uint32_t> worker_numbers() const override;
    [[nodiscard]] Kept kept() const { return mining_ ? mining_->kept() : Kept{}; }

  private:
    void on_frame(const FrameHeader& header, ByteView payload, Instant now, ShareBatch& batch);
    void set_up(ByteView payload, Instant now);
    void refuse_setup(std::uint32_t flags, std::string_view code);
    void negotiate(ByteView payload);

    const SessionSettings& settings_;
    SessionHost& host_;
    Transport transport_;
    FrameWriter writer_;
    std::unique_ptr<Mining> mining_;  // once the connection is set up
    Instant opened_at_;
    Instant heard_at_;
};

}  // namespace stratum::v2
