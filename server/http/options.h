#pragma once
// What the web server is told. Filled by server/config.cpp.

#include <cstdint>
#include <filesystem>
#include <string>

namespace server::http {

struct HttpOptions {
    std::string address = "0.0.0.0";
    std::uint16_t port = 8080;
    std::filesystem::path web_dir;  // built static files; empty: those compiled into the binary
    bool demo = false;              // every page says so
    std::string report_token;       // a secret; empty: reports are not served
};

}  // namespace server::http
