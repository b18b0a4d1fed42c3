// What Stratum V2's encryption costs on this machine: medians of processor time, one thread.
//   hashyard-encryption-bench [ROUNDS]

#include <ctime>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "stratum/v2/ellswift.h"
#include "stratum/v2/ellswift_portable.h"
#include "stratum/v2/noise.h"
#include "stratum/v2/transport.h"

namespace {

using namespace stratum;
using namespace stratum::v2;

constexpr double response_us_max = 1000;  // what a handshake may cost a server whose ephemeral key lies ready

double processor_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Nanoseconds a call, the median of `rounds` rounds of `calls` calls.
double median_ns(int rounds, int calls, const std::function<void()>& call) {
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        const double start = processor_ns();
        for (int i = 0; i < calls; ++i) call();
        times.push_back((processor_ns() - start) / calls);
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[static_cast<std::size_t>(rounds / 2)];
}

struct Bench {
    int rounds;
    std::mt19937_64 engine{1};
    RandomSource random = [this](std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(engine());
    };

    void print(const char* what, double value, const char* unit) const {
        std::printf("%-46s %9.2f %s\n", what, value, unit);
    }
    void keys() {
        auto pair = make_key_pair(random);
        const auto key = pair.secret.public_key();
        print("make a key pair with its encoding",
              median_ns(rounds, 50, [&] { pair = make_key_pair(random); }) / 1000, "us");
        print("encode", median_ns(rounds, 50, [&] { pair.encoding = encode(key, random); }) / 1000, "us");
        print("encode, portable",
              median_ns(rounds, 50, [&] { pair.encoding = portable::encode(key, random); }) / 1000, "us");
        EllSwift any;
        XOnlyKey decoded;
        const auto next = [&] {
            random(any.bytes);
            return any;
        };
        print("decode", median_ns(rounds, 50, [&] { decoded = decode(next()); }) / 1000, "us");
        print("decode, portable", median_ns(rounds, 50, [&] { decoded = portable::decode(next()); }) / 1000,
              "us");
        print("shared secret",
              median_ns(rounds, 50, [&] { any.bytes[0] = ecdh(pair, next(), Role::responder).bytes[0]; }) /
                  1000,
              "us");
    }
    // True when it is within its limit.
    bool handshake() {
        const auto server = make_key_pair(random);
        const auto ephemeral = make_key_pair(random);
        const auto authority = SecretKey::make(random);
        Certificate certificate;
        const Initiator initiator(make_key_pair(random));
        print("sign a certificate",
              median_ns(rounds, 20,
                        [&] {
                            certificate = sign_certificate(authority, server.secret.public_key(), {0, 1}, {});
                        }) /
                  1000,
              "us");
        Response response;
        const double response_us =
            median_ns(rounds, 20,
                      [&] { response = respond(initiator.act1(), ephemeral, server, certificate); }) /
            1000;
        print("handshake, server, ephemeral key made ahead", response_us, "us");
        print("handshake, client (not its key, its check)",
              median_ns(rounds, 20, [&] { static_cast<void>(initiator.read_act2(response.act2)); }) / 1000,
              "us");
        return response_us <= response_us_max;
    }
    void frames(std::size_t payload_bytes, int calls) {
        TransportKeys keys;
        Transport sender(keys);
        Transport receiver(keys);
        const Bytes payload(payload_bytes);
        std::string wire;
        const std::string size = " a frame of " + std::to_string(payload_bytes) + " bytes";
        const double seal_ns = median_ns(rounds, 1, [&] {
            wire.clear();
            for (int i = 0; i < calls; ++i) sender.write({}, payload, wire);
        });
        Transport again(keys);
        print(("seal" + size).c_str(), seal_ns / calls, "ns");
        const double open_ns = median_ns(rounds, 1, [&] {
            wire.clear();
            for (int i = 0; i < calls; ++i) again.write({}, payload, wire);
            auto rest = view_of(wire);
            while (receiver.read(rest, payload_bytes_max) == Read::frame) {
            }
            if (receiver.read(rest, payload_bytes_max) != Read::incomplete) std::abort();
        });
        print(("seal and open" + size).c_str(), open_ns / calls, "ns");
    }
};

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 101;
    Bench bench{rounds};
    std::printf("ElligatorSwift: %s; a connection's encryption: %zu bytes\n", ellswift_backend(),
                sizeof(Transport));
    bench.keys();
    const bool fast_enough = bench.handshake();
    bench.frames(24, 1000);
    bench.frames(100, 1000);
    bench.frames(65519, 10);
    if (!fast_enough) std::printf("TOO SLOW: a server's handshake may cost %.0f us\n", response_us_max);
    return fast_enough ? 0 : 1;
}
