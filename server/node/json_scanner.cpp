#include "server/node/json_scanner.h"

#include <charconv>
#include <cstring>
#include <utility>

namespace server::node {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

}  // namespace

bool JsonScanner::fail() {
    ok_ = false;
    at_ = text_.size();
    return false;
}

void JsonScanner::spaces() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
        ++at_;
}

char JsonScanner::peek() {
    spaces();
    return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonScanner::at_end() { return ok_ && depth_ == 0 && peek() == '\0' && at_ == text_.size(); }

bool JsonScanner::take(char letter) {
    if (peek() != letter) return false;
    ++at_;
    return true;
}

bool JsonScanner::open_object() {
    if (!ok_ || depth_ == depth_max || !take('{')) return fail();
    ++depth_;
    first_ = true;
    return true;
}

bool JsonScanner::open_array() {
    if (!ok_ || depth_ == depth_max || !take('[')) return fail();
    ++depth_;
    first_ = true;
    return true;
}

bool JsonScanner::next_key(std::string_view& key) {
    if (!ok_) return false;
    const bool first = std::exchange(first_, false);
    if (take('}')) {
        --depth_;
        return false;
    }
    if (!first && !take(',')) return fail();
    const auto name = string();
    if (!name || !take(':')) return fail();
    key = *name;
    return true;
}

bool JsonScanner::next_item() {
    if (!ok_) return false;
    const bool first = std::exchange(first_, false);
    if (take(']')) {
        --depth_;
        return false;
    }
    if (!first && !take(',')) return fail();
    return true;
}

bool JsonScanner::skip_string() {
    if (!take('"')) return fail();
    while (at_ < text_.size()) {
        const auto* start = text_.data() + at_;
        const auto left = text_.size() - at_;
        const auto* quote = static_cast<const char*>(std::memchr(start, '"', left));
        if (quote == nullptr) return fail();
        const auto span = static_cast<std::size_t>(quote - start);
        const auto* escape = static_cast<const char*>(std::memchr(start, '\\', span));
        if (escape == nullptr) {
            at_ += span + 1;
            return true;
        }
        at_ += static_cast<std::size_t>(escape - start) + 2;  // behind the escaped letter
    }
    return fail();
}

std::optional<std::string_view> JsonScanner::string() {
    if (!ok_) return std::nullopt;
    spaces();
    const auto start = at_;
    if (!skip_string()) return std::nullopt;
    return text_.substr(start + 1, at_ - start - 2);
}

bool JsonScanner::skip_number() {
    const auto digits = [this] {
        const auto start = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ > start;
    };
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    if (!digits()) return fail();
    if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        if (!digits()) return fail();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
        ++at_;
        if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
        if (!digits()) return fail();
    }
    return true;
}

std::optional<std::int64_t> JsonScanner::integer() {
    if (!ok_) return std::nullopt;
    spaces();
    const auto start = at_;
    if (!skip_number()) return std::nullopt;
    std::int64_t value = 0;
    const auto* end = text_.data() + at_;
    const auto [stop, error] = std::from_chars(text_.data() + start, end, value);
    if (error != std::errc{} || stop != end) {
        fail();
        return std::nullopt;
    }
    return value;
}

bool JsonScanner::skip_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return fail();
    at_ += word.size();
    return true;
}

bool JsonScanner::null() {
    if (!ok_ || peek() != 'n') return false;
    return skip_word("null");
}

bool JsonScanner::skip_plain() {
    switch (peek()) {
        case '"':
            return skip_string();
        case 't':
            return skip_word("true");
        case 'f':
            return skip_word("false");
        case 'n':
            return skip_word("null");
        default:
            return skip_number();
    }
}

std::optional<std::string_view> JsonScanner::skip() {
    if (!ok_) return std::nullopt;
    spaces();
    const auto start = at_;
    // Without recursion: kinds of the open containers, which depth_max bounds together with those outside.
    std::string open;
    do {
        const char next = peek();
        if (next == '{' || next == '[') {
            if (!(next == '{' ? open_object() : open_array())) return std::nullopt;
            open.push_back(next);
        } else if (!skip_plain()) {
            return std::nullopt;
        }
        std::string_view key;
        while (!open.empty() && !(open.back() == '{' ? next_key(key) : next_item())) {
            if (!ok_) return std::nullopt;
            open.pop_back();
            first_ = false;
        }
    } while (!open.empty());
    return text_.substr(start, at_ - start);
}

std::string readable(std::string_view scanned) {
    std::string out;
    for (std::size_t i = 0; i < scanned.size(); ++i) {
        char letter = scanned[i];
        if (letter == '\\' && i + 1 < scanned.size()) {
            letter = scanned[++i];
            if (letter == 'n' || letter == 't' || letter == 'r') letter = ' ';
            if (letter == 'u') letter = '?';
        }
        out.push_back(static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f ? '?' : letter);
    }
    return out;
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') out.push_back('\\');
        out.push_back(static_cast<unsigned char>(letter) < 0x20 ? '?' : letter);
    }
    out.push_back('"');
    return out;
}

}  // namespace server::node
