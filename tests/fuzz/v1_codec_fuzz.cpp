// Whatever a V1 client writes: the parser does not crash, the fast scanner means what the parser means, ids
// are echoed as JSON and what we write is JSON.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "stratum/v1/codec.h"
#include "stratum/v1/login.h"
#include "stratum/v1/quirks.h"
#include "stratum/worker_name.h"

namespace {

using namespace stratum;
using namespace stratum::v1;

void require(bool condition) {
    if (!condition) std::abort();
}

bool same(const Submission& a, const Submission& b) {
    return a.job == b.job && a.rest == b.rest && a.rest_bytes == b.rest_bytes && a.ntime == b.ntime &&
           a.nonce == b.nonce && a.version_bits == b.version_bits;
}

void check_submit(std::string_view line, const ParsedLine& parsed) {
    std::string_view id;
    Submit scanned;
    if (!scan_submit(line, id, scanned)) return;
    require(!parsed.error);
    const auto* submit = std::get_if<Submit>(&parsed.request.body);
    require(submit != nullptr);
    require(parsed.request.id == id && parsed.request.worker == scanned.worker);
    require(submit->refused == scanned.refused);
    if (!submit->refused) require(same(submit->submission, scanned.submission));
}

void check_line(std::string_view line) {
    const auto parsed = parse_line(line);
    check_submit(line, parsed);
    if (parsed.error) return;
    require(parsed.request.id.size() <= request_id_bytes_max);
    const auto id = nlohmann::json::parse(parsed.request.id, nullptr, false);
    require(id.is_null() || id.is_number() || id.is_string());
    require(id == nlohmann::json::parse(line)["id"] || !parsed.request.has_id);
    if (const auto* subscribe = std::get_if<Subscribe>(&parsed.request.body)) {
        require(subscribe->agent.size() <= agent_bytes_max);
        require(!quirks_of(subscribe->agent).name.empty());
    }
    if (const auto* authorize = std::get_if<Authorize>(&parsed.request.body)) {
        const auto name = split_worker_name(authorize->user);
        require(name.user.size() + name.worker.size() <= authorize->user.size());
        static_cast<void>(parse_password(authorize->password));
    }
    if (const auto* suggestion = std::get_if<SuggestDifficulty>(&parsed.request.body))
        if (suggestion->difficulty) require(!suggestion->difficulty->target().is_zero());
    std::string out;
    if (const auto* unknown = std::get_if<Unknown>(&parsed.request.body))
        append_error(out, parsed.request.id, 20, unknown->method);
    else
        append_true(out, parsed.request.id);
    require(nlohmann::json::accept(out));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > line_bytes_max) return 0;
    check_line({reinterpret_cast<const char*>(data), size});
    return 0;
}
