#include "server/accounting.h"

namespace server {

namespace {

constexpr std::size_t connections_max = 2;

}  // namespace

Accounting::Accounting(const Config& /*config*/, const std::string& database_url,
                       prometheus::Registry& registry)
    : database_(database_url, connections_max),
      bookkeeper_(database_, books::BookkeeperOptions{}, registry) {}

void Accounting::start() { bookkeeper_.start(); }

void Accounting::stop() { bookkeeper_.stop(); }

}  // namespace server
