#pragma once
// The handlers behind the routes of api.cpp, and the few words of JSON they share. See api.h for threads.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "server/http/api.h"

namespace server::http {

Reply answer_health(const Context& context, const Request& request);
Reply answer_metrics(const Context& context, const Request& request);
Reply answer_pool(const Context& context, const Request& request);
Reply answer_user(const Context& context, const Request& request);
Reply answer_workers(const Context& context, const Request& request);
Reply answer_blocks(const Context& context, const Request& request);
Reply answer_block(const Context& context, const Request& request);
Reply answer_payout_run(const Context& context, const Request& request);
Reply answer_report(const Context& context, const Request& request);
Reply answer_proof_key(const Context& context, const Request& request);
Reply answer_proof_heads(const Context& context, const Request& request);
Reply answer_proof_block(const Context& context, const Request& request);
Reply answer_proof_slice(const Context& context, const Request& request);
Reply answer_proof_share(const Context& context, const Request& request);
Reply answer_proof_receipt(const Context& context, const Request& request);
Reply answer_proof_liabilities(const Context& context, const Request& request);
Reply answer_proof_consistency(const Context& context, const Request& request);

Reply json_reply(const nlohmann::ordered_json& body, unsigned status = 200);
nlohmann::ordered_json json_of(const Hashrate& hashrate);
// RFC 3339 in UTC with milliseconds; null when absent.
nlohmann::ordered_json instant(std::optional<std::int64_t> at_us);

}  // namespace server::http
