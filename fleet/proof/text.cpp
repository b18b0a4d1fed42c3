#include "fleet/proof/text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace fleet::proof {

namespace {

constexpr std::string_view hex_letters = "0123456789ABCDEF";
constexpr std::size_t integer_letters_max = 78;  // of 2^256 - 1

bool plain(char letter) { return letter > ' ' && letter < '\x7f' && letter != '%'; }

}  // namespace

void throw_exception_from_error(const TextError& error, const boost::source_location&) {
    throw std::runtime_error("proof: " + error.what);
}

std::string word_of(std::string_view text) {
    // An empty word would be no value at all.
    if (text.empty()) return "%";
    std::string out;
    for (const char letter : text) {
        if (plain(letter)) {
            out += letter;
            continue;
        }
        const auto byte = static_cast<unsigned char>(letter);
        out += '%';
        out += hex_letters[byte >> 4U];
        out += hex_letters[byte & 15U];
    }
    return out;
}

std::optional<std::string> parse_word(std::string_view word) {
    if (word.empty() || word.size() > word_bytes_max) return std::nullopt;
    if (word == "%") return std::string();
    std::string out;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (plain(word[i])) {
            out += word[i];
            continue;
        }
        if (word[i] != '%' || i + 2 >= word.size()) return std::nullopt;
        const auto high = hex_letters.find(word[i + 1]);
        const auto low = hex_letters.find(word[i + 2]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        if (plain(out.back())) return std::nullopt;
        i += 2;
    }
    return out;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t out = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    if (text.size() > 1 && text[0] == '0') return std::nullopt;
    return out;
}

std::optional<Integer> parse_integer(std::string_view text) {
    if (text.empty() || text.size() > integer_letters_max || (text.size() > 1 && text[0] == '0'))
        return std::nullopt;
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    const auto out = ledger::checked([&] { return Integer(std::string(text)); });
    if (!out) return std::nullopt;
    return *out;
}

TextWriter& TextWriter::line(std::string_view key, std::string_view value) {
    out_.append(key) += ' ';
    out_.append(value) += '\n';
    return *this;
}

TextReader::TextReader(std::string_view text, std::string_view first_line) : rest_(text) {
    if (text.size() > text_bytes_max) fail("the text is too long");
    if (next_line() != first_line && ok()) fail("expected \"" + std::string(first_line) + "\"");
}

std::string_view TextReader::next_line() {
    if (!ok()) return {};
    ++line_;
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) {
        fail(rest_.empty() ? "the text ends too early" : "the line has no end");
        return {};
    }
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
}

bool TextReader::at(std::string_view key) const {
    return ok() && rest_.size() > key.size() && rest_.starts_with(key) && rest_[key.size()] == ' ';
}

std::string_view TextReader::value(std::string_view key) {
    const bool here = at(key);
    const auto line = next_line();
    if (ok() && !here) fail("expected " + std::string(key));
    if (!ok()) return {};
    return line.substr(key.size() + 1);
}

std::vector<std::string_view> TextReader::values(std::string_view key, std::size_t count) {
    return values_in(value(key), count);
}

std::vector<std::string_view> TextReader::values_in(std::string_view text, std::size_t count) {
    std::vector<std::string_view> out;
    while (ok()) {
        const auto blank = text.find(' ');
        out.push_back(text.substr(0, blank));
        if (blank == std::string_view::npos) break;
        text.remove_prefix(blank + 1);
    }
    if (ok() && out.size() != count) fail("it takes " + std::to_string(count) + " values");
    if (!ok()) out.assign(count, {});
    return out;
}

std::uint64_t TextReader::number_in(std::string_view text) {
    if (!ok()) return 0;
    const auto out = parse_number(text);
    if (!out) fail("\"" + std::string(text.substr(0, 80)) + "\" is no number");
    return out.value_or(0);
}

std::int64_t TextReader::instant_in(std::string_view text) {
    const auto out = number_in(text);
    if (out > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail("the instant is out of range");
        return 0;
    }
    return static_cast<std::int64_t>(out);
}

Integer TextReader::integer_in(std::string_view text) {
    if (!ok()) return 0;
    const auto out = parse_integer(text);
    if (!out) fail("\"" + std::string(text.substr(0, 80)) + "\" is no integer of 256 bits");
    return out.value_or(Integer(0));
}

Hash TextReader::hash_in(std::string_view text) {
    if (!ok()) return {};
    const auto out = hash_of_hex(text);
    if (!out) fail("\"" + std::string(text.substr(0, 80)) + "\" is no hash");
    return out.value_or(Hash{});
}

std::string TextReader::word_in(std::string_view text) {
    if (!ok()) return {};
    const auto out = parse_word(text);
    if (!out) fail("\"" + std::string(text.substr(0, 80)) + "\" is not written as words are");
    return out.value_or("");
}

std::uint64_t TextReader::number(std::string_view key) { return number_in(value(key)); }
std::int64_t TextReader::instant(std::string_view key) { return instant_in(value(key)); }
Integer TextReader::integer(std::string_view key) { return integer_in(value(key)); }
Hash TextReader::hash(std::string_view key) { return hash_in(value(key)); }
std::string TextReader::word(std::string_view key) { return word_in(value(key)); }

std::size_t TextReader::count(std::string_view key) {
    const auto out = number(key);
    // Each of them takes a line of three bytes at least.
    if (out > rest_.size() / 3) fail(std::string(key) + " announces more lines than there are");
    return ok() ? static_cast<std::size_t>(out) : 0;
}

void TextReader::fail(std::string_view what) {
    if (ok()) error_ = "line " + std::to_string(line_) + ": " + std::string(what);
}

bool TextReader::finish() {
    if (ok() && !rest_.empty()) {
        ++line_;
        fail("there is more than belongs here");
    }
    return ok();
}

}  // namespace fleet::proof
