#include "stratum/v1/codec.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "stratum/v1/submit_fields.h"

namespace stratum::v1 {
namespace {

using nlohmann::json;

// Brackets outside strings; guards the parser against deep nesting before it sees the line.
bool too_deep(std::string_view line) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char letter = line[i];
        if (in_string) {
            if (letter == '\\')
                ++i;
            else if (letter == '"')
                in_string = false;
        } else if (letter == '"') {
            in_string = true;
        } else if (letter == '[' || letter == '{') {
            if (++depth > json_depth_max) return true;
        } else if ((letter == ']' || letter == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

std::string text_of(const json& value, std::size_t bytes_max) {
    return value.is_string() ? value.get_ref<const std::string&>().substr(0, bytes_max) : std::string();
}

const json& element(const json& array, std::size_t index) {
    static const json none;
    return array.is_array() && index < array.size() ? array[index] : none;
}

// A number, or a decimal string as some firmware sends it.
std::optional<Difficulty> difficulty_from(const json& value) {
    if (value.is_number()) return Difficulty::at_most(value.get<double>());
    if (value.is_string()) return Difficulty::parse(value.get_ref<const std::string&>());
    return std::nullopt;
}

Body read_submit(const json& params, std::string& worker) {
    SubmitFields fields;
    Submit malformed;
    malformed.refused = RejectReason::malformed;
    if (!params.is_array() || params.size() > fields.text.size()) return malformed;
    for (const auto& value : params) {
        if (!value.is_string()) return malformed;
        fields.text[fields.count++] = value.get_ref<const std::string&>();
    }
    auto submit = decode_submit(fields);
    worker = submit.worker;  // the parsed text dies with the document
    submit.worker = {};
    return submit;
}

Body read_configure(const json& params) {
    Configure out;
    const auto& options = element(params, 1);
    const auto option = [&](const char* name) {
        return options.is_object() && options.contains(name) ? options[name] : json();
    };
    for (const auto& extension : element(params, 0).is_array() ? params[0] : json::array()) {
        const auto name = text_of(extension, agent_bytes_max);
        if (name == "version-rolling") {
            out.version_rolling = true;
            const auto mask = option("version-rolling.mask");
            if (mask.is_string())
                out.mask = parse_hex_u32(mask.get_ref<const std::string&>()).value_or(0xffffffff);
        } else if (name == "minimum-difficulty") {
            out.minimum_difficulty = true;
            out.minimum_difficulty_value = difficulty_from(option("minimum-difficulty.value"));
        } else if (name == "subscribe-extranonce") {
            out.subscribe_extranonce = true;
        } else if (name == "info") {
            out.info = true;
        } else if (!name.empty() && out.unknown.size() < 8) {
            out.unknown.push_back(name);
        }
    }
    return out;
}

Body read_suggested_target(const json& params) {
    const auto target = Uint256::parse_hex(text_of(element(params, 0), 64));
    if (!target || target->is_zero()) return SuggestDifficulty{};
    return SuggestDifficulty{Difficulty::at_most(difficulty_of_target(*target))};
}

Body read_body(const std::string& method, const json& params, bool has_id, std::string& worker) {
    if (method == "mining.submit") return read_submit(params, worker);
    if (method == "mining.subscribe")
        return Subscribe{text_of(element(params, 0), agent_bytes_max), text_of(element(params, 1), 64)};
    if (method == "mining.authorize" || method == "mining.auth")
        return Authorize{text_of(element(params, 0), 256), text_of(element(params, 1), 256)};
    if (method == "mining.configure") return read_configure(params);
    if (method == "mining.suggest_difficulty")
        return SuggestDifficulty{difficulty_from(params.is_array() ? element(params, 0) : params)};
    if (method == "mining.suggest_target") return read_suggested_target(params);
    if (method == "mining.extranonce.subscribe") return ExtranonceSubscribe{};
    if (method == "mining.get_transactions") return GetTransactions{};
    if (method == "mining.ping" || method == "client.ping") return Ping{};
    if (method == "mining.set_difficulty" || method == "mining.set_target" ||
        method == "client.show_message" || method == "mining.capabilities")
        return has_id ? Body(Ignored{}) : Body(Silent{});
    if (!has_id) return Silent{};
    return Unknown{method.substr(0, 64)};
}

// The value of the last top-level key "id" in a line that is a JSON object, as it is written there.
std::string_view find_id(std::string_view line) {
    std::string_view found;
    std::size_t depth = 0;
    const auto string_end =
        [line](std::size_t at) {  // behind the quote that closes the string opened at `at`
            for (++at; at < line.size() && line[at] != '"'; ++at)
                if (line[at] == '\\') ++at;
            return std::min(at + 1, line.size());
        };
    for (std::size_t at = 0; at < line.size();) {
        const char letter = line[at];
        if (letter != '"') {
            if (letter == '[' || letter == '{') ++depth;
            if ((letter == ']' || letter == '}') && depth > 0) --depth;
            ++at;
            continue;
        }
        const auto end = string_end(at);
        const auto colon = line.find_first_not_of(" \t\r", end);
        const bool is_id =
            depth == 1 && line.substr(at, end - at) == "\"id\"" && colon < line.size() && line[colon] == ':';
        at = end;
        if (!is_id) continue;
        const auto from = line.find_first_not_of(" \t\r", colon + 1);
        if (from == std::string_view::npos) break;
        at =
            line[from] == '"' ? string_end(from) : std::min(line.find_first_of(",} \t\r", from), line.size());
        found = line.substr(from, at - from);
    }
    return found;
}

// Clients compare ids as they wrote them: 1e3 stays 1e3, and a number beyond 64 bits keeps its digits.
std::string id_as_sent(std::string_view line, const json& id) {
    const auto text = find_id(line);
    if (!text.empty() && json::parse(text.begin(), text.end(), nullptr, false) == id)
        return std::string(text);
    return id.dump(-1, ' ', true, json::error_handler_t::replace);  // its key is written with escapes
}

}  // namespace

std::string_view explain(LineError error) {
    switch (error) {
        case LineError::not_json:
            return "Not JSON: send one JSON object per line";
        case LineError::too_deep:
            return "JSON nested too deeply";
        case LineError::not_an_object:
            return "Not a JSON object";
        case LineError::bad_id:
            return "The id must be a number, a string or null, at most 64 bytes";
        case LineError::no_method:
            return "No method: send {\"id\":1,\"method\":\"mining.…\",\"params\":[]}";
        case LineError::bad_params:
            return "The params must be an array";
    }
    return "Bad line";
}

ParsedLine parse_line(std::string_view line) {
    ParsedLine out;
    const auto fail = [&out](LineError error) {
        out.error = error;
        return out;
    };
    if (too_deep(line)) return fail(LineError::too_deep);
    const auto document = json::parse(line.begin(), line.end(), nullptr, false);
    if (document.is_discarded()) return fail(LineError::not_json);
    if (!document.is_object()) return fail(LineError::not_an_object);

    const auto id = document.find("id");
    if (id != document.end() && !id->is_null()) {
        if (!id->is_number() && !id->is_string()) return fail(LineError::bad_id);
        auto text = id_as_sent(line, *id);
        if (text.size() > request_id_bytes_max) return fail(LineError::bad_id);
        out.request.id = std::move(text);
        out.request.has_id = true;
    }
    const auto method = document.find("method");
    if (method == document.end() || method->is_null()) {
        if (document.contains("result") || document.contains("error")) {
            out.request.body = Silent{};
            return out;
        }
        return fail(LineError::no_method);
    }
    if (!method->is_string()) return fail(LineError::no_method);
    static const json none = json::array();
    const auto params = document.find("params");
    out.request.body =
        read_body(method->get_ref<const std::string&>(), params == document.end() ? none : *params,
                  out.request.has_id, out.request.worker);
    return out;
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            out += '\\';
            out += letter;
        } else {
            out += static_cast<unsigned char>(letter) < 0x20 || static_cast<unsigned char>(letter) > 0x7e
                       ? '?'
                       : letter;
        }
    }
    out += '"';
}

void append_true(std::string& out, std::string_view id) {
    out += "{\"id\":";
    out += id;
    out += ",\"result\":true,\"error\":null}\n";
}

void append_result(std::string& out, std::string_view id, std::string_view result_json) {
    out += "{\"id\":";
    out += id;
    out += ",\"result\":";
    out += result_json;
    out += ",\"error\":null}\n";
}

void append_error(std::string& out, std::string_view id, int code, std::string_view text) {
    out += "{\"id\":";
    out += id;
    out += ",\"result\":null,\"error\":[";
    out += std::to_string(code);
    out += ',';
    append_quoted(out, text);
    out += ",null]}\n";
}

std::string difficulty_text(Difficulty difficulty) {
    const double value = difficulty.approximate();
    if (value >= 1) return difficulty.text();
    const int first_digit =
        -static_cast<int>(std::floor(std::log10(value)));  // decimal place of the first digit
    const int places = first_digit + 5;
    const double scale = std::pow(10.0, places);
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", places, std::ceil(value * scale - 1e-9) / scale);
    std::string out = text;
    while (out.back() == '0') out.pop_back();
    return out;
}

void append_set_difficulty(std::string& out, Difficulty difficulty) {
    out += R"({"id":null,"method":"mining.set_difficulty","params":[)";
    out += difficulty_text(difficulty);
    out += "]}\n";
}

void append_set_version_mask(std::string& out, std::uint32_t mask) {
    out += R"({"id":null,"method":"mining.set_version_mask","params":[")";
    append_hex_u32(out, mask);
    out += "\"]}\n";
}

void append_set_extranonce(std::string& out, ByteView prefix, std::size_t rest_bytes) {
    out += R"({"id":null,"method":"mining.set_extranonce","params":[")";
    append_hex(out, prefix);
    out += "\",";
    out += std::to_string(rest_bytes);
    out += "]}\n";
}

void append_show_message(std::string& out, std::string_view text) {
    out += R"({"id":null,"method":"client.show_message","params":[)";
    append_quoted(out, text);
    out += "]}\n";
}

void append_reconnect(std::string& out) {
    out += "{\"id\":null,\"method\":\"client.reconnect\",\"params\":[]}\n";
}

}  // namespace stratum::v1
