#pragma once
// The texts that are hashed and signed: lines "key value value\n" in a fixed order, the first one naming the
// kind and version. One value has one spelling: integers are decimal without leading zeros, hashes lower-case
// hexadecimal, words are printable ASCII with every other byte, blank and percent sign as %XX. Pure; any
// thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "fleet/ledger/integer.h"
#include "fleet/proof/digest.h"

namespace fleet::proof {

using ledger::Integer;

// What is wrong with a text, as a sentence.
struct TextError {
    std::string what;
    friend bool operator==(const TextError&, const TextError&) = default;
};
template <typename T>
using Parsed = boost::system::result<T, TextError>;
[[noreturn]] void throw_exception_from_error(const TextError& error, const boost::source_location& where);

inline constexpr std::size_t text_bytes_max = 64U << 20U;  // a bundle of 100,000 accounts has about 25 MB
inline constexpr std::size_t word_bytes_max = 600;         // 200 bytes, each as %XX

[[nodiscard]] std::string word_of(std::string_view text);
[[nodiscard]] std::optional<std::string> parse_word(std::string_view word);
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);
[[nodiscard]] std::optional<Integer> parse_integer(std::string_view text);

class TextWriter {
  public:
    explicit TextWriter(std::string_view first_line) { out_.append(first_line) += '\n'; }
    // Values are put as they are: numbers, hex, or what word_of() gave.
    TextWriter& line(std::string_view key, std::string_view value);
    TextWriter& line(std::string_view key, std::uint64_t value) { return line(key, std::to_string(value)); }
    TextWriter& line(std::string_view key, std::int64_t value) { return line(key, std::to_string(value)); }
    TextWriter& line(std::string_view key, const Integer& value) { return line(key, value.str()); }
    TextWriter& line(std::string_view key, const Hash& value) { return line(key, hex_of(value)); }
    TextWriter& word(std::string_view key, std::string_view text) { return line(key, word_of(text)); }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

// Reads line by line. After the first thing that is wrong all values are empty and error() says what it was.
class TextReader {
  public:
    TextReader(std::string_view text, std::string_view first_line);

    [[nodiscard]] std::string_view value(std::string_view key);
    [[nodiscard]] std::vector<std::string_view> values(std::string_view key, std::size_t count);
    [[nodiscard]] std::uint64_t number(std::string_view key);
    [[nodiscard]] std::int64_t instant(std::string_view key);  // microseconds since 1970
    [[nodiscard]] Integer integer(std::string_view key);
    [[nodiscard]] Hash hash(std::string_view key);
    [[nodiscard]] std::string word(std::string_view key);
    [[nodiscard]] std::vector<std::string_view> values_in(std::string_view text, std::size_t count);
    // Of a value inside a line of several.
    [[nodiscard]] std::uint64_t number_in(std::string_view text);
    [[nodiscard]] std::int64_t instant_in(std::string_view text);
    [[nodiscard]] Integer integer_in(std::string_view text);
    [[nodiscard]] Hash hash_in(std::string_view text);
    [[nodiscard]] std::string word_in(std::string_view text);
    [[nodiscard]] bool at(std::string_view key) const;
    // A count that the lines left can hold at all.
    [[nodiscard]] std::size_t count(std::string_view key);

    void fail(std::string_view what);
    [[nodiscard]] bool ok() const { return error_.empty(); }
    [[nodiscard]] TextError error() const { return {error_}; }
    // True when everything was read and nothing was wrong.
    [[nodiscard]] bool finish();

  private:
    std::string_view next_line();

    std::string_view rest_;
    std::size_t line_ = 0;
    std::string error_;
};

}  // namespace fleet::proof
