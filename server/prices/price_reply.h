#pragma once
// Finds the price in a JSON answer. Pure; any thread. The number's digits are read as they stand: no binary
// fraction ever comes between.

#include <string>
#include <string_view>

#include "fleet/ledger/conversion.h"

namespace server::prices {

struct PriceReply {
    fleet::ledger::Price price;
    std::string problem;  // what is wrong with the answer; empty: the price is there
};
// `pointer` after RFC 6901, as /result/XXBTZUSD/c/0; what it names must be a number or a text of digits. The
// whole answer must be JSON, so a truncated one is none.
[[nodiscard]] PriceReply price_in(std::string_view answer, std::string_view pointer);

// Empty, or begins with '/', and '~' is followed by 0 or 1.
[[nodiscard]] bool is_json_pointer(std::string_view text);

}  // namespace server::prices
