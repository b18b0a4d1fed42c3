// GET /api/v1/reports/{kind}: statements and exports for who has the operator's token. Database threads.

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <charconv>

#include "server/http/handlers.h"
#include "server/log.h"
#include "server/reports/report.h"

namespace server::http {
namespace {

using reports::ReportKind;

// A reply stands in memory, and a database thread is busy until it is made.
constexpr reports::ReportLimits web_report_limits{20'000, 20'000, 5'000};
constexpr std::int64_t day_us = 86'400'000'000;

class Kept final : public reports::ReportOutput {
  public:
    void begin(const std::string& name) override { files.emplace_back(name, std::string()); }
    void write(std::string_view bytes) override { files.back().second += bytes; }
    void end() override {}
    std::vector<std::pair<std::string, std::string>> files;
};

std::array<unsigned char, 32> digest_of(std::string_view text) {
    std::array<unsigned char, 32> out{};
    if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    return out;
}

// Takes the same time whatever the two have in common, their lengths included.
bool equal_secrets(std::string_view one, std::string_view other) {
    const auto first = digest_of(one);
    const auto second = digest_of(other);
    return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

std::optional<Reply> why_not_allowed(const Context& context, const Request& request) {
    if (context.services.report_token.empty())
        return problem(
            403, "reports_off",
            "Reports are not served here. The operator switches them on with http.report_token_file, "
            "or writes them with hashyard report.");
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view sent = request.authorization;
    const bool bearer = sent.starts_with(scheme);
    if (bearer && equal_secrets(sent.substr(scheme.size()), context.services.report_token))
        return std::nullopt;
    Reply reply = bearer ? problem(401, "wrong_token", "The token is not the one of http.report_token_file.")
                         : problem(401, "token_needed",
                                   "Reports need the operator's token: send Authorization: Bearer TOKEN.");
    reply.fields.emplace_back("WWW-Authenticate", bearer ? "Bearer error=\"invalid_token\"" : "Bearer");
    return reply;
}

std::string query_of(const Request& request, const std::string& name) {
    const auto found = request.target.query.find(name);
    return found == request.target.query.end() ? "" : found->second;
}

Reply bad(std::string_view detail) { return problem(400, "bad_report", detail); }

// The question in the address, or what is wrong with it.
std::optional<Reply> read_question(const Request& request, reports::ReportQuery& out) {
    const auto kind = reports::parse_report_kind(request.parameters.at(0));
    if (!kind)
        return problem(404, "no_such_report",
                       "Reports are earnings, payouts, statement, ledger and journal.");
    out.kind = *kind;
    for (const std::string party : {"user", "holder", "owner"})
        if (const auto name = query_of(request, party); !name.empty()) {
            if (!out.party.empty()) return bad("Name one of user, holder and owner.");
            out.party = party + ":" + name;
        }
    out.currency = query_of(request, "currency");
    out.format = query_of(request, "format");
    if (out.format.empty()) out.format = reports::formats_of(out.kind).front();
    if (const auto text = query_of(request, "period"); !text.empty()) {
        const auto period = reports::parse_period(text);
        if (!period) return bad("period is a month as 2026-10, a quarter as 2026-Q4 or a year as 2026.");
        out.span = *period;
    } else if (!query_of(request, "from").empty() || !query_of(request, "to").empty()) {
        const auto from = reports::parse_day(query_of(request, "from"));
        const auto to = reports::parse_day(query_of(request, "to"));
        if (!from || !to || *to < *from)
            return bad("from and to are days as 2026-10-05, both of them in the report.");
        out.span.from_us = *from;
        out.span.to_us = *to + day_us;
    }
    if (out.kind == ReportKind::ledger || out.kind == ReportKind::journal) out.span.first_period.clear();
    return std::nullopt;
}

std::string_view content_type_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> types{
        {{".csv", "text/csv; charset=utf-8"},
         {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
         {".pdf", "application/pdf"},
         {".ofx", "application/x-ofx"},
         {".xml", "application/xml"},
         {".json", "application/json"}}};
    for (const auto& [ending, type] : types)
        if (name.ends_with(ending)) return type;
    return "text/plain; charset=utf-8";
}

// The file that `part` asks for: the only one, a number, or the manifest.
Reply file_reply(Kept& kept, const reports::MadeReport& made, const std::string& part) {
    kept.files.emplace_back(made.manifest_name, made.manifest_text);
    const std::size_t count = kept.files.size() - 1;
    std::size_t index = 0;
    if (part == "manifest") {
        index = count;
    } else if (!part.empty()) {
        const auto parsed = std::from_chars(part.data(), part.data() + part.size(), index);
        if (parsed.ec != std::errc() || parsed.ptr != part.data() + part.size() || index < 1 || index > count)
            return bad("part is a number from 1 to " + std::to_string(count) + ", or manifest.");
        --index;
    } else if (count != 1) {
        return bad("The report has " + std::to_string(count) + " files: ask for part=1 and so on.");
    }
    auto& [name, bytes] = kept.files[index];
    Reply reply;
    reply.content_type = content_type_of(name);
    reply.body = std::move(bytes);
    // The name is made of letters, digits and "-_." alone (file_word()).
    reply.fields.emplace_back("Content-Disposition", "attachment; filename=\"" + name + "\"");
    reply.fields.emplace_back("Cache-Control", "no-store");
    return reply;
}

}  // namespace

Reply answer_report(const Context& context, const Request& request) {
    if (auto refused = why_not_allowed(context, request)) return *refused;
    reports::ReportQuery question;
    if (auto wrong = read_question(request, question)) return *wrong;
    if (context.services.reports == nullptr) throw StatisticsUnavailable("no database is configured");
    Kept kept;
    const auto unavailable = [](const store::Unavailable& why) -> Reply {
        if (why.too_slow) throw StatisticsTooSlow(why.reason);
        throw StatisticsUnavailable(why.reason);
    };
    const auto made = reports::make_report(*context.services.reports, question, kept, web_report_limits);
    if (!made) return unavailable(made.error());
    if (!made->refused.empty()) return problem(422, "report_refused", made->refused + ".");
    const auto differs = reports::note_report(*context.services.reports, question, *made);
    if (!differs) return unavailable(differs.error());
    if (!differs->empty()) {
        log::error("report_differs", {{"kind", reports::name_of(question.kind)}, {"detail", *differs}});
        return problem(409, "report_differs", *differs + ".");
    }
    return file_reply(kept, *made, query_of(request, "part"));
}

}  // namespace server::http
