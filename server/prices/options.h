#pragma once
// What the configuration says about fetching prices. Plain data.

#include <chrono>
#include <string>

namespace server::prices {

struct PriceOptions {
    bool enabled = false;
    std::string url;                 // {asset} and {quote} stand for the codes
    std::string pointer = "/price";  // RFC 6901: where in the answer the price stands
    std::string asset = "BTC";
    std::string quote = "USD";
    std::string venue;
    std::string ca_file;  // empty: the system's certificates
    std::chrono::seconds interval{60};
    std::chrono::milliseconds timeout{3000};
    std::chrono::minutes stale_after{10};
    unsigned jump_max_percent = 50;
};

// The books thread waits for an answer, so no more than a few seconds.
inline constexpr std::chrono::milliseconds timeout_max{5000};

}  // namespace server::prices
