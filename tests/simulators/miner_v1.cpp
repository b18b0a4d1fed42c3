// The CPU miner's Stratum V1 connection.

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/simulators/byte_socket.h"
#include "tests/simulators/miner_pools.h"
#include "tests/simulators/v1_work.h"

namespace simulators {

namespace {

// One connection to the pool, from subscribe to its loss.
class V1Connection {
  public:
    V1Connection(const MinerOptions& options, HashThreads& hashing, Tally& tally)
        : options_(options), hashing_(hashing), tally_(tally) {}

    Ended run(const ShouldStop& should_stop) {
        if (!socket_.open(options_.url)) return Ended::lost;
        if (options_.version_rolling)
            send(R"({"id":1,"method":"mining.configure","params":[["version-rolling"],)"
                 R"({"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2}]})");
        send(R"({"id":2,"method":"mining.subscribe","params":[")" + options_.agent + R"("]})");
        while (!should_stop()) {
            const auto line = socket_.read_line(std::chrono::milliseconds(50));
            if (line) take(*line);
            if (!socket_.is_open()) return Ended::lost;
            send_found();
            if (options_.shares != 0 && tally_.accepted >= options_.shares) return Ended::done;
        }
        return Ended::done;
    }

  private:
    void send(const std::string& line) { socket_.write(line + "\n"); }

    void take(const std::string& line) {
        const auto message = nlohmann::json::parse(line, nullptr, false);
        if (!message.is_object()) return;
        if (message.contains("method") && message["method"].is_string())
            return take_notification(message, line);
        const auto id = message.value("id", nlohmann::json());
        if (!id.is_number_unsigned()) return;
        const auto result = message.value("result", nlohmann::json());
        switch (id.get<std::uint64_t>()) {
            case 1:
                take_configure(result);
                return;
            case 2:
                take_subscribe(result, line);
                return;
            case 3:
                if (result != true)
                    std::fprintf(stderr, "cpu-miner: the pool refused the user: %s\n", line.c_str());
                return;
            default:
                if (result == true)
                    tally_.accept(options_);
                else
                    tally_.reject(line);
        }
    }

    void take_configure(const nlohmann::json& result) {
        if (!result.is_object() || result.value("version-rolling", nlohmann::json()) != true) return;
        const auto mask = result.value("version-rolling.mask", nlohmann::json());
        if (mask.is_string()) mask_ = stratum::parse_hex_u32(mask.get<std::string>()).value_or(0);
    }

    void take_subscribe(const nlohmann::json& result, const std::string& line) {
        if (!result.is_array() || result.size() < 3 || !result[1].is_string() ||
            !result[2].is_number_unsigned()) {
            std::fprintf(stderr, "cpu-miner: subscribe was answered with %s\n", line.c_str());
            socket_.close();
            return;
        }
        prefix_ = stratum::parse_hex(result[1].get<std::string>()).value_or(Bytes{});
        rest_bytes_ = std::min<std::size_t>(result[2].get<std::size_t>(), 32);
        send(R"({"id":3,"method":"mining.authorize","params":[")" + worker_ + R"(",")" + options_.password +
             R"("]})");
    }

    void take_notification(const nlohmann::json& message, const std::string& line) {
        const auto method = message["method"].get<std::string>();
        const auto params = message.value("params", nlohmann::json());
        if (!params.is_array() || params.empty()) return;
        if (method == "mining.set_difficulty" && params[0].is_number()) difficulty_ = params[0].get<double>();
        if (method == "mining.set_version_mask" && params[0].is_string())
            mask_ = stratum::parse_hex_u32(params[0].get<std::string>()).value_or(0);
        if (method == "client.get_version")
            send(nlohmann::json{
                {"id", message.value("id", nlohmann::json())}, {"result", options_.agent}, {"error", nullptr}}
                     .dump());
        if (method == "client.show_message") std::printf("pool says: %s\n", params[0].dump().c_str());
        if (method != "mining.notify") return;
        auto job = parse_notify(line);
        if (!job || prefix_.empty()) return;
        const OldShares old = job->clean ? OldShares::drop : OldShares::keep;
        auto assignment = std::make_shared<Assignment>();
        assignment->v1_job_id = job->id;
        assignment->work = std::move(*job);
        assignment->seat = {prefix_, rest_bytes_, target_of_difficulty(difficulty_), mask_};
        hashing_.assign({std::move(assignment)}, old);
    }

    void send_found() {
        for (const Found& found : hashing_.take_found())
            socket_.write(submit_line({.id = next_id_++,
                                       .worker = worker_,
                                       .job = found.assignment->v1_job_id,
                                       .version_mask = found.assignment->seat.version_mask},
                                      found.share));
    }

    const MinerOptions& options_;
    HashThreads& hashing_;
    Tally& tally_;
    std::string worker_ = options_.identity();
    ByteSocket socket_;
    Bytes prefix_;
    std::size_t rest_bytes_ = 0;
    std::uint32_t mask_ = 0;
    double difficulty_ = 1;
    std::uint64_t next_id_ = 100;
};

}  // namespace

Ended mine_v1(const MinerOptions& options, HashThreads& hashing, Tally& tally,
              const ShouldStop& should_stop) {
    return V1Connection(options, hashing, tally).run(should_stop);
}

}  // namespace simulators
