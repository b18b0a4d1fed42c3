#include "stratum/v2/noise.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "stratum/sha256.h"
#include "stratum/v2/aead.h"

namespace stratum::v2 {
namespace {

// SHA-256 of the protocol's name, and of that (the empty prologue mixed in).
constexpr std::array<std::uint8_t, 32> first_chaining_key{
    0x2e, 0xb4, 0x78, 0x81, 0x20, 0x8e, 0x9e, 0xee, 0x1f, 0x66, 0x9f, 0x67, 0xc6, 0x6e, 0xe7, 0x0e,
    0xa9, 0xea, 0x88, 0x09, 0x0d, 0x50, 0x3f, 0xe8, 0x30, 0xdc, 0x4b, 0xc8, 0x3e, 0x29, 0xbf, 0x10};
constexpr std::array<std::uint8_t, 32> first_hash{
    0x92, 0x2f, 0xa3, 0x2e, 0x4f, 0x48, 0x7c, 0x0d, 0x59, 0xca, 0xa3, 0xbe, 0xd7, 0x89, 0x9c, 0xe3,
    0xd9, 0x8d, 0xb7, 0xe1, 0x3d, 0xbd, 0x3b, 0x7c, 0xf2, 0xd2, 0x3d, 0xd4, 0x33, 0xdc, 0x61, 0x04};

constexpr std::size_t sealed_static_bytes = ellswift_bytes + aead_tag_bytes;
constexpr std::size_t sealed_certificate_bytes = certificate_bytes + aead_tag_bytes;
static_assert(ellswift_bytes + sealed_static_bytes + sealed_certificate_bytes == act2_bytes);

constexpr std::size_t hmac_message_bytes_max = 64;

// HMAC-SHA256 (RFC 2104) with a key of 32 bytes.
Secret32 hmac(const Secret32& key, ByteView message) {
    constexpr std::size_t block_bytes = 64;
    STRATUM_ENSURE(message.size() <= hmac_message_bytes_max);
    std::array<std::uint8_t, block_bytes + hmac_message_bytes_max> inner{};
    std::array<std::uint8_t, block_bytes + 32> outer{};
    for (std::size_t i = 0; i < block_bytes; ++i) {
        const auto byte = i < key.bytes.size() ? key.bytes[i] : std::uint8_t{0};
        inner[i] = byte ^ 0x36;
        outer[i] = byte ^ 0x5c;
    }
    std::copy(message.begin(), message.end(), inner.begin() + block_bytes);
    auto hash = sha256(ByteView{inner}.first(block_bytes + message.size()));
    std::copy(hash.bytes.begin(), hash.bytes.end(), outer.begin() + block_bytes);
    hash = sha256(outer);
    wipe(inner);
    wipe(outer);
    return {hash.bytes};
}

// HKDF of Noise with two outputs.
std::pair<Secret32, Secret32> derive(const Secret32& chaining_key, ByteView input) {
    const auto extracted = hmac(chaining_key, input);
    std::array<std::uint8_t, 33> message{1};
    const auto first = hmac(extracted, ByteView{message}.first(1));
    std::copy(first.bytes.begin(), first.bytes.end(), message.begin());
    message[32] = 2;
    const auto second = hmac(extracted, message);
    wipe(message);
    return {first, second};
}

// Noise's SymmetricState: what both sides have said so far, and the key that follows from it.
class Transcript {
  public:
    explicit Transcript(ByteView initiator_ephemeral) {
        mix_hash(initiator_ephemeral);
        mix_hash({});  // the empty payload of act 1
    }
    void mix_hash(ByteView data) {
        constexpr std::size_t data_bytes_max = sealed_certificate_bytes;
        STRATUM_ENSURE(data.size() <= data_bytes_max);
        std::array<std::uint8_t, 32 + data_bytes_max> message;
        const auto end = std::copy(hash_.bytes.begin(), hash_.bytes.end(), message.begin());
        std::copy(data.begin(), data.end(), end);
        hash_ = sha256(ByteView{message}.first(hash_.bytes.size() + data.size()));
    }
    void mix_key(const Secret32& agreed) {
        std::tie(chaining_key_, key_) = derive(chaining_key_, agreed.bytes);
    }
    // Once after each mix_key(): the counter is zero.
    void seal_and_hash(ByteView plain, std::span<std::uint8_t> out) {
        seal({key_.bytes, 0, hash_.bytes}, plain, out);
        mix_hash(out);
    }
    [[nodiscard]] bool open_and_hash(ByteView sealed, std::span<std::uint8_t> out) {
        if (!open({key_.bytes, 0, hash_.bytes}, sealed, out)) return false;
        mix_hash(sealed);
        return true;
    }
    [[nodiscard]] TransportKeys split(Role role) const {
        const auto [to_responder, to_initiator] = derive(chaining_key_, {});
        if (role == Role::responder) return {to_responder.bytes, to_initiator.bytes};
        return {to_initiator.bytes, to_responder.bytes};
    }
    [[nodiscard]] const Hash256& hash() const { return hash_; }

  private:
    Secret32 chaining_key_{first_chaining_key};
    Secret32 key_;
    Hash256 hash_{first_hash};
};

}  // namespace

Response respond(std::span<const std::uint8_t, act1_bytes> act1, const KeyPair& ephemeral,
                 const KeyPair& static_key, const Certificate& certificate) {
    EllSwift peer;
    std::copy(act1.begin(), act1.end(), peer.bytes.begin());
    Response response;
    const std::span act2{response.act2};
    Transcript transcript(act1);
    std::copy(ephemeral.encoding.bytes.begin(), ephemeral.encoding.bytes.end(), act2.begin());
    transcript.mix_hash(ephemeral.encoding.bytes);
    transcript.mix_key(ecdh(ephemeral, peer, Role::responder));
    transcript.seal_and_hash(static_key.encoding.bytes, act2.subspan(ellswift_bytes, sealed_static_bytes));
    transcript.mix_key(ecdh(static_key, peer, Role::responder));
    transcript.seal_and_hash(encode(certificate), act2.last(sealed_certificate_bytes));
    response.keys = transcript.split(Role::responder);
    response.handshake_hash = transcript.hash();
    return response;
}

boost::system::result<Initiator::Session, HandshakeError> Initiator::read_act2(
    std::span<const std::uint8_t, act2_bytes> act2) const {
    EllSwift server_ephemeral;
    EllSwift server_static;
    std::array<std::uint8_t, certificate_bytes> certificate;
    std::copy_n(act2.begin(), ellswift_bytes, server_ephemeral.bytes.begin());
    Transcript transcript(act1());
    transcript.mix_hash(server_ephemeral.bytes);
    transcript.mix_key(ecdh(ephemeral_, server_ephemeral, Role::initiator));
    if (!transcript.open_and_hash(act2.subspan(ellswift_bytes, sealed_static_bytes), server_static.bytes))
        return HandshakeError::bad_static_key;
    transcript.mix_key(ecdh(ephemeral_, server_static, Role::initiator));
    if (!transcript.open_and_hash(act2.last(sealed_certificate_bytes), certificate))
        return HandshakeError::bad_certificate;
    return Session{transcript.split(Role::initiator), decode(server_static),
                   parse_certificate(std::span<const std::uint8_t, certificate_bytes>{certificate}),
                   transcript.hash()};
}

}  // namespace stratum::v2
