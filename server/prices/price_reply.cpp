#include "server/prices/price_reply.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "server/node/json_scanner.h"

namespace server::prices {

namespace {

using node::JsonScanner;

std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size())
            out += token[++i] == '1' ? '/' : '~';
        else
            out += token[i];
    }
    return out;
}

// nullopt: "-", a leading zero, or no number.
std::optional<std::size_t> index_of(std::string_view token) {
    if (token.empty() || token.size() > 6 || (token.size() > 1 && token.front() == '0')) return std::nullopt;
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc{} || stop != token.data() + token.size()) return std::nullopt;
    return index;
}

// The text of the value one step below `value`.
std::optional<std::string_view> below(std::string_view value, std::string_view token) {
    JsonScanner scanner(value);
    if (scanner.peek() == '{') {
        const auto wanted = unescaped(token);
        std::string_view key;
        scanner.open_object();
        while (scanner.next_key(key)) {
            const auto member = scanner.skip();
            if (!member) return std::nullopt;
            if (key == wanted) return member;
        }
        return std::nullopt;
    }
    const auto wanted = index_of(token);
    if (scanner.peek() != '[' || !wanted) return std::nullopt;
    scanner.open_array();
    for (std::size_t i = 0; scanner.next_item(); ++i) {
        const auto item = scanner.skip();
        if (!item) return std::nullopt;
        if (i == *wanted) return item;
    }
    return std::nullopt;
}

std::string readable_start(std::string_view text) { return node::readable(text.substr(0, 40)); }

}  // namespace

bool is_json_pointer(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() != '/') return false;
    for (auto at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1))
        if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
    return true;
}

PriceReply price_in(std::string_view answer, std::string_view pointer) {
    JsonScanner whole(answer);
    auto value = whole.skip();
    if (!value || !whole.at_end()) return {{}, "the answer is not JSON: " + readable_start(answer)};
    while (!pointer.empty()) {
        pointer.remove_prefix(1);  // the slash
        const auto end = std::min(pointer.find('/'), pointer.size());
        value = below(*value, pointer.substr(0, end));
        if (!value) return {{}, "the answer has nothing at prices.pointer: " + readable_start(answer)};
        pointer.remove_prefix(end);
    }
    if (value->size() >= 2 && value->front() == '"') *value = value->substr(1, value->size() - 2);
    const auto price = fleet::ledger::parse_price(*value);
    if (!price)
        return {{},
                std::string("what is at prices.pointer is no price (") + name_of(price.error()) +
                    "): " + readable_start(*value)};
    return {*price, {}};
}

}  // namespace server::prices
