#pragma once
// Stratum V1 lines: JSON text to messages and back. Pure; any thread. Every byte of input is untrusted.
// The one hot shape, mining.submit, is scanned without allocating; everything else goes through a JSON
// parser.

#include <optional>
#include <string>
#include <string_view>

#include "stratum/bytes.h"
#include "stratum/v1/messages.h"

namespace stratum::v1 {

enum class LineError { not_json, too_deep, not_an_object, bad_id, no_method, bad_params };
std::string_view explain(LineError error);

// A mining.submit of the usual shape: any key order, no escapes. False: not that shape (use parse_line).
// `id` and the views in `submit` point into `line`.
[[nodiscard]] bool scan_submit(std::string_view line, std::string_view& id, Submit& submit);

struct ParsedLine {
    std::optional<LineError> error;
    Request request;
};
// One line without its newline.
[[nodiscard]] ParsedLine parse_line(std::string_view line);

// Answers. `id` is JSON text.
void append_true(std::string& out, std::string_view id);
void append_result(std::string& out, std::string_view id, std::string_view result_json);
void append_error(std::string& out, std::string_view id, int code, std::string_view text);
// Notifications.
void append_set_difficulty(std::string& out, Difficulty difficulty);
void append_set_version_mask(std::string& out, std::uint32_t mask);
void append_set_extranonce(std::string& out, ByteView prefix, std::size_t rest_bytes);
void append_show_message(std::string& out, std::string_view text);
void append_reconnect(std::string& out);
// JSON string with quotes; bytes that are not printable ASCII become '?'.
void append_quoted(std::string& out, std::string_view text);
// Difficulty as V1 clients can read it: at most six significant digits, rounded up so that no client's target
// is easier than ours.
std::string difficulty_text(Difficulty difficulty);

}  // namespace stratum::v1
