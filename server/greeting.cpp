#include "server/greeting.h"

#include <ostream>

#include "server/http/connect_urls.h"

namespace server {
namespace {

std::string host_of(const http::LiveListener& listener) {
    const bool all = listener.address == "0.0.0.0" || listener.address == "::";
    return all ? "HOST" : listener.address;
}

void print_example(std::ostream& out, const Whereabouts& where) {
    for (const auto& listener : where.listeners) {
        if (listener.protocol != "stratum_v1" && listener.protocol != "stratum_auto") continue;
        out << "  example: minerd -a sha256d -o stratum+tcp://localhost:" << listener.port << " -u "
            << where.config.payout_address << ".rig1 -p x\n";
        return;
    }
}

}  // namespace

void print(std::ostream& out, const Whereabouts& where) {
    const auto& config = where.config;
    out << "Hashyard is up on " << stratum::name_of(config.pool.network)
        << (config.development_chain ? " (the built-in development chain: nothing mined here has value)" : "")
        << ".\n";
    for (const auto& listener : where.listeners)
        for (const auto& url : http::connect_urls(listener, host_of(listener)))
            out << "  mine:    " << url << "  user ADDRESS.WORKER, any password (d=N fixes the difficulty)\n";
    if (where.declaration_port != 0)
        out << "  declare: HOST:" << where.declaration_port
            << "  job declaration, with the key of the V2 URL\n";
    if (where.web_port != 0)
        out << "  look:    http://" << (config.http.address == "0.0.0.0" ? "localhost" : config.http.address)
            << ":" << where.web_port << "/  (metrics: /metrics, health: /healthz)\n";
    out << "  data:    " << config.data_dir.string() << "\n";
    print_example(out, where);
    out << "Ctrl-C stops it cleanly." << std::endl;
}

}  // namespace server
