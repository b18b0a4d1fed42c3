#include "server/commands/check_command.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <boost/asio/io_context.hpp>

#include "server/commands/open_database.h"
#include "server/node/nodes.h"
#include "server/pool/journal_folder.h"
#include "server/pool/server_identity.h"
#include "server/random_bytes.h"
#include "server/task.h"

namespace server::commands {
namespace {

class Report {
  public:
    explicit Report(std::ostream& out) : out_(out) {}
    void ok(std::string_view what, std::string_view detail) {
        out_ << fmt::format("ok     {:<14} {}\n", what, detail);
    }
    void fails(std::string_view what, std::string_view detail) {
        out_ << fmt::format("FAILS  {:<14} {}\n", what, detail);
        failed_ = true;
    }
    [[nodiscard]] int exit_code() const { return failed_ ? 1 : 0; }

  private:
    std::ostream& out_;
    bool failed_ = false;
};

void check_folder(Report& report, const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const auto probe = folder / ".check";
    auto* file = error ? nullptr : std::fopen(probe.c_str(), "w");
    if (file == nullptr)
        return report.fails("data folder",
                            fmt::format("{} cannot be written ({}): give this user the folder, or name "
                                        "another one with --data",
                                        folder.string(), error ? error.message() : std::strerror(errno)));
    std::fclose(file);
    std::filesystem::remove(probe, error);
    const auto space = std::filesystem::space(folder, error);
    constexpr std::uintmax_t least_bytes = 2ULL << 30;  // a day of 100 shares/s in journal and database
    if (!error && space.available < least_bytes)
        return report.fails("data folder", fmt::format("{} has only {} MiB left: free at least 2 GiB",
                                                       folder.string(), space.available >> 20));
    report.ok("data folder", fmt::format("{} can be written, {} GiB are free",
                                         std::filesystem::absolute(folder).string(), space.available >> 30));
}

// Another server on this data folder: its ports and its journal are in use, and that is well.
bool is_running(const std::filesystem::path& data_dir) {
    const auto journal = data_dir / "journal";
    return std::filesystem::exists(journal / "lock") && pool::JournalFolder::open(journal).has_error();
}

void check_port(Report& report, const std::string& what, const std::string& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        return report.fails(what,
                            fmt::format("{} is no address: use one as 0.0.0.0, :: or 127.0.0.1", address));
    const pool::File socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool bound = ::bind(socket.descriptor(), found->ai_addr, found->ai_addrlen) == 0;
    const int error = errno;
    ::freeaddrinfo(found);
    if (bound) return report.ok(what, fmt::format("{} port {} is free", address, port));
    report.fails(what, fmt::format("{} port {} cannot be had ({}): stop what uses it or choose another one",
                                   address, port, std::strerror(error)));
}

const char* name_of(const pool::ListenerOptions& listener) {
    switch (listener.accepts) {
        case pool::Accepts::v1:
            break;
        case pool::Accepts::v2:
            return "stratum V2";
        case pool::Accepts::any:
            return "stratum (auto)";
    }
    return listener.tls ? "stratum (TLS)" : "stratum";
}

void check_ports(Report& report, const Config& config) {
    for (const auto& listener : config.pool.listeners)
        check_port(report, name_of(listener), listener.address, listener.port);
    if (config.declaration.enabled)
        check_port(report, "job declaration", config.declaration.address, config.declaration.port);
    check_port(report, "http", config.http.address, config.http.port);
}

void check_files(Report& report, const Config& config) {
    for (const auto& file : {config.pool.tls_certificate, config.pool.tls_key}) {
        if (file.empty()) continue;
        if (::access(file.c_str(), R_OK) == 0) {
            report.ok("TLS file", file.string() + " can be read");
        } else {
            report.fails("TLS file",
                         fmt::format("{} cannot be read ({}): correct pool.tls_certificate and pool.tls_key",
                                     file.string(), std::strerror(errno)));
        }
    }
    constexpr std::size_t spare = 512;   // database, journal, web, nodes
    constexpr std::size_t least = 4096;  // a small farm
    const auto limit = raise_open_files_limit();
    const auto sessions_max = config.pool.sessions_max;
    if (limit < least)
        return report.fails("open files",
                            fmt::format("only {} are allowed: raise LimitNOFILE or ulimit -n", limit));
    const auto note =
        limit >= sessions_max + spare
            ? std::string()
            : fmt::format(": about {} sessions; raise LimitNOFILE or ulimit -n for more", limit - spare);
    report.ok("open files", fmt::format("{} are allowed{}", limit, note));
}

// The keys of V2. Those that the server makes for itself are left to its start.
void check_authority(Report& report, const Config& config) {
    const auto& listeners = config.pool.listeners;
    const char* what = "authority";
    if (std::none_of(listeners.begin(), listeners.end(), [](const pool::ListenerOptions& listener) {
            return listener.accepts != pool::Accepts::v1;
        }))
        return;
    std::error_code error;
    const auto own = config.data_dir / pool::authority_key_name;
    if (config.pool.v2.certificate_file.empty() && !std::filesystem::exists(own, error))
        return report.ok(what, "the start makes the key of Stratum V2: " + own.string());
    const auto now = std::chrono::system_clock::now();
    const auto identity = pool::IdentityKeeper::open(config.pool, fill_random, now);
    if (identity.has_error()) return report.fails(what, identity.error());
    const auto left = std::chrono::duration_cast<std::chrono::hours>((*identity)->certificate_left(now));
    const auto until = config.pool.v2.certificate_file.empty()
                           ? std::string("its certificates are made here")
                           : fmt::format("its certificate is valid for {} more hours", left.count());
    report.ok(what, fmt::format("{}, {}", (*identity)->authority_text(), until));
}

void check_database(Report& report, const Config& config) {
    auto opened = OpenDatabase::open(config.store, OpenDatabase::Guest::visitor);
    if (opened.has_error()) return report.fails("database", opened.error());
    const auto version = opened->database().server_version();
    if (version.has_error())
        return report.fails(
            "database", "does not answer: " + version.error().reason + " Start it, or correct database.url");
    constexpr int least = 150000;
    const auto text = fmt::format("PostgreSQL {}.{}", *version / 10000, *version % 10000);
    if (*version < least)
        return report.fails("database", text + " is too old: version 15 or newer is needed");
    report.ok("database", text + (opened->cluster() != nullptr ? ", our own" : ""));
}

// Asks the nodes as the server does, until all have answered or the time is over.
void check_nodes(Report& report, const Config& config) {
    if (config.development_chain) return report.ok("node", "none configured: the built-in development chain");
    constexpr std::chrono::seconds patience{10};
    boost::asio::io_context control;
    const auto registry = std::make_shared<prometheus::Registry>();
    bool work = false;
    node::NodesEvents events;
    events.on_template = [&work](const stratum::TemplatePtr&) { work = true; };
    events.on_block_news = [](const node::BlockNews&) {};
    events.on_flow = [](bool) {};
    node::Nodes nodes(control, config.node, std::move(events), *registry);
    nodes.start();
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto settled = [&nodes, &work] {
        bool all = work;
        for (const auto& status : nodes.status()) all = all && status.state != node::NodeState::starting;
        return all;
    };
    while (!settled() && std::chrono::steady_clock::now() < end)
        control.run_for(std::chrono::milliseconds(100));
    for (const auto& status : nodes.status()) {
        const auto detail = fmt::format("{}: {}, height {}. {}", status.name, node::name_of(status.state),
                                        status.height, status.detail);
        status.state == node::NodeState::healthy ? report.ok("node", detail) : report.fails("node", detail);
    }
    if (!work)
        report.fails(
            "templates",
            "no node gives a block template: is it synchronised, and does it take part in its network?");
    nodes.stop();
    control.run_for(std::chrono::milliseconds(200));
}

}  // namespace

int run_check(const ParsedConfig& parsed, const std::filesystem::path& config_file, std::ostream& out) {
    Report report(out);
    for (const auto& problem : parsed.problems) report.fails("configuration", explain(problem));
    if (!parsed.problems.empty()) return report.exit_code();
    const auto& config = parsed.config;
    report.ok("configuration", (config_file.empty() ? "all defaults" : config_file.string()) + ", network " +
                                   stratum::name_of(config.pool.network) + ", payouts to " +
                                   config.payout_address);
    check_folder(report, config.data_dir);
    check_files(report, config);
    check_authority(report, config);
    check_database(report, config);
    check_nodes(report, config);
    if (is_running(config.data_dir)) {
        report.ok("ports", "a server runs on this data folder and holds them");
    } else {
        check_ports(report, config);
    }
    return report.exit_code();
}

}  // namespace server::commands
