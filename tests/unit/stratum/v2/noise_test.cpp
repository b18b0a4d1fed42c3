#include "stratum/v2/noise.h"

#include <map>

#include "stratum/sha256.h"
#include "stratum/v2/aead.h"
#include "stratum/v2/authority.h"
#include "stratum/v2/transport.h"
#include "tests/unit/stratum/v2/key_world.h"

using namespace stratum;
using namespace stratum::v2;
using nlohmann::json;

namespace {

// One handshake of the vectors: its keys, and what must come of them.
struct Handshake {
    const json& row;
    const json& inputs = row.at("inputs");
    KeyPair ephemeral =
        pair_of(inputs.at("responder_ephemeral_priv"), inputs.at("responder_ephemeral_ellswift"));
    KeyPair server = pair_of(inputs.at("responder_static_priv"), inputs.at("responder_static_ellswift"));
    Initiator initiator{
        pair_of(inputs.at("initiator_ephemeral_priv"), inputs.at("initiator_ephemeral_ellswift"))};
    Certificate certificate = sign_certificate(
        secret_of(inputs.at("authority_priv")), server.secret.public_key(),
        {inputs.at("valid_from"), inputs.at("not_valid_after")}, array_of<32>(inputs.at("schnorr_aux_rand")));
    Response response = respond(initiator.act1(), ephemeral, server, certificate);

    explicit Handshake(const json& handshake) : row(handshake) {}
    [[nodiscard]] const json& step(const std::string& name) const {
        for (const auto& step : row.at("steps"))
            if (step.at("step") == name) return step;
        FAIL("no step " << name);
        return row;
    }
};

std::span<const std::uint8_t, act2_bytes> act2_of(const Bytes& bytes) {
    return std::span<const std::uint8_t, act2_bytes>{bytes};
}

Bytes payload_of(const json& record) {
    if (record.contains("payload")) return *parse_hex(record.at("payload").get<std::string>());
    const auto bytes =
        record.at("payload_rule") == "byte i = (i*7+3) mod 256, length 131048" ? 131048U : 65519U;
    Bytes out(bytes);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(i * 7 + 3);
    return out;
}

void check_wire(const json& record, ByteView wire) {
    if (record.contains("wire")) {
        CHECK(to_hex(wire) == record.at("wire"));
        return;
    }
    REQUIRE(wire.size() == record.at("wire_len").get<std::size_t>());
    CHECK(to_hex(wire.first(64)) == record.at("wire_first_64"));
    CHECK(to_hex(wire.last(32)) == record.at("wire_last_32"));
    CHECK(to_hex(sha256(wire).bytes) == record.at("wire_sha256"));
}

}  // namespace

TEST_CASE("The constants of the handshake") {
    const auto& constants = vectors().at("noise_constants");
    const auto name = constants.at("protocol_name").get<std::string>();
    const auto key = sha256(view_of(name));
    CHECK(to_hex(key.bytes) == constants.at("ck_initial"));
    CHECK(to_hex(sha256(key.bytes).bytes) == constants.at("h_initial"));
    CHECK(to_hex(sha256(view_of(constants.at("ecdh_tag").get_ref<const std::string&>())).bytes) ==
          constants.at("ecdh_tag_sha256"));
    CHECK(constants.at("act1_len") == act1_bytes);
    CHECK(constants.at("act2_len") == act2_bytes);
    CHECK(constants.at("cert_plain_len") == certificate_bytes);
    CHECK(constants.at("mac_len") == aead_tag_bytes);
    CHECK(constants.at("header_plain_len") == frame_header_bytes);
    CHECK(constants.at("header_cipher_len") == sealed_header_bytes);
    CHECK(constants.at("chunk_plain_max") == slice_bytes_max);
    CHECK(constants.at("chunk_cipher_max") == slice_bytes_max + aead_tag_bytes);
}

