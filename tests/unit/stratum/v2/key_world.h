#pragma once
// Vectors, keys and random bytes for tests of Stratum V2's encryption.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "tests/catch.h"
#include <nlohmann/json.hpp>

#include "stratum/v2/ellswift.h"
#include "stratum/v2/keys.h"
#include "stratum/v2/noise.h"

namespace stratum::v2 {

// tests/vectors/stratum_v2.json.
const nlohmann::json& vectors();

template <std::size_t count>
std::array<std::uint8_t, count> array_of(const std::string& hex) {
    std::array<std::uint8_t, count> out;
    REQUIRE(decode_hex(hex, out));
    return out;
}

inline SecretKey secret_of(const std::string& hex) {
    const auto key = SecretKey::from_bytes(array_of<32>(hex));
    REQUIRE(key);
    return *key;
}

inline KeyPair pair_of(const std::string& secret, const std::string& encoding) {
    return {secret_of(secret), {array_of<ellswift_bytes>(encoding)}};
}

// Repeatable random bytes: splitmix64.
class SeededBytes {
  public:
    explicit SeededBytes(std::uint64_t seed) : state_(seed) {}
    void operator()(std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(next() >> 56);
    }
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        auto z = state_;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }

  private:
    std::uint64_t state_;
};

// Both ends of a connection after a handshake.
struct Connected {
    SeededBytes random;
    KeyPair server = make_key_pair(std::ref(random));
    SecretKey authority = SecretKey::make(std::ref(random));
    Certificate certificate = sign_certificate(authority, server.secret.public_key(), {1000, 2000}, {});
    Initiator initiator{make_key_pair(std::ref(random))};
    Response response = respond(initiator.act1(), make_key_pair(std::ref(random)), server, certificate);

    explicit Connected(std::uint64_t seed) : random(seed) {}
};

}  // namespace stratum::v2
