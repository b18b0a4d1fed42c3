#include "server/pool/pool.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "server/log.h"
#include "server/pool/node_secret.h"
#include "server/pool/shard.h"
#include "server/random_bytes.h"

namespace server::pool {
namespace {

using Failure = std::string;

sockaddr_storage address_of(const IpAddress& ip, std::uint16_t port, socklen_t& length) {
    sockaddr_storage out{};
    if (ip.is_v4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, ip.bytes.data() + 12, 4);
        std::memcpy(&out, &v4, length = sizeof v4);
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&v6.sin6_addr, ip.bytes.data(), 16);
        std::memcpy(&out, &v6, length = sizeof v6);
    }
    return out;
}

std::uint16_t port_of(int descriptor) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    std::uint16_t port = 0;  // sin_port and sin6_port stand at the same place
    std::memcpy(&port, reinterpret_cast<const char*>(&address) + offsetof(sockaddr_in, sin_port),
                sizeof port);
    return ntohs(port);
}

// One of several sockets on the same port (SO_REUSEPORT): the kernel spreads connections over the shards.
boost::system::result<File, Failure> listen_on(const ListenerOptions& options, std::uint16_t port) {
    const auto ip = parse_ip(options.address);
    if (!ip)
        return "The listener address " + options.address +
               " is no IPv4 or IPv6 address: write 0.0.0.0, :: or one of this machine";
    File out(socket(ip->is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    const int off = 0;
    setsockopt(out.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(out.descriptor(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (!ip->is_v4())
        setsockopt(out.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);  // "::" takes both
    socklen_t length = 0;
    const auto address = address_of(*ip, port, length);
    constexpr int backlog = 4096;  // a reconnect storm; the kernel caps it at somaxconn
    if (bind(out.descriptor(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        listen(out.descriptor(), backlog) != 0)
        return "Cannot listen on " + options.address + " port " + std::to_string(port) + ": " +
               std::strerror(errno) + ". Stop what uses the port or set another one";
    return out;
}

// SO_REUSEPORT would let two pools share a port in silence; this bind without it finds the other one.
bool port_is_taken(const ListenerOptions& options) {
    const auto ip = parse_ip(options.address);
    if (!ip || options.port == 0) return false;
    const File probe(socket(ip->is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(probe.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t length = 0;
    const auto address = address_of(*ip, options.port, length);
    return bind(probe.descriptor(), reinterpret_cast<const sockaddr*>(&address), length) != 0 &&
           errno == EADDRINUSE;
}

stratum::v1::SessionSettings settings_of(const PoolOptions& options, const ListenerOptions& listener) {
    stratum::v1::SessionSettings out;
    out.difficulty_start = listener.difficulty_start;
    out.difficulty_min = listener.difficulty_min;
    out.vardiff = {options.shares_per_minute, options.vardiff};
    out.rest_bytes = listener.rest_bytes;
    out.version_mask = options.version_mask;
    out.difficulty_capped_by_network = options.network != stratum::Network::regtest;
    out.login_timeout = options.login_timeout;
    out.idle_timeout = options.idle_timeout;
    return out;
}

stratum::v2::SessionSettings v2_settings_of(const PoolOptions& options, const ListenerOptions& listener) {
    stratum::v2::SessionSettings out;
    auto& mining = out.mining;
    mining.difficulty_start = listener.difficulty_start;
    mining.difficulty_min = listener.difficulty_min;
    mining.vardiff = {options.shares_per_minute, options.vardiff};
    mining.difficulty_capped_by_network = options.network != stratum::Network::regtest;
    mining.version_mask = options.v2.version_mask;
    mining.channels_max = options.v2.channels_per_connection_max;
    mining.job_declaration = options.v2.job_declaration;
    mining.success_batch = options.v2.success_batch;
    mining.success_delay = options.v2.success_delay;
    out.channel_timeout = options.v2.channel_timeout;
    out.idle_timeout = options.idle_timeout;
    return out;
}

Protocol protocol_of(const ListenerOptions& listener) {
    switch (listener.accepts) {
        case Accepts::v1:
            break;
        case Accepts::v2:
            return Protocol::stratum_v2;
        case Accepts::any:
            return Protocol::stratum_auto;
    }
    return listener.tls ? Protocol::stratum_v1_tls : Protocol::stratum_v1;
}

boost::system::result<Listener, Failure> make_listener(const PoolOptions& options, std::size_t index,
                                                       std::uint16_t port) {
    const auto& from = options.listeners[index];
    Listener out;
    out.index = index;
    out.protocol = protocol_of(from);
    out.settings = settings_of(options, from);
    out.settings_v2 = v2_settings_of(options, from);
    for (const auto& text : from.proxy_trusted) {
        const auto range = IpRange::parse(text);
        if (!range)
            return "The trusted proxy range " + text +
                   " is not an address or CIDR range: write it like 10.0.0.0/8";
        out.proxy_trusted.push_back(*range);
    }
    auto socket = listen_on(from, port);
    if (!socket) return socket.error();
    out.socket = std::move(*socket);
    return out;
}

}  // namespace

const char* name_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::stratum_v1:
            return "stratum_v1";
        case Protocol::stratum_v1_tls:
            return "stratum_v1_tls";
        case Protocol::stratum_v2:
            return "stratum_v2";
        case Protocol::stratum_auto:
            return "stratum_auto";
    }
    return "";
}

unsigned Pool::shards_of(const PoolOptions& options) {
    if (options.shards != 0) return options.shards;
    return std::max(1u, std::thread::hardware_concurrency() - 1);
}

Pool::~Pool() { stop(); }

// What the listeners need to speak in secret. Empty, or what is wrong.
std::string Pool::open_encryption(const PoolOptions& options) {
    const auto& listeners = options.listeners;
    const bool certificate_given = !options.tls_certificate.empty();
    if (std::any_of(listeners.begin(), listeners.end(), [certificate_given](const auto& l) {
            return l.tls || (l.accepts == Accepts::any && certificate_given);
        })) {
        auto tls = TlsContext::load(options.tls_certificate, options.tls_key);
        if (!tls) return tls.error();
        tls_ = std::move(*tls);
    }
    if (std::any_of(listeners.begin(), listeners.end(),
                    [](const auto& l) { return l.accepts != Accepts::v1; })) {
        auto identity = IdentityKeeper::open(options, fill_random, std::chrono::system_clock::now());
        if (!identity) return identity.error();
        identity_ = std::move(*identity);
        handshakes_ = std::make_unique<HandshakeDesk>(*identity_, fill_random);
    }
    return {};
}

boost::system::result<std::unique_ptr<Pool>, std::string> Pool::open(
    const PoolOptions& options, Journals& journals, Metrics& metrics,
    std::function<void(node::BlockCandidate)> on_block) {
    std::unique_ptr<Pool> pool(new Pool);
    if (const auto problem = pool->open_encryption(options); !problem.empty()) return problem;
    const auto secret = node_secret(options.data_dir / "session-secret");
    if (!secret) return secret.error();
    for (const auto& listener : options.listeners)
        if (port_is_taken(listener))
            return "Port " + std::to_string(listener.port) + " on " + listener.address +
                   " is in use. Stop what uses it or set another port";

    const unsigned shards = shards_of(options);
    STRATUM_ENSURE(shards <= 256 && journals.size() >= shards);
    const auto start_s =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    for (unsigned k = 0; k < shards; ++k) {
        std::vector<Listener> listeners;
        for (std::size_t i = 0; i < options.listeners.size(); ++i) {
            auto listener =
                make_listener(options, i, k == 0 ? options.listeners[i].port : pool->bound_[i].port);
            if (!listener) return listener.error();
            if (k == 0)
                pool->bound_.push_back({name_of(listener->protocol), options.listeners[i].address,
                                        port_of(listener->socket.descriptor()),
                                        listener->takes_v2() ? pool->identity_->authority_text() : ""});
            listeners.push_back(std::move(*listener));
        }
        ShardOptions shard;
        shard.index = k;
        shard.sessions_max = options.sessions_max / shards;
        shard.sessions_per_ip_max = options.sessions_per_ip_max;
        shard.journal_strict = options.journal_strict;
        // Steps of 2^12 from one second to the next: the prefixes of the last run are met again after 4,096
        // starts.
        shard.desk = {
            k,
            options.network,
            {options.coinbase_tag, options.payout_script, options.version_mask, options.v2.version_mask},
            *secret,
            static_cast<std::uint32_t>(start_s.count() << 12),
            &pool->declared_};
        pool->shards_.push_back(std::make_unique<Shard>(std::move(shard), std::move(listeners),
                                                        journals.writer(k), journals.sync(), pool->names_,
                                                        Encryption{pool->tls_.get(), pool->handshakes_.get()},
                                                        metrics.shard(k), on_block, pool->rejects_));
    }
    std::vector<Shard*> all;
    for (const auto& shard : pool->shards_) all.push_back(shard.get());
    for (const auto& shard : pool->shards_) shard->meet(all);
    return pool;
}

void Pool::start() {
    if (handshakes_) handshakes_->start();
    for (std::size_t k = 0; k < shards_.size(); ++k) {
        threads_.emplace_back([shard = shards_[k].get()] { shard->run(); });
        pthread_setname_np(threads_.back().native_handle(), ("shard-" + std::to_string(k)).c_str());
    }
}

void Pool::stop() {
    for (auto& shard : shards_) shard->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    if (handshakes_) handshakes_->stop();
}

std::vector<RejectNews> Pool::take_rejects() {
    std::vector<RejectNews> out;
    for (auto& report : rejects_.take_all(std::chrono::milliseconds(0)))
        out.insert(out.end(), std::make_move_iterator(report.begin()), std::make_move_iterator(report.end()));
    return out;
}

bool Pool::journal_works() const {
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const auto& shard) { return shard->journal_works(); });
}

void Pool::on_template(const stratum::TemplatePtr& work) {
    const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    for (auto& shard : shards_)
        if (!shard->post_template(work, now_us.count()))
            log::error("shard_behind", {{"what", "template not taken"}});
}

void Pool::on_flow(bool templates_flow) {
    for (auto& shard : shards_)
        if (!shard->post_flow(templates_flow)) log::error("shard_behind", {{"what", "flow not taken"}});
}

}  // namespace server::pool
