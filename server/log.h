#pragma once
// One line per event on standard error: time, level, event name, then name=value fields. Any thread; lines
// never mix. error = wake someone, warn = look today, info = rare facts, debug = off unless asked for. Never
// a secret, never per share. Each event name may print `burst` lines a second; the rest are counted and told
// with the next line that prints.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace server::log {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

struct Field {
    std::string_view name;
    std::string value;
    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const char* v) : name(n), value(v) {}
    Field(std::string_view n, const std::string& v) : name(n), value(v) {}
    Field(std::string_view n, bool v) : name(n), value(v ? "true" : "false") {}
    template <typename Number>
    requires std::is_arithmetic_v<Number> Field(std::string_view n, Number v)
        : name(n), value(std::to_string(v)) {}
};

void configure(Level least, Format format);
// The line write() prints, newline included. A value with blanks or quotes is quoted; control letters are
// escaped, so a peer's text cannot start a line of its own. Values are cut at 1,024 bytes.
std::string line_of(Format format, std::string_view time, Level level, std::string_view event,
                    std::initializer_list<Field> fields, std::int64_t dropped);
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace server::log
