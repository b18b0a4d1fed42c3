// Stratum V1 on a connection of the load generator: configure, subscribe and authorize as a miner does them.

#include <charconv>
#include <nlohmann/json.hpp>

#include "tests/bench/wire.h"
#include "tests/simulators/v1_work.h"

namespace bench {

namespace {

constexpr std::size_t line_bytes_max = 4 << 20;

// The number after "id": in a line; nullopt when there is none.
std::optional<std::uint64_t> id_of(std::string_view line) {
    auto at = line.find("\"id\":");
    if (at == std::string_view::npos) return std::nullopt;
    at += 5;
    while (at < line.size() && line[at] == ' ') ++at;
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), id);
    if (error != std::errc{}) return std::nullopt;
    return id;
}

bool is_accepted(std::string_view line) {
    auto at = line.find("\"result\":");
    if (at == std::string_view::npos) return false;
    at += 9;
    while (at < line.size() && line[at] == ' ') ++at;
    return line.substr(at, 4) == "true";
}

// Looks at the second and fifth parameter without parsing the rest: a big template's line has kilobytes.
News news_of(std::string_view line) {
    News news;
    auto at = line.find("\"params\"");
    std::size_t texts = 0;
    while (texts < 4 && at != std::string_view::npos) {
        at = line.find('"', texts == 0 ? at + 8 : at + 1);
        const auto end = at == std::string_view::npos ? at : line.find('"', at + 1);
        if (end == std::string_view::npos) return news;
        if (++texts == 2)
            news.previous =
                simulators::parse_previous(line.substr(at + 1, end - at - 1)).value_or(news.previous);
        at = end;
    }
    const auto open = at == std::string_view::npos ? at : line.find('[', at);
    const auto close = open == std::string_view::npos ? open : line.find(']', open);
    news.branches = close != std::string_view::npos && close - open > 60;
    return news;
}

class V1Wire final : public Wire {
  public:
    V1Wire(const WireOptions& options, const std::string& worker, WireEvents& events)
        : options_(options), worker_(worker), events_(events) {}

    void begin(std::string& out) override { advance(out); }

    void receive(std::string_view bytes, std::int64_t received_at_ns, std::string& out) override {
        in_ += bytes;
        std::size_t start = 0;
        for (;;) {
            const std::size_t end = in_.find('\n', start);
            if (end == std::string::npos) break;
            take_line(std::string_view(in_).substr(start, end - start), received_at_ns, out);
            if (step_ == Step::failed) return;
            start = end + 1;
        }
        in_.erase(0, start);
        if (in_.size() > line_bytes_max) fail("the server sent an endless line");
        if (in_.empty() && in_.capacity() > 1024) in_.shrink_to_fit();
    }

    [[nodiscard]] std::optional<Minable> minable(std::size_t) const override {
        auto job = simulators::parse_notify(notify_);
        if (!job) return std::nullopt;
        std::string id = std::move(job->id);
        return Minable{.work = std::move(*job),
                       .seat = {.prefix = prefix_,
                                .rest_bytes = rest_bytes_,
                                .target = simulators::target_of_difficulty(difficulty_),
                                .version_mask = version_mask_},
                       .job_id = std::move(id)};
    }

    [[nodiscard]] std::string prepare(std::size_t, const Minable& minable, std::uint64_t id,
                                      const simulators::FoundShare& share) const override {
        return simulators::submit_line(
            {.id = id, .worker = worker_, .job = minable.job_id, .version_mask = minable.seat.version_mask},
            share);
    }

    void submit(std::string_view prepared, std::string& out) override { out += prepared; }

  private:
    enum class Step { connecting, configuring, subscribing, authorizing, waiting_for_job, ready, failed };

    void fail(const std::string& why) {
        step_ = Step::failed;
        events_.on_failed(why);
    }

    void take_line(std::string_view line, std::int64_t received_at_ns, std::string& out) {
        if (line.empty()) return;
        if (line.find("\"method\"") != std::string_view::npos) return take_notification(line, received_at_ns);
        const auto id = id_of(line);
        if (!id) return;
        if (*id > set_up_ids_max) return events_.on_answer(*id, is_accepted(line), line);
        take_set_up_answer(line, out);
    }