TEST_CASE("Every handshake of the vectors, both sides, byte by byte") {
    for (const auto& row : vectors().at("noise_handshakes")) {
        const Handshake world(row);
        CHECK(to_hex(world.server.secret.public_key().bytes) == world.inputs.at("responder_static_xonly"));
        CHECK(to_hex(world.initiator.act1()) == row.at("act1"));
        CHECK(to_hex(encode(world.certificate)) ==
              world.step("EncryptAndHash(SIGNATURE_NOISE_MESSAGE)").at("plaintext"));
        CHECK(to_hex(world.response.act2) == row.at("act2"));
        CHECK(to_hex(world.response.handshake_hash.bytes) ==
              world.step("EncryptAndHash(SIGNATURE_NOISE_MESSAGE)").at("h"));
        const auto& split = world.step("Split");
        CHECK(to_hex(world.response.keys.receive) == split.at("k_initiator_to_responder"));
        CHECK(to_hex(world.response.keys.send) == split.at("k_responder_to_initiator"));

        const auto session = world.initiator.read_act2(world.response.act2);
        REQUIRE(session.has_value());
        CHECK(session->keys.send == world.response.keys.receive);
        CHECK(session->keys.receive == world.response.keys.send);
        CHECK(session->handshake_hash == world.response.handshake_hash);
        CHECK(session->server_key == world.server.secret.public_key());
        CHECK(session->certificate == world.certificate);
        const auto authority =
            parse_public_key(world.inputs.at("authority_pubkey_base58check").get<std::string>());
        REQUIRE(authority.has_value());
        CHECK(check(session->certificate, {session->server_key, *authority}, world.inputs.at("valid_from")) ==
              CertificateCheck::valid);
    }
}

TEST_CASE("Every transport record of the vectors, written and read") {
    for (const auto& row : vectors().at("noise_handshakes")) {
        const Handshake world(row);
        Transport server(world.response.keys);
        Transport client(world.initiator.read_act2(world.response.act2)->keys);
        for (const auto& record : row.at("transport")) {
            const bool to_server = record.at("direction") == "i2r";
            auto& sender = to_server ? client : server;
            auto& receiver = to_server ? server : client;
            const auto payload = payload_of(record);
            const auto header = parse_frame_header(array_of<6>(record.at("frame_header")));
            std::string wire;
            sender.write(header, payload, wire);
            check_wire(record, view_of(wire));
            auto rest = view_of(wire);
            REQUIRE(receiver.read(rest, payload_bytes_max) == Read::frame);
            CHECK(rest.empty());
            CHECK(receiver.header() == header);
            CHECK(std::equal(payload.begin(), payload.end(), receiver.payload().begin(),
                             receiver.payload().end()));
        }
    }
}

TEST_CASE("The tampered handshakes of the vectors are refused") {
    const Handshake world(vectors().at("noise_handshakes").at(0));
    for (const auto& row : vectors().at("noise_negative")) {
        INFO(row.dump());
        REQUIRE(row.at("base") == world.row.at("name"));
        const auto expected = row.at("initiator_expect").get<std::string>();
        const auto act2 = row.contains("act2")
                              ? *parse_hex(row.at("act2").get<std::string>())
                              : Bytes(world.response.act2.begin(), world.response.act2.end());
        if (expected.starts_with("wait")) {
            CHECK(act2.size() < act2_bytes);
            continue;
        }
        const auto session = world.initiator.read_act2(act2_of(act2));
        if (expected.starts_with("decryption")) {
            CHECK(session.has_error());
            continue;
        }
        CHECK(expected == "certificate signature failure");
        REQUIRE(session.has_value());
        const auto other = parse_public_key("9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh");
        CHECK(check(session->certificate, {session->server_key, *other}, world.inputs.at("valid_from")) ==
              CertificateCheck::bad_signature);
    }
}

TEST_CASE("A handshake with any byte of act 2 changed is refused") {
    const Connected world(6);
    for (std::size_t i = 0; i < act2_bytes; ++i) {
        auto act2 = world.response.act2;
        act2[i] ^= 0x10;
        const auto session = world.initiator.read_act2(act2);
        REQUIRE(session.has_error());
        CHECK(session.error() ==
              (i < 144 ? HandshakeError::bad_static_key : HandshakeError::bad_certificate));
    }
}

TEST_CASE("A changed byte of act 1 leaves the two sides without a common key") {
    const Connected world(7);
    for (std::size_t i = 0; i < act1_bytes; ++i) {
        auto act1 = world.initiator.act1();
        act1[i] ^= 1;
        SeededBytes random(i);
        const auto response = respond(act1, make_key_pair(std::ref(random)), world.server, world.certificate);
        CHECK(world.initiator.read_act2(response.act2).has_error());
    }
}

TEST_CASE("A server with another key than its encoding says cannot answer") {
    Connected world(8);
    const auto other = make_key_pair(std::ref(world.random));
    const auto ephemeral = make_key_pair(std::ref(world.random));
    const auto response =
        respond(world.initiator.act1(), ephemeral, {other.secret, world.server.encoding}, world.certificate);
    const auto session = world.initiator.read_act2(response.act2);
    REQUIRE(session.has_error());
    CHECK(session.error() == HandshakeError::bad_certificate);
}
