// What the pool signs: the key, heads of the log, and files for `hashyard verify`. Database threads;
// StatisticsUnavailable passes through to answer().

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "fleet/proof/documents.h"
#include "server/http/handlers.h"
#include "stratum/bytes.h"

namespace server::http {
namespace {

using Kind = ProofQuestion::Kind;
using Json = nlohmann::ordered_json;

constexpr std::size_t heads_shown = 60;
constexpr std::size_t user_bytes_max = 90;
// A bundle of 10,000 accounts has about 5 MB. Larger files are fetched with hashyard proof.
constexpr std::size_t file_bytes_max = 8U << 20U;

StatisticsSource& statistics_of(const Context& context) {
    if (context.services.statistics == nullptr) throw StatisticsUnavailable("no database is configured");
    return *context.services.statistics;
}

Reply give(const Context& context, const ProofQuestion& question) {
    auto answer = statistics_of(context).proof(question);
    if (!answer.missing.empty()) return problem(404, "no_such_proof", answer.missing);
    if (answer.text.size() > file_bytes_max)
        return problem(404, "proof_too_large",
                       "This file is larger than 8 MiB. Ask the operator for it: hashyard proof writes it.");
    Reply out;
    out.content_type = "text/plain; charset=utf-8";
    out.body = std::move(answer.text);
    return out;
}

Reply give_numbered(const Context& context, const Request& request, Kind kind) {
    const auto& text = request.parameters.front();
    ProofQuestion question;
    question.kind = kind;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), question.number);
    // The database counts to 2^63.
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
        question.number >> 63U != 0)
        return problem(400, "not_a_number", "Here stands a whole number, from 0 up, in decimal digits.");
    if (request.parameters.size() > 1) question.user = request.parameters[1].substr(0, user_bytes_max + 1);
    return give(context, question);
}

Json json_of(const ProofHead& head) {
    return {{"log", head.log},     {"size", head.size}, {"root", head.root},
            {"at_us", head.at_us}, {"key", head.key},   {"signature", head.signature}};
}

}  // namespace

Reply answer_proof_key(const Context& context, const Request&) {
    const auto heads = statistics_of(context).proof_heads(1);
    if (heads.empty())
        return problem(404, "nothing_signed",
                       "No tree head is signed yet; the server signs one each minute.");
    return json_reply({{"key", heads.front().key}, {"log", heads.front().log}});
}

Reply answer_proof_heads(const Context& context, const Request&) {
    Json heads = Json::array();
    for (const auto& head : statistics_of(context).proof_heads(heads_shown)) heads.push_back(json_of(head));
    return json_reply({{"heads", std::move(heads)}});
}

Reply answer_proof_block(const Context& context, const Request& request) {
    ProofQuestion question;
    question.name = request.parameters.front();
    if (!stratum::parse_displayed(question.name))
        return problem(400, "not_a_block_hash",
                       "A block is named by its hash: 64 lower-case hexadecimal digits. Take one from "
                       "/api/v1/blocks.");
    return give(context, question);
}

Reply answer_proof_slice(const Context& context, const Request& request) {
    return give_numbered(context, request, Kind::slice);
}
Reply answer_proof_share(const Context& context, const Request& request) {
    return give_numbered(context, request, Kind::share);
}
Reply answer_proof_receipt(const Context& context, const Request& request) {
    return give_numbered(context, request, Kind::receipt);
}
Reply answer_proof_consistency(const Context& context, const Request& request) {
    return give_numbered(context, request, Kind::consistency);
}

Reply answer_proof_liabilities(const Context& context, const Request& request) {
    ProofQuestion question;
    question.kind = Kind::liabilities;
    question.name = request.parameters.front();
    if (!fleet::proof::is_day(question.name))
        return problem(400, "not_a_day", "Here stands a day (UTC), as 2026-11-25.");
    if (request.parameters.size() > 1) question.user = request.parameters[1].substr(0, user_bytes_max + 1);
    return give(context, question);
}

}  // namespace server::http
