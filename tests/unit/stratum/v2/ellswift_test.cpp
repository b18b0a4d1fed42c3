#include "stratum/v2/ellswift.h"

#include "stratum/v2/ellswift_portable.h"
#include "tests/unit/stratum/v2/key_world.h"

using namespace stratum;
using namespace stratum::v2;

namespace {

// Each function once as the server calls it and once as it is where libsecp256k1 lacks the module.
struct Backend {
    const char* name;
    XOnlyKey (*decode)(const EllSwift&);
    EllSwift (*encode)(const XOnlyKey&, const RandomSource&);
    Secret32 (*ecdh)(const KeyPair&, const EllSwift&, Role);
};
const Backend backends[] = {{ellswift_backend(), v2::decode, v2::encode, v2::ecdh},
                            {"portable", portable::decode, portable::encode, portable::ecdh}};

}  // namespace

TEST_CASE("Every decoding of BIP324's vectors") {
    const auto& all = vectors().at("bip324_xswiftec_decode");
    CHECK(all.size() >= 50);
    for (const auto& backend : backends)
        for (const auto& row : all) {
            INFO(backend.name << " " << row.at("comment"));
            const EllSwift encoding{array_of<ellswift_bytes>(row.at("ellswift"))};
            CHECK(to_hex(backend.decode(encoding).bytes) == row.at("x"));
        }
}

TEST_CASE("Every branch of the inverse of BIP324's vectors") {
    const auto& all = vectors().at("bip324_xswiftec_inv");
    CHECK(all.size() >= 22);
    for (const auto& row : all) {
        const auto u = Field::from_bytes(array_of<32>(row.at("u")));
        const auto x = Field::from_bytes(array_of<32>(row.at("x")));
        for (unsigned branch = 0; branch < 8; ++branch) {
            INFO(row.dump() << " branch " << branch);
            const auto& expected = row.at("t").at(branch);
            const auto t = portable::t_for(u, x, branch);
            REQUIRE(t.has_value() == !expected.is_null());
            if (!t) continue;
            CHECK(to_hex(t->bytes()) == expected);
            CHECK(portable::x_of(u, *t) == x);
        }
    }
}

TEST_CASE("Every shared secret of BIP324's vectors") {
    const auto& all = vectors().at("bip324_xonly_ecdh");
    CHECK(all.size() >= 4);
    for (const auto& backend : backends)
        for (const auto& row : all) {
            const auto own = pair_of(row.at("priv_ours"), row.at("ellswift_ours"));
            const EllSwift peer{array_of<ellswift_bytes>(row.at("ellswift_theirs"))};
            const auto role = row.at("initiator").get<bool>() ? Role::initiator : Role::responder;
            CHECK(to_hex(own.secret.public_key().bytes) == row.at("x_ours"));
            CHECK(to_hex(backend.decode(own.encoding).bytes) == row.at("x_ours"));
            CHECK(to_hex(backend.decode(peer).bytes) == row.at("x_theirs"));
            CHECK(to_hex(backend.ecdh(own, peer, role).bytes) == row.at("shared_secret"));
        }
}

TEST_CASE("An encoding decodes to its key, differs each time, and both sides agree on a secret") {
    SeededBytes random(2);
    for (const auto& backend : backends)
        for (int i = 0; i < 100; ++i) {
            const auto a = make_key_pair(std::ref(random));
            const auto b = make_key_pair(std::ref(random));
            const auto again = backend.encode(a.secret.public_key(), std::ref(random));
            CHECK(backend.decode(a.encoding) == a.secret.public_key());
            CHECK(backend.decode(again) == a.secret.public_key());
            CHECK(again != a.encoding);
            const auto secret = backend.ecdh(a, b.encoding, Role::initiator);
            CHECK(secret.bytes == backend.ecdh(b, a.encoding, Role::responder).bytes);
            CHECK(secret.bytes != backend.ecdh(b, a.encoding, Role::initiator).bytes);
            // The secret hangs on the exact bytes of the encodings, not on the keys alone.
            CHECK(secret.bytes != backend.ecdh({a.secret, again}, b.encoding, Role::initiator).bytes);
        }
}

TEST_CASE("Any 64 bytes are some key's encoding, and both implementations agree which") {
    SeededBytes random(3);
    for (int i = 0; i < 300; ++i) {
        EllSwift any;
        random(any.bytes);
        CHECK(is_on_curve(v2::decode(any)));
        CHECK(v2::decode(any) == portable::decode(any));
    }
}

TEST_CASE("A secret key is above zero and below the order") {
    const auto key = [](const char* hex) { return SecretKey::from_bytes(array_of<32>(hex)); };
    CHECK_FALSE(key("0000000000000000000000000000000000000000000000000000000000000000"));
    CHECK(key("0000000000000000000000000000000000000000000000000000000000000001"));
    CHECK(key("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"));
    CHECK_FALSE(key("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
}

TEST_CASE("Blinding changes no result") {
    const auto secret = secret_of(std::string(64, '1'));
    const auto before = secret.public_key();
    blind_curve(array_of<32>(std::string(64, '5')));
    CHECK(secret.public_key() == before);
}
