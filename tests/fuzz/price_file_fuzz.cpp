// A file of prices that anybody may have written: it does not crash the parser, and what was read comes back
// the same when it is written and read again.

#include <cstdint>
#include <cstdlib>

#include "fleet/ledger/price_file.h"

using namespace fleet::ledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto file = parse_price_file(text);
    if (file.problems.size() > price_file_problems_max) std::abort();
    std::string again(price_file_header);
    for (const auto& line : file.lines) again += "\n" + text_of(line);
    const auto second = parse_price_file(again);
    if (!second.problems.empty() || second.lines.size() != file.lines.size()) std::abort();
    for (std::size_t i = 0; i < file.lines.size(); ++i)
        if (text_of(second.lines[i]) != text_of(file.lines[i]) ||
            second.lines[i].price != file.lines[i].price)
            std::abort();
    if (const auto price = parse_price(text))
        if (parse_price(text_of(*price)).value() != *price) std::abort();
    return 0;
}
