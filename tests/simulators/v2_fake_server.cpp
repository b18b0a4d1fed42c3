// hashyard-v2-fake-server: the fake pool behind a socket, for tests of the V2 tools without a server. Prints
// its URL, serves until its standard input ends, then prints a line for each share:
//   accepted|rejected CHANNEL WORKER HASH
// A share that is a block brings a new tip to everybody when --tips is given. Loopback only; one thread.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <list>

#include "stratum/v2/authority.h"
#include "tests/simulators/loopback.h"
#include "tests/simulators/mining_work.h"
#include "tests/simulators/v2_fake_pool.h"
#include "tests/simulators/v2_keys.h"

namespace simulators {

namespace {

struct Peer {
    int fd;
    V2FakePool pool;
    std::size_t looked_at = 0;  // shares
};

struct ServerOptions {
    double target_bits = 240;  // a share's hash has so many bits at most
    bool tips = false;
    bool refuses_names = false;
};

class FakeServer {
  public:
    explicit FakeServer(const ServerOptions& options) : options_(options) {
        std::uint16_t port = 0;
        listener_ = listen_on_loopback(port, "the fake server");
        tip_.ntime = static_cast<std::uint32_t>(std::time(nullptr));
        std::printf("stratum2+tcp://127.0.0.1:%u/%s\n", unsigned{port},
                    stratum::v2::public_key_text(keys_.authority).c_str());
        std::fflush(stdout);
    }

    void run() {
        for (;;) {
            std::vector<pollfd> waits{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                      {.fd = listener_, .events = POLLIN, .revents = 0}};
            for (const Peer& peer : peers_) waits.push_back({.fd = peer.fd, .events = POLLIN, .revents = 0});
            const int ready = ::poll(waits.data(), waits.size(), 50);
            if ((waits[0].revents & (POLLIN | POLLHUP)) != 0) return tell();
            std::size_t at = 2;
            for (auto peer = peers_.begin(); peer != peers_.end();) {
                const bool keep = waits[at++].revents == 0 || serve(*peer);
                if (ready == 0) peer->pool.flush();
                send(*peer);
                peer = keep ? std::next(peer) : drop(peer);
            }
            if ((waits[1].revents & POLLIN) != 0) accept();
        }
    }

  private:
    void accept() {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        FakePoolOptions pool;
        pool.target = Uint256::max() >> static_cast<int>(256 - options_.target_bits);
        pool.grants_names = !options_.refuses_names;
        peers_.push_back({fd, {keys_, stratum::v2::make_key_pair(system_random), pool, tip_}});
    }

    bool serve(Peer& peer) {
        std::array<std::uint8_t, 65536> part;
        const ssize_t got = ::recv(peer.fd, part.data(), part.size(), 0);
        if (got <= 0 || !peer.pool.receive({part.data(), static_cast<std::size_t>(got)})) return false;
        const auto& shares = peer.pool.shares();
        bool block = false;
        for (; peer.looked_at < shares.size(); ++peer.looked_at) {
            const auto& share = shares[peer.looked_at];
            block = block || (share.accepted && value_of(share.hash) <= target_of_nbits(tip_.nbits));
        }
        if (block && options_.tips) new_tip();
        return true;
    }

    void new_tip() {
        for (std::size_t i = 0; ++tip_.previous.bytes[i] == 0;) ++i;
        for (Peer& peer : peers_) {
            peer.pool.new_tip(tip_);
            send(peer);
        }
    }

    // Blocks: its clients are tests that read.
    static void send(Peer& peer) {
        std::string& out = peer.pool.output();
        for (std::size_t sent = 0; sent < out.size();) {
            const ssize_t n = ::send(peer.fd, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
            if (n <= 0 && errno != EINTR) break;
            if (n > 0) sent += static_cast<std::size_t>(n);
        }
        out.clear();
    }

    std::list<Peer>::iterator drop(std::list<Peer>::iterator peer) {
        ::close(peer->fd);
        past_shares_.insert(past_shares_.end(), peer->pool.shares().begin(), peer->pool.shares().end());
        return peers_.erase(peer);
    }

    void tell() {
        while (!peers_.empty()) drop(peers_.begin());
        for (const auto& share : past_shares_)
            std::printf("%s %u %s %s\n", share.accepted ? "accepted" : "rejected", share.channel_id,
                        share.worker.empty() ? "-" : share.worker.c_str(),
                        stratum::displayed(share.hash).c_str());
    }

    ServerOptions options_;
    FakePoolKeys keys_ = FakePoolKeys::make(system_random, {.valid_from = 0, .not_valid_after = ~0U});
    FakeTip tip_;
    int listener_ = -1;
    std::list<Peer> peers_;
    std::vector<V2FakePool::Share> past_shares_;
};

}  // namespace
}  // namespace simulators

int main(int argc, char** argv) {
    simulators::ServerOptions options;
    CLI::App app{"A Stratum V2 pool of the least kind, for tests"};
    app.add_option("--target-bits", options.target_bits)->check(CLI::Range(1.0, 256.0));
    app.add_flag("--tips", options.tips, "a block share makes a new tip");
    app.add_flag("--refuse-names", options.refuses_names);
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    simulators::FakeServer(options).run();
    return 0;
}
