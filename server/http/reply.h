#pragma once
// An answer before it becomes bytes. Made by handlers on any thread, written by connection.cpp. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace server::http {

struct Reply {
    unsigned status = 200;
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;  // beyond those that every reply carries
};

// An error as RFC 9457 tells it. `name` is a fixed snake_case word that programs can test; `detail` says what
// was wrong and what to do.
Reply problem(unsigned status, std::string_view name, std::string_view detail);

// The reason phrase of a status that this server sends.
std::string_view reason_of(unsigned status);

}  // namespace server::http
