// A pool of one shard against whatever two clients send, cut into pieces anywhere. No crash; each line we
// write is JSON; a share is credited only when its hash meets the target credited, and one header once; a
// block is told whenever there is one. Control characters, which no JSON line has raw, are events: see
// on_event().

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/unit/stratum/v1/pool_world.h"

namespace {

using namespace stratum;
using namespace stratum::v1;
using namespace stratum::v1::testing;

void require(bool condition) {
    if (!condition) std::abort();
}

class Run {
  public:
    Run() {
        world_.settings.vardiff.enabled = true;
        world_.on_verdict = [this](const PendingShare& share, const Hash256& hash, const Verdict& verdict) {
            check(share, hash, verdict);
        };
        world_.on_template(make_template(++templates_, 1, nbits, 1));
        for (auto& session : sessions_) session = world_.connect();
    }

    void play(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto event = bytes.find_first_of(events);
            world_.feed(*sessions_[speaker_], bytes.substr(0, event));
            read_output();
            if (event == std::string_view::npos) return;
            on_event(bytes[event]);
            bytes.remove_prefix(event + 1);
        }
    }

  private:
    static constexpr std::uint32_t nbits = 0x207fffff;
    static constexpr std::string_view events{"\x01\x02\x03\x04\x05\x06\x07", 7};

    void on_event(char event) {
        auto& session = *sessions_[speaker_];
        switch (event) {
            case 1:
                return;  // only a cut
            case 2:
                return announce(tip_);
            case 3:
                return announce(++tip_);
            case 4:
                world_.now += std::chrono::seconds(10);
                for (auto& each : sessions_) each->on_timer(world_.now);
                return read_output();
            case 5:
                world_.disconnect(session);
                sessions_[speaker_] = world_.connect();
                return;
            case 6:
                speaker_ = 1 - speaker_;
                return;
            default:
                return play(R"({"id":1,"method":"mining.subscribe","params":["f"]})"
                            "\n"
                            R"({"id":2,"method":"mining.authorize","params":[")" +
                            std::string(test_address) + ".w\",\"x\"]}\n");
        }
    }
    void announce(std::uint8_t tip) {
        if (templates_ >= 200) return;
        world_.on_template(make_template(++templates_, tip, nbits, 1));
        for (auto& session : sessions_) session->on_job(world_.now);
        read_output();
    }
    void read_output() {
        for (auto& session : sessions_) {
            auto& output = session->output();
            require(output.size() <= output_bytes_max + 64 * 1024);
            for (std::size_t from = 0; from < output.size();) {
                const auto end = output.find('\n', from);
                require(end != std::string::npos);
                const auto line = output.substr(from, end - from);
                if (line.starts_with("HTTP/1.1")) break;
                require(nlohmann::json::accept(line));
                from = end + 1;
            }
            output.clear();
        }
    }
    void check(const PendingShare& share, const Hash256& hash, const Verdict& verdict) {
        const auto& input = share.examined.input;
        if (input.job == nullptr) return require(verdict.reject && !verdict.block);
        const auto coinbase = coinbase_of(input);
        const auto header =
            header_of(input, merkle_root_from_branches(sha256d(coinbase), input.job->work().merkle_branches));
        require(sha256d(header) == hash);
        require(verdict.block == meets(hash, input.job->work().network_target));
        if (verdict.reject) return;
        require(meets(hash, verdict.credited_target));
        require(share.worker != 0);
        require(input.job->work().previous == world_.jobs().newest()->previous);
        require(credited_.insert(header).second);
    }

    PoolWorld world_{7};
    std::unique_ptr<stratum::v1::Session> sessions_[2];
    std::size_t speaker_ = 0;
    std::uint64_t templates_ = 0;
    std::uint8_t tip_ = 1;
    std::set<std::array<std::uint8_t, 80>> credited_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 32 * 1024) return 0;
    Run().play({reinterpret_cast<const char*>(data), size});
    return 0;
}
