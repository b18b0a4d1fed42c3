// Answers from PostgreSQL: users, workers, blocks, payout runs. Database threads; StatisticsUnavailable
// passes through to answer().

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "server/http/handlers.h"

namespace server::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t user_bytes_max = 90;  // as in the journal's worker record
constexpr std::size_t workers_max = 1'000;
constexpr std::size_t blocks_default = 20;
constexpr std::size_t blocks_max = 100;

StatisticsSource& statistics_of(const Context& context) {
    if (context.services.statistics == nullptr) throw StatisticsUnavailable("no database is configured");
    return *context.services.statistics;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number out = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return out;
}

bool is_block_hash(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Reply not_a_hash() {
    return problem(
        400, "not_a_block_hash",
        "A block is named by its hash: 64 lower-case hexadecimal digits. Take one from /api/v1/blocks.");
}

Reply no_such_user() {
    return problem(404, "no_such_user",
                   "No accepted share is stored under this user. Check the spelling, or point a miner at the "
                   "pool with it as "
                   "the user name; a first share appears here within seconds.");
}

Reply no_such_block() {
    return problem(404, "no_such_block",
                   "This pool has not found a block with this hash. /api/v1/blocks lists those it has.");
}

Json hashrates(const std::vector<Hashrate>& all) {
    Json out = Json::array();
    for (const Hashrate& one : all) out.push_back(json_of(one));
    return out;
}

Json json_of(const BlockHistory& block) {
    return {{"hash", block.hash},
            {"height", block.height},
            {"found_at", instant(block.found_at_us)},
            {"user", block.user},
            {"worker", block.worker},
            {"state", block.state},
            {"confirmations", block.confirmations},
            {"effort", block.effort ? Json(*block.effort) : Json(nullptr)},
            {"reward_sats", block.reward_sats}};
}

Json json_of(const PayoutRun& run) {
    Json lines = Json::array();
    for (const PayoutLine& line : run.lines) {
        lines.push_back({{"user", line.user},
                         {"weight", line.weight},
                         {"weight_ratio", line.weight_ratio},
                         {"amount_sats", line.amount_sats}});
    }
    return {{"block", run.block},
            {"height", run.height},
            {"scheme", run.scheme},
            {"rule", run.rule},
            {"computed_at", instant(run.computed_at_us)},
            {"reward_sats", run.reward_sats},
            {"fee_sats", run.fee_sats},
            {"window_ratio", run.window_ratio},
            {"input_hash", run.input_hash},
            {"output_hash", run.output_hash},
            {"lines", std::move(lines)}};
}

}  // namespace

Reply answer_user(const Context& context, const Request& request) {
    const std::string& name = request.parameters.front();
    if (name.size() > user_bytes_max) return no_such_user();
    const std::optional<UserHistory> user = statistics_of(context).user(name);
    if (!user) return no_such_user();
    return json_reply({{"user", user->user},
                       {"kind", user->kind},
                       {"hashrate", hashrates(user->hashrate)},
                       {"last_share_at", instant(user->last_share_at_us)},
                       {"workers", user->workers},
                       {"rejects_day", user->rejects_day},
                       {"credited_sats", user->credited_sats}});
}

Reply answer_workers(const Context& context, const Request& request) {
    const std::string& name = request.parameters.front();
    if (name.size() > user_bytes_max) return no_such_user();
    StatisticsSource& statistics = statistics_of(context);
    const std::optional<UserHistory> user = statistics.user(name);
    if (!user) return no_such_user();
    Json workers = Json::array();
    for (const WorkerHistory& worker : statistics.workers(name, workers_max)) {
        workers.push_back({{"worker", worker.worker},
                           {"hashrate", hashrates(worker.hashrate)},
                           {"last_share_at", instant(worker.last_share_at_us)}});
    }
    const bool whole = workers.size() < workers_max;
    return json_reply({{"user", user->user}, {"workers", std::move(workers)}, {"whole", whole}});
}

Reply answer_blocks(const Context& context, const Request& request) {
    std::size_t count = blocks_default;
    std::optional<std::uint32_t> before_height;
    if (const auto it = request.target.query.find("count"); it != request.target.query.end()) {
        const std::optional<std::size_t> wanted = parse_number<std::size_t>(it->second);
        if (!wanted || *wanted == 0 || *wanted > blocks_max) {
            return problem(400, "bad_count", "count is a number from 1 to 100. Page on with before_height.");
        }
        count = *wanted;
    }
    if (const auto it = request.target.query.find("before_height"); it != request.target.query.end()) {
        before_height = parse_number<std::uint32_t>(it->second);
        if (!before_height) {
            return problem(400, "bad_before_height",
                           "before_height is a block height. Give the lowest one of the page before.");
        }
    }
    Json blocks = Json::array();
    for (const BlockHistory& block : statistics_of(context).blocks(before_height, count)) {
        blocks.push_back(json_of(block));
    }
    return json_reply({{"blocks", std::move(blocks)}});
}

Reply answer_block(const Context& context, const Request& request) {
    const std::string& hash = request.parameters.front();
    if (!is_block_hash(hash)) return not_a_hash();
    StatisticsSource& statistics = statistics_of(context);
    const std::optional<BlockHistory> block = statistics.block(hash);
    if (!block) return no_such_block();
    Json body = json_of(*block);
    const std::optional<PayoutRun> run = statistics.payout_run(hash);
    body["payout_run"] = run ? json_of(*run) : Json(nullptr);
    return json_reply(body);
}

Reply answer_payout_run(const Context& context, const Request& request) {
    const std::string& hash = request.parameters.front();
    if (!is_block_hash(hash)) return not_a_hash();
    const std::optional<PayoutRun> run = statistics_of(context).payout_run(hash);
    if (!run) {
        return problem(404, "no_such_payout_run",
                       "No reward was divided for this block. The run appears when a node has accepted the "
                       "block and the "
                       "shares before it are in PostgreSQL; /api/v1/blocks tells its state.");
    }
    return json_reply(json_of(*run));
}

}  // namespace server::http
