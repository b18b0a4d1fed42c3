#pragma once
// Reads JSON front to back without building a tree: a block template is megabytes of hex, of which a tree
// would copy every byte. Pure; any thread. RFC 8259 with a bounded depth; strings come as they stand in the
// text (escapes unread), which is all that hex, hashes and names need. After the first error ok() is false
// and every reader says no.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace server::node {

class JsonScanner {
  public:
    static constexpr int depth_max = 16;  // a template nests 4 deep

    explicit JsonScanner(std::string_view text) : text_(text) {}

    [[nodiscard]] bool ok() const { return ok_; }
    // True when only white space is left.
    [[nodiscard]] bool at_end();

    // Containers: open, then call next_… until it is false; that consumed the closing bracket, or ok() is
    // false.
    bool open_object();
    bool next_key(std::string_view& key);
    bool open_array();
    bool next_item();

    // Readers of one value. A value of another kind is an error.
    std::optional<std::string_view> string();
    std::optional<std::int64_t> integer();  // a whole number within 64 bits, no fraction or exponent
    bool null();                            // consumes null when it is next; no error otherwise
    // Any value; gives its text.
    std::optional<std::string_view> skip();

    // The first letter of the next value: { [ " t f n - or a digit; 0 at the end.
    [[nodiscard]] char peek();

  private:
    bool fail();
    bool take(char letter);
    void spaces();
    bool skip_string();
    bool skip_number();
    bool skip_word(std::string_view word);
    bool skip_plain();

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool first_ = false;  // right behind an opening bracket
    bool ok_ = true;
};

// A scanned string as people read it: the common escapes undone, other escapes and control letters as '?'.
// For messages.
std::string readable(std::string_view scanned);
// A JSON string, quotes included, of text we made ourselves.
std::string json_text(std::string_view text);

}  // namespace server::node
