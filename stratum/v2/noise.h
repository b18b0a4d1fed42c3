#pragma once
// The handshake in front of Stratum V2: Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256. The client sends act
// 1, the server answers act 2; both then have the keys of the two directions. Pure; any thread; the ephemeral
// key is an argument, so that it can be made ahead. SV2 chapter 4.5.

#include <array>
#include <cstdint>
#include <span>

#include <boost/system/result.hpp>

#include "stratum/bytes.h"
#include "stratum/v2/certificate.h"
#include "stratum/v2/ellswift.h"

namespace stratum::v2 {

inline constexpr std::size_t act1_bytes = 64;
inline constexpr std::size_t act2_bytes = 234;
using Act1 = std::array<std::uint8_t, act1_bytes>;
using Act2 = std::array<std::uint8_t, act2_bytes>;

// What one side of a connection encrypts and decrypts with.
struct TransportKeys {
    std::array<std::uint8_t, 32> receive{};
    std::array<std::uint8_t, 32> send{};

    ~TransportKeys() {
        wipe(receive);
        wipe(send);
    }
};

struct Response {
    Act2 act2{};
    TransportKeys keys;
    Hash256 handshake_hash;  // equal on both sides
};
// The server's part. Every act 1 is well-formed, so this cannot fail; the first frame tells whether the
// client was one. An ephemeral key is for one handshake only.
Response respond(std::span<const std::uint8_t, act1_bytes> act1, const KeyPair& ephemeral,
                 const KeyPair& static_key, const Certificate& certificate);

enum class HandshakeError : std::uint8_t { bad_static_key, bad_certificate };  // which part does not decrypt

// The client's part: towards template providers, in tests and load generators.
class Initiator {
  public:
    explicit Initiator(const KeyPair& ephemeral) : ephemeral_(ephemeral) {}

    struct Session {
        TransportKeys keys;
        XOnlyKey server_key;
        Certificate certificate;  // not checked yet: see check() in certificate.h
        Hash256 handshake_hash;
    };
    [[nodiscard]] const Act1& act1() const { return ephemeral_.encoding.bytes; }
    [[nodiscard]] boost::system::result<Session, HandshakeError> read_act2(
        std::span<const std::uint8_t, act2_bytes> act2) const;

  private:
    KeyPair ephemeral_;
};

}  // namespace stratum::v2
