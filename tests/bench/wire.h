#pragma once
// The protocol of one connection of the load generator: bytes in, bytes out, no socket. A Swarm owns one for
// each client and hears of what came through WireEvents. The load generator's one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulators/mining_work.h"
#include "tests/simulators/v2_channel.h"

namespace bench {

enum class WireProtocol { v1, v2 };

struct WireOptions {
    WireProtocol protocol = WireProtocol::v1;
    std::string agent = "hashyard-load/1";
    bool version_rolling = true;
    // Stratum V1.
    std::string password = "x";
    std::string suggest_difficulty;  // sent after authorize when not empty
    double difficulty_scale =
        1;  // hashes of the announced difficulty count for so much (peers built with another difficulty 1)
    // Stratum V2.
    std::size_t channels = 1;  // on each connection
    simulators::ChannelKind channel = simulators::ChannelKind::extended;
    bool standard_jobs = false;  // a job for each channel, no group
    float hash_rate = 0;         // told when a channel is opened; 0: unknown
};

// Other work on a channel.
struct News {
    std::size_t channel = 0;  // counted from 0
    simulators::Hash256 previous;
    bool branches = false;  // it has transactions, as far as the message tells
    std::int64_t received_at_ns = 0;
};

class WireEvents {
  public:
    virtual ~WireEvents() = default;
    virtual void on_ready() = 0;  // every channel has work
    virtual void on_failed(const std::string& why) = 0;
    virtual void on_answer(std::uint64_t id, bool accepted, std::string_view text) = 0;
    virtual void on_work(const News& news) = 0;  // not before it is ready
};

struct Minable {
    simulators::Work work;
    simulators::WorkSeat seat;
    std::string job_id;
};

class Wire {
  public:
    virtual ~Wire() = default;
    // `out` is where to append bytes for the server.
    virtual void begin(std::string& out) = 0;
    virtual void receive(std::string_view bytes, std::int64_t received_at_ns, std::string& out) = 0;
    // What a channel works on; nullopt when there is nothing that parses.
    [[nodiscard]] virtual std::optional<Minable> minable(std::size_t channel) const = 0;
    // A submission as it can be prepared before it is sent. Ids are above set_up_ids_max and below 2^32.
    [[nodiscard]] virtual std::string prepare(std::size_t channel, const Minable& minable, std::uint64_t id,
                                              const simulators::FoundShare& share) const = 0;
    virtual void submit(std::string_view prepared, std::string& out) = 0;

    static constexpr std::uint64_t set_up_ids_max = 100;
};

// `worker`: USER.WORKER.
std::unique_ptr<Wire> make_v1_wire(const WireOptions& options, const std::string& worker, WireEvents& events);
std::unique_ptr<Wire> make_v2_wire(const WireOptions& options, const std::string& worker, WireEvents& events);

}  // namespace bench
