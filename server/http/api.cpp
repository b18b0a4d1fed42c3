#include "server/http/api.h"

#include <array>
#include <exception>

#include "server/http/handlers.h"
#include "server/log.h"

namespace server::http {
namespace {

constexpr std::array<Route, 19> table{{
    {"/healthz", Verb::get, Place::web_thread, answer_health},
    {"/metrics", Verb::get, Place::web_thread, answer_metrics},
    {"/api/v1/pool", Verb::get, Place::web_thread, answer_pool},
    {"/api/v1/users/{user}", Verb::get, Place::database_thread, answer_user},
    {"/api/v1/users/{user}/workers", Verb::get, Place::database_thread, answer_workers},
    {"/api/v1/blocks", Verb::get, Place::database_thread, answer_blocks},
    {"/api/v1/blocks/{hash}", Verb::get, Place::database_thread, answer_block},
    {"/api/v1/payout-runs/{block}", Verb::get, Place::database_thread, answer_payout_run},
    {"/api/v1/reports/{kind}", Verb::get, Place::database_thread, answer_report},
    {"/api/v1/proof/key", Verb::get, Place::database_thread, answer_proof_key},
    {"/api/v1/proof/heads", Verb::get, Place::database_thread, answer_proof_heads},
    {"/api/v1/proof/blocks/{hash}", Verb::get, Place::database_thread, answer_proof_block},
    {"/api/v1/proof/slices/{index}", Verb::get, Place::database_thread, answer_proof_slice},
    {"/api/v1/proof/slices/{index}/users/{user}", Verb::get, Place::database_thread, answer_proof_slice},
    {"/api/v1/proof/shares/{position}", Verb::get, Place::database_thread, answer_proof_share},
    {"/api/v1/proof/receipts/{position}", Verb::get, Place::database_thread, answer_proof_receipt},
    {"/api/v1/proof/liabilities/{day}", Verb::get, Place::database_thread, answer_proof_liabilities},
    {"/api/v1/proof/liabilities/{day}/users/{user}", Verb::get, Place::database_thread,
     answer_proof_liabilities},
    {"/api/v1/proof/consistency/{size}", Verb::get, Place::database_thread, answer_proof_consistency},
}};

// The segments that stood in braces, or nothing when the path is another one.
std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   const std::vector<std::string>& segments) {
    std::vector<std::string> parameters;
    std::size_t index = 0;
    pattern.remove_prefix(1);
    while (true) {
        const std::size_t slash = pattern.find('/');
        const std::string_view part = pattern.substr(0, slash);
        if (index == segments.size()) return std::nullopt;
        if (part.front() == '{') {
            parameters.push_back(segments[index]);
        } else if (part != segments[index]) {
            return std::nullopt;
        }
        ++index;
        if (slash == std::string_view::npos) break;
        pattern.remove_prefix(slash + 1);
    }
    if (index != segments.size()) return std::nullopt;
    return parameters;
}

}  // namespace

std::span<const Route> routes() { return table; }

Match match_route(Verb verb, const std::vector<std::string>& segments) {
    Match out;
    const Verb wanted = verb == Verb::head ? Verb::get : verb;
    for (const Route& route : table) {
        std::optional<std::vector<std::string>> parameters = match_path(route.path, segments);
        if (!parameters) continue;
        if (route.verb == wanted) return {&route, std::move(*parameters), {}};
        if (!out.allow.empty()) out.allow += ", ";
        out.allow += route.verb == Verb::get ? "GET, HEAD" : name_of(route.verb);
    }
    return out;
}

Reply database_away(std::string_view why) {
    Reply out =
        problem(503, "database_away",
                std::string(why) +
                    " History cannot be shown for now. Mining and share counting go on; try again in a "
                    "few seconds, or ask the operator to look at the database.");
    out.fields.emplace_back("Retry-After", "5");
    return out;
}

Reply answer(const Route& route, const Context& context, const Request& request) noexcept {
    try {
        return route.answer(context, request);
    } catch (const StatisticsTooSlow&) {
        Reply out = problem(503, "database_too_slow",
                            "PostgreSQL did not finish this read in its time limit. Mining and share "
                            "counting go on; try again in a few seconds, or ask the operator what keeps "
                            "it busy.");
        out.fields.emplace_back("Retry-After", "5");
        return out;
    } catch (const StatisticsUnavailable&) {
        return database_away("PostgreSQL does not answer.");
    } catch (const std::exception& bug) {
        log::error("http_handler_failed", {{"route", std::string(route.path)}, {"what", bug.what()}});
        return problem(500, "internal",
                       "The server failed on this request and has logged why. Report it to the operator.");
    }
}

}  // namespace server::http
