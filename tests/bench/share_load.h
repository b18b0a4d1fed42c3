#pragma once
// Shares prepared before the clock starts, and what became of each. Shared by the closed and the open loop.

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/modes.h"

namespace bench {

struct PreparedShare {
    std::uint32_t client = 0;
    std::uint32_t offset = 0;  // of it in the client's prepared bytes
    std::uint32_t bytes = 0;
    enum class Fate : std::uint8_t { unsent, sent, accepted, rejected } fate = Fate::unsent;
    std::int64_t started_ns = 0;  // sent (closed loop) or due (open loop)
    simulators::Hash256 hash;
};

class ShareLoad : public Observer {
  public:
    explicit ShareLoad(const RunOptions& run);

    // Prepares `count` shares, dealt to the ready clients in turn, and there to the channels; empty reason
    // when all could be made.
    [[nodiscard]] std::string prepare(std::uint64_t count);
    void submit(std::size_t share, std::int64_t started_ns);

    void on_answer(Client& client, std::uint64_t id, bool accepted, std::string_view line) override;
    void on_closed(Client& client, const std::string& why) override;
    // Called after each answer has been counted.
    virtual void on_counted(Client&) {}

    [[nodiscard]] std::uint64_t answered() const { return accepted_ + rejected_; }
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    [[nodiscard]] std::size_t shares() const { return shares_.size(); }
    Swarm& swarm() { return swarm_; }
    Latencies& latencies() { return latencies_; }
    // Adds the counts to a report and writes the shares file.
    void finish(Report& report);

  protected:
    static constexpr std::uint64_t first_id = 1000;
    const RunOptions& run_;
    Swarm swarm_;
    std::vector<PreparedShare> shares_;

  private:
    [[nodiscard]] std::string prepare_channel(Client& client, std::size_t channel, std::size_t first_share);

    std::vector<std::string> lines_;  // per client: what its wire prepared
    Latencies latencies_;
    std::uint64_t accepted_ = 0;
    std::uint64_t rejected_ = 0;
    std::uint64_t lost_ = 0;  // connections lost
    std::string first_reject_;
    std::string first_loss_;
};

std::int64_t now_ns();  // steady clock

}  // namespace bench
