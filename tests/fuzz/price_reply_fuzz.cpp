// Whatever a venue answers, and whatever pointer somebody configured: no crash, and a price that was found is
// a positive number that is written and read the same. Input: the pointer, a line feed, the answer.

#include <cstdint>
#include <cstdlib>

#include "server/prices/http_get.h"
#include "server/prices/price_reply.h"

using namespace server::prices;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = text.find('\n');
    const auto pointer = text.substr(0, line);
    if (const auto url = parse_http_url(pointer); url && !parse_http_url(public_text(*url))) std::abort();
    if (line == std::string_view::npos || !is_json_pointer(pointer)) return 0;
    const auto reply = price_in(text.substr(line + 1), pointer);
    if (!reply.problem.empty()) return 0;
    if (reply.price.value == 0) std::abort();
    if (fleet::ledger::parse_price(text_of(reply.price)).value() != reply.price) std::abort();
    return 0;
}
