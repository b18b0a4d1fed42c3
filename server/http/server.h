#pragma once
// The web server: HTTP/1.1 on one thread named `web`, blocking database reads on a few threads of their own.
// main.cpp makes, starts and stops it; every function here is called from main's thread. What is served
// stands in api.cpp. Limits and what happens at them: limits.h.

#include <cstdint>
#include <memory>
#include <stdexcept>

#include "server/http/api.h"
#include "server/http/limits.h"
#include "server/http/options.h"

namespace prometheus {
class Registry;
}

namespace server::http {

class HttpServer {
  public:
    // Reads the static files. Throws std::runtime_error with a remedy when web_dir cannot be used.
    HttpServer(const HttpOptions& options, Services services, prometheus::Registry& registry,
               HttpLimits limits = {});
    ~HttpServer();  // stops
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Listens, then serves on its own thread. Throws std::runtime_error with a remedy when the port cannot be
    // had.
    void start();
    // Stops listening, lets replies that are under way finish within shutdown_timeout, joins. May be called
    // twice.
    void stop();
    // The port it listens on, after start(); useful when the options said 0.
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace server::http
