// Answers from memory: health, metrics, the pool's first page. Web thread; never waits.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "server/http/connect_urls.h"
#include "server/http/handlers.h"
#include "server/metrics.h"

namespace server::http {
namespace {

using Json = nlohmann::ordered_json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const LiveNode& node) {
    return {{"name", node.name},
            {"state", node.state},
            {"detail", node.detail},
            {"height", node.height},
            {"tip", node.tip}};
}

Json json_of(const std::vector<LiveNode>& nodes) {
    Json out = Json::array();
    for (const LiveNode& node : nodes) out.push_back(json_of(node));
    return out;
}

// What miners are given is what the asker reached, unless a proxy stands between.
Json json_of(const LiveListener& listener, const std::string& host) {
    return {{"protocol", listener.protocol},
            {"address", listener.address},
            {"port", listener.port},
            {"url", connect_urls(listener, host.empty() ? "HOST" : host).back()},
            {"authority", listener.authority.empty() ? Json(nullptr) : Json(listener.authority)}};
}

Json history_of(const Remembered& remembered) {
    if (!remembered.pool) return nullptr;
    const PoolHistory& pool = *remembered.pool;
    Json hashrate = Json::array();
    for (const Hashrate& one : pool.hashrate) hashrate.push_back(json_of(one));
    Json luck = nullptr;
    if (pool.luck) luck = {{"blocks", pool.luck->blocks}, {"ratio", finite(pool.luck->ratio)}};
    return {{"read_at", instant(remembered.read_at_us)},
            {"hashrate", std::move(hashrate)},
            {"round_effort", pool.round_effort ? finite(*pool.round_effort) : Json(nullptr)},
            {"round_started_at", instant(pool.round_started_at_us)},
            {"luck", std::move(luck)},
            {"blocks", pool.blocks},
            {"rejects_day", pool.rejects_day},
            {"users_active", pool.users_active},
            {"workers_active", pool.workers_active}};
}

bool database_available(const LivePool& live, const Remembered& remembered) {
    return live.database_available && remembered.available;
}

}  // namespace

Json instant(std::optional<std::int64_t> at_us) {
    if (!at_us) return nullptr;
    const std::time_t seconds = static_cast<std::time_t>(std::floor(static_cast<double>(*at_us) / 1e6));
    const std::int64_t milliseconds = (*at_us - static_cast<std::int64_t>(seconds) * 1'000'000) / 1'000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), milliseconds);
}

Json json_of(const Hashrate& hashrate) {
    const Json error =
        hashrate.shares == 0 ? Json(nullptr) : Json(1 / std::sqrt(static_cast<double>(hashrate.shares)));
    return {{"window_s", hashrate.window_s},
            {"hashrate_hps", finite(hashrate.hashrate_hps)},
            {"relative_error", error},
            {"shares", hashrate.shares}};
}

Reply json_reply(const Json& body, unsigned status) {
    Reply out;
    out.status = status;
    out.content_type = "application/json";
    out.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    out.fields.emplace_back("Cache-Control", "no-store");
    return out;
}

// failing (503) means that nobody can be served. Miners are, while templates flow and the journal takes
// shares: a database that is away only degrades, because shares wait in the journal, and a supervisor that
// restarted the pool for it would do harm. A process without a pool serves pages, and those are in the
// database.
Reply answer_health(const Context& context, const Request&) {
    const LivePool live = context.services.live();
    const bool database = database_available(live, *context.remembered);
    if (!live.serves_miners)
        return json_reply(
            {{"status", database ? "ok" : "failing"}, {"database", database ? "available" : "away"}},
            database ? 200 : 503);
    const bool working = live.templates_flow && live.journal_writable;
    Json nodes = Json::object();
    for (const LiveNode& node : live.nodes) nodes[node.name] = node.state;
    return json_reply({{"status", !working   ? "failing"
                                  : database ? "ok"
                                             : "degraded"},
                       {"database", database ? "available" : "away"},
                       {"templates", live.templates_flow ? "flowing" : "stopped"},
                       {"template_age_s", finite(live.template_age_s)},
                       {"nodes", std::move(nodes)},
                       {"journal", live.journal_writable ? "writing" : "failing"},
                       {"journal_lag_records", live.journal_lag_records}},
                      working ? 200 : 503);
}

PoolReadings readings_of(const LivePool& live, const Remembered& remembered) {
    PoolReadings out;
    if (live.template_height != 0) {
        out.template_age_s = live.template_age_s;
        out.template_height = live.template_height;
        out.network_difficulty = live.network_difficulty;
    }
    out.hashrate_hps = live.hashrate_hps;
    out.journal_lag_records = static_cast<double>(live.journal_lag_records);
    out.import_lag_s = live.import_lag_s;
    out.database_available = database_available(live, remembered);
    out.certificate_left_s = live.certificate_left_s;
    if (remembered.pool) {
        out.blocks = remembered.pool->blocks;
        out.round_effort = remembered.pool->round_effort;
        if (remembered.pool->luck) out.luck = remembered.pool->luck->ratio;
    }
    return out;
}

Reply answer_metrics(const Context& context, const Request&) {
    Reply out;
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.fields.emplace_back("Cache-Control", "no-store");
    out.body = context.services.metrics(readings_of(context.services.live(), *context.remembered));
    return out;
}

Reply answer_pool(const Context& context, const Request& request) {
    const LivePool live = context.services.live();
    Json listeners = Json::array();
    for (const LiveListener& one : live.listeners) {
        listeners.push_back(json_of(one, request.host));
    }
    Json work_template = nullptr;
    if (live.template_height != 0) {
        work_template = {{"height", live.template_height}, {"age_s", finite(live.template_age_s)}};
    }
    return json_reply({{"network", live.network},
                       {"demo", context.services.demo},
                       {"now", instant(context.now_us)},
                       {"listeners", std::move(listeners)},
                       {"sessions", live.sessions},
                       {"channels", live.channels},
                       {"shares_accepted", live.shares_accepted},
                       {"rejects", live.rejects},
                       {"hashrate_hps", finite(live.hashrate_hps)},
                       {"hashrate_relative_error", finite(live.hashrate_relative_error)},
                       {"hashrate_window_s", finite(live.hashrate_window_s)},
                       {"template", std::move(work_template)},
                       {"templates_flow", live.templates_flow},
                       {"network_difficulty", finite(live.network_difficulty)},
                       {"nodes", json_of(live.nodes)},
                       {"journal_writable", live.journal_writable},
                       {"journal_lag_records", live.journal_lag_records},
                       {"import_lag_s", finite(live.import_lag_s)},
                       {"database_available", database_available(live, *context.remembered)},
                       {"history", history_of(*context.remembered)}});
}

}  // namespace server::http
