#pragma once
// A client and a fake pool that hand each other their bytes. For tests; one thread.

#include <functional>
#include <string>
#include <vector>

#include "tests/simulators/v2_client.h"
#include "tests/simulators/v2_fake_pool.h"
#include "tests/unit/stratum/v2/key_world.h"

namespace simulators {

inline constexpr std::uint32_t dialogue_now = 1'700'000'000;  // Unix seconds

class Dialogue : public V2Events {
  public:
    explicit Dialogue(V2Options options = {}, FakePoolOptions pool_options = {})
        : client(std::move(options), stratum::v2::make_key_pair(std::ref(random_)), *this),
          pool(keys, stratum::v2::make_key_pair(std::ref(random_)), std::move(pool_options), FakeTip{}) {}

    // Carries bytes until neither side has any.
    void run() {
        while (!client.output().empty() || !pool.output().empty()) {
            const std::string up = std::exchange(client.output(), {});
            REQUIRE(pool.receive(stratum::view_of(up)));
            const std::string down = std::exchange(pool.output(), {});
            client.receive(stratum::view_of(down), dialogue_now);
        }
    }
    // Submits `count` shares of the channel's work.
    void mine(V2Channel& channel, std::uint32_t count, std::string_view worker = {}) {
        ShareMaker maker(channel.work(), channel.seat(), BlockWish::any, channel.id() * 7919ULL + sequence);
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto share = maker.next(1 << 20);
            REQUIRE(share);
            client.submit(channel,
                          {.job_id = channel.job()->id, .sequence_number = sequence++, .worker = worker},
                          *share);
        }
    }

    void on_channel(V2Channel& channel) override { opened.push_back(channel.id()); }
    void on_open_refused(std::uint32_t, std::string_view code) override { refused.emplace_back(code); }
    void on_work(V2Channel& channel) override { worked.push_back(channel.id()); }
    void on_accepted(V2Channel&, std::uint32_t number) override { accepted.push_back(number); }
    void on_rejected(std::uint32_t, std::uint32_t, std::string_view code) override {
        rejected.emplace_back(code);
    }
    void on_channel_closed(std::uint32_t id, std::string_view) override { closed.push_back(id); }

  private:
    stratum::v2::SeededBytes random_{1};

  public:
    FakePoolKeys keys = FakePoolKeys::make(std::ref(random_), {dialogue_now - 60, dialogue_now + 60});
    V2Client client;
    V2FakePool pool;
    std::uint32_t sequence = 1;
    std::vector<std::uint32_t> opened, worked, accepted, closed;
    std::vector<std::string> refused, rejected;
};

}  // namespace simulators
