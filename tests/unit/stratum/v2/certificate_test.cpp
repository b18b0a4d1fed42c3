#include "stratum/v2/certificate.h"

#include "stratum/v2/authority.h"
#include "tests/unit/stratum/v2/key_world.h"

using namespace stratum;
using namespace stratum::v2;

TEST_CASE("Every signature of BIP340's vectors") {
    const auto& all = vectors().at("bip340");
    CHECK(all.size() == 19);
    for (const auto& row : all) {
        INFO(row.dump());
        const XOnlyKey key{array_of<32>(row.at("public_key"))};
        const auto signature = array_of<64>(row.at("signature"));
        const auto message = parse_hex(row.at("message").get<std::string>());
        REQUIRE(message);
        CHECK(verify(key, *message, signature) == row.at("valid").get<bool>());
        if (row.at("secret_key").is_null()) continue;
        const auto secret = row.at("secret_key").get<std::string>();
        CHECK(secret_of(secret).public_key() == key);
        CHECK(sign(secret_of(secret), *message, array_of<32>(row.at("aux_rand"))) == signature);
    }
}

TEST_CASE("Authority keys are written and read as the specification does") {
    const auto& keys = vectors().at("authority_keys");
    const XOnlyKey spec{array_of<32>(keys.at("spec_4_7_1").at("xonly"))};
    CHECK(public_key_text(spec) == keys.at("spec_4_7_1").at("base58check"));
    CHECK(*parse_public_key(keys.at("spec_4_7_1").at("base58check").get<std::string>()) == spec);
    CHECK_FALSE(is_example_authority(spec));
    const auto& sri = keys.at("sri_default");
    const auto text = sri.at("base58check").get<std::string>();
    const auto example = parse_public_key(text);
    REQUIRE(example.has_value());
    CHECK(is_example_authority(*example));
    CHECK("0100" + to_hex(example->bytes) == sri.at("payload"));
    const auto secret = parse_secret_key(sri.at("secret_base58check").get<std::string>());
    REQUIRE(secret.has_value());
    CHECK(to_hex(secret->bytes()) == sri.at("secret_raw"));
    CHECK(secret->public_key() == *example);
    CHECK(secret_key_text(*secret) == sri.at("secret_base58check"));
}

TEST_CASE("A text that is no authority key says why") {
    const std::map<std::string, KeyTextError> meaning{{"checksum error", KeyTextError::bad_checksum},
                                                      {"unsupported version", KeyTextError::wrong_version},
                                                      {"length error", KeyTextError::wrong_length},
                                                      {"invalid key", KeyTextError::not_a_key}};
    for (const auto& row : vectors().at("authority_keys").at("negative")) {
        INFO(row.dump());
        const auto parsed = parse_public_key(row.at("value").get<std::string>());
        REQUIRE(parsed.has_error());
        CHECK(parsed.error() == meaning.at(row.at("expect")));
        CHECK_FALSE(explain(parsed.error()).empty());
    }
    const std::string good = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
    for (const auto& wrong : {std::string{}, " " + good, good + "\n", "0" + good, std::string(5000, '9')})
        CHECK(parse_public_key(wrong).error() == KeyTextError::not_base58);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto wrong = good;
        wrong[i] = wrong[i] == '2' ? '3' : '2';
        CHECK(parse_public_key(wrong).has_error());
        CHECK(parse_public_key(std::string_view{good}.substr(0, i)).has_error());
    }
    CHECK(parse_secret_key(good).error() == KeyTextError::wrong_length);
    CHECK(parse_secret_key("").error() == KeyTextError::not_base58);
    CHECK(parse_secret_key("mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2m").error() ==
          KeyTextError::bad_checksum);
}

TEST_CASE("Every public key's text begins with 9 and has 51 letters") {
    SeededBytes random(4);
    for (int i = 0; i < 200; ++i) {
        const auto secret = SecretKey::make(std::ref(random));
        const auto text = public_key_text(secret.public_key());
        CHECK(text.size() == public_key_letters);
        CHECK(text[0] == '9');
        CHECK(*parse_public_key(text) == secret.public_key());
        CHECK(secret_key_text(secret).size() <= secret_letters_max);
        CHECK(parse_secret_key(secret_key_text(secret))->bytes() == secret.bytes());
    }
}

TEST_CASE("A certificate holds for its server, authority and time only") {
    Connected world(5);
    const CertificateKeys keys{world.server.secret.public_key(), world.authority.public_key()};
    const auto& certificate = world.certificate;
    const auto at = [&](std::uint32_t now, int tolerance = 0) {
        return check(certificate, keys, now, std::chrono::seconds{tolerance});
    };
    CHECK(at(999) == CertificateCheck::not_yet_valid);
    CHECK(at(1000) == CertificateCheck::valid);
    CHECK(at(2000) == CertificateCheck::valid);
    CHECK(at(2001) == CertificateCheck::expired);
    CHECK(at(990, 10) == CertificateCheck::valid);
    CHECK(at(989, 10) == CertificateCheck::not_yet_valid);
    CHECK(at(2010, 10) == CertificateCheck::valid);
    CHECK(at(2011, 10) == CertificateCheck::expired);
    CHECK(at(0, 10) == CertificateCheck::not_yet_valid);
    CHECK(at(0xffffffff, 10) == CertificateCheck::expired);
    CHECK(check(certificate, {keys.authority, keys.server}, 1500) == CertificateCheck::bad_signature);
    CHECK(check(certificate, {keys.server, keys.server}, 1500) == CertificateCheck::bad_signature);
    CHECK(check(certificate, {keys.server, {}}, 1500) == CertificateCheck::bad_signature);
    const auto bytes = encode(certificate);
    CHECK(parse_certificate(bytes) == certificate);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto changed = bytes;
        changed[i] ^= 1;
        const auto parsed = parse_certificate(changed);
        CHECK(encode(parsed) == changed);
        CHECK(check(parsed, keys, 1500) ==
              (i < 2 ? CertificateCheck::unknown_version : CertificateCheck::bad_signature));
    }
}
