// The section [prices]: its options and what they must add up to.

#include "fleet/ledger/price_file.h"
#include "server/config_table.h"

namespace server {

namespace {

using Target = ConfigTarget;
using prices::PriceOptions;

constexpr std::size_t text_bytes_max = 1024;

// Setters that only store the value.
template <auto Field>
void keep(const Target& target, std::int64_t value) {
    auto& field = target.config().prices.*Field;
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
}
template <auto Field>
std::string keep(const Target& target, const std::string& value) {
    target.config().prices.*Field = value;
    return {};
}
template <auto Field>
std::string keep_code(const Target& target, const std::string& value) {
    if (!fleet::ledger::is_asset_code(value)) return "must be a code as BTC";
    target.config().prices.*Field = value;
    return {};
}

std::string set_venue(const Target& target, const std::string& value) {
    if (!value.empty() && !fleet::ledger::is_venue(value))
        return "must be small letters, digits, '_', '.' and '-', as kraken";
    target.config().prices.venue = value;
    return {};
}
std::string set_url(const Target& target, const std::string& value) {
    const bool known = value.starts_with("https://") || value.starts_with("http://");
    if (!value.empty() && (!known || value.find_first_of(" \t\r\n#") != std::string::npos))
        return "must be an address as https://host/path?pair={asset}{quote}";
    target.config().prices.url = value;
    return {};
}
std::string set_pointer(const Target& target, const std::string& value) {
    if (!value.empty() && value.front() != '/') return "must begin with '/', as /result/last";
    for (auto at = value.find('~'); at != std::string::npos; at = value.find('~', at + 1))
        if (at + 1 == value.size() || (value[at + 1] != '0' && value[at + 1] != '1'))
            return "must write '~' as ~0 and '/' inside a name as ~1";
    target.config().prices.pointer = value;
    return {};
}

const std::vector<ConfigOption> options{
    {"prices", "enabled", "false", "true: fetch the price of one pair and keep it.",
     SwitchOption{[](const Target& t, bool value) { t.config().prices.enabled = value; }}},
    {"prices", "url", "\"\"",
     "Answers with JSON, status 200 and no redirect. {asset} and {quote} become the codes below.",
     TextOption{text_bytes_max, set_url}},
    {"prices", "pointer", "\"/price\"", "Where in the answer the price stands (RFC 6901), as /data/amount.",
     TextOption{text_bytes_max, set_pointer}},
    {"prices", "asset", "\"BTC\"", "What is priced.", TextOption{12, keep_code<&PriceOptions::asset>}},
    {"prices", "quote", "\"USD\"", "In what.", TextOption{12, keep_code<&PriceOptions::quote>}},
    {"prices", "venue", "\"\"", "The name the prices are kept under, as kraken.", TextOption{32, set_venue}},
    {"prices", "ca_file", "\"\"", "Certificates of authorities (PEM). Empty: the system's.",
     TextOption{text_bytes_max, keep<&PriceOptions::ca_file>}},
    {"prices", "interval_seconds", "60", "From one question to the next.",
     WholeOption{60, 86'400, keep<&PriceOptions::interval>}},
    {"prices", "timeout_ms", "3000", "For the whole of one question and answer; the books wait meanwhile.",
     WholeOption{100, prices::timeout_max.count(), keep<&PriceOptions::timeout>}},
    {"prices", "stale_minutes", "10", "Without a price for so long an error is logged and a metric set.",
     WholeOption{1, 10'080, keep<&PriceOptions::stale_after>}},
    {"prices", "jump_max_percent", "50", "A price further from that of the last hour is not kept.",
     WholeOption{1, 10'000, keep<&PriceOptions::jump_max_percent>}},
};

}  // namespace

std::vector<ConfigOption> with_price_options(std::span<const ConfigOption> others) {
    std::vector<ConfigOption> all(others.begin(), others.end());
    all.insert(all.end(), options.begin(), options.end());
    return all;
}

void complete_prices(const ConfigDraft& draft, std::vector<ConfigProblem>& problems) {
    const auto& prices = draft.config.prices;
    if (!prices.enabled) return;
    const auto report = [&](const char* key, const char* text) { problems.push_back({"", 0, key, text}); };
    if (prices.url.empty()) report("prices.url", "missing: say where to ask");
    if (prices.venue.empty()) report("prices.venue", "missing: name the venue, as kraken");
    if (prices.asset == prices.quote) report("prices.quote", "must be another than prices.asset");
}

}  // namespace server