    void take_notification(std::string_view line, std::int64_t received_at_ns) {
        if (line.find("mining.notify") != std::string_view::npos) {
            notify_ = line;
            if (step_ == Step::waiting_for_job) return become_ready();
            if (step_ != Step::ready) return;
            News news = news_of(line);
            news.received_at_ns = received_at_ns;
            return events_.on_work(news);
        }
        const auto message = nlohmann::json::parse(line, nullptr, false);
        if (!message.is_object() || !message.contains("params") || !message["params"].is_array()) return;
        const auto& params = message["params"];
        const std::string method = message.value("method", "");
        if (params.empty()) return;
        if (method == "mining.set_difficulty" && params[0].is_number())
            difficulty_ = params[0].get<double>() * options_.difficulty_scale;
        else if (method == "mining.set_version_mask" && params[0].is_string())
            version_mask_ = stratum::parse_hex_u32(params[0].get<std::string>()).value_or(0);
    }

    void take_set_up_answer(std::string_view line, std::string& out) {
        const auto message = nlohmann::json::parse(line, nullptr, false);
        if (!message.is_object()) return fail("not JSON: " + std::string(line));
        const auto result = message.value("result", nlohmann::json());
        if (step_ == Step::configuring) {
            const std::string mask = result.is_object() ? result.value("version-rolling.mask", "") : "";
            version_mask_ = stratum::parse_hex_u32(mask).value_or(0);
        } else if (step_ == Step::subscribing) {
            if (!result.is_array() || result.size() < 3 || !result[1].is_string() ||
                !result[2].is_number_unsigned())
                return fail("subscribe: " + std::string(line));
            prefix_ = stratum::parse_hex(result[1].get<std::string>()).value_or(simulators::Bytes{});
            rest_bytes_ = result[2].get<std::size_t>();
            if (prefix_.empty() || rest_bytes_ > 32) return fail("subscribe: " + std::string(line));
        } else if (step_ == Step::authorizing) {
            if (result != true) return fail("authorize: " + std::string(line));
        } else {
            return;
        }
        advance(out);
    }

    void advance(std::string& out) {
        switch (step_) {
            case Step::connecting:
                step_ = Step::configuring;
                if (options_.version_rolling) {
                    out +=
                        "{\"id\":1,\"method\":\"mining.configure\",\"params\":[[\"version-rolling\"],"
                        "{\"version-rolling.mask\":\"1fffe000\",\"version-rolling.min-bit-count\":2}]}\n";
                    return;
                }
                [[fallthrough]];
            case Step::configuring:
                step_ = Step::subscribing;
                out += "{\"id\":2,\"method\":\"mining.subscribe\",\"params\":[\"" + options_.agent + "\"]}\n";
                return;
            case Step::subscribing:
                step_ = Step::authorizing;
                out += "{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"" + worker_ + "\",\"" +
                       options_.password + "\"]}\n";
                return;
            case Step::authorizing:
                step_ = Step::waiting_for_job;
                if (!options_.suggest_difficulty.empty())
                    out += "{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[" +
                           options_.suggest_difficulty + "]}\n";
                if (!notify_.empty()) become_ready();  // some servers send work right after subscribe
                return;
            default:
                return;
        }
    }

    void become_ready() {
        step_ = Step::ready;
        events_.on_ready();
    }

    const WireOptions& options_;
    const std::string& worker_;
    WireEvents& events_;
    Step step_ = Step::connecting;
    std::string in_;
    std::string notify_;        // the last mining.notify line
    simulators::Bytes prefix_;  // extranonce1
    std::size_t rest_bytes_ = 0;
    std::uint32_t version_mask_ = 0;
    double difficulty_ = 1;
};

}  // namespace

std::unique_ptr<Wire> make_v1_wire(const WireOptions& options, const std::string& worker,
                                   WireEvents& events) {
    return std::make_unique<V1Wire>(options, worker, events);
}

}  // namespace bench
