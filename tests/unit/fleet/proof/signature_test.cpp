// Ed25519 against RFC 8032 7.1, and the form of signed texts.

#include "fleet/proof/signature.h"

#include <algorithm>

#include "tests/catch.h"

using namespace fleet::proof;

namespace {

std::array<std::uint8_t, 32> secret_one() {
    return *hash_of_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
}

std::string hex(const Signature& signature) {
    return hex_of({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

}  // namespace

TEST_CASE("the first vectors of RFC 8032 come out") {
    const SigningKey one(secret_one());
    CHECK(hex_of(one.public_key()) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    CHECK(
        hex(one.sign("")) ==
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25b"
        "f5f0595bbe24655141438e7a100b");
    const SigningKey two(*hash_of_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    CHECK(hex_of(two.public_key()) == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    CHECK(
        hex(two.sign("\x72")) ==
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b"
        "2eaeb4302aeeb00d291612bb0c00");
}

TEST_CASE("a signature holds for its text and key alone") {
    const SigningKey key(secret_one());
    const auto signature = key.sign("text\n");
    CHECK(verify(key.public_key(), "text\n", signature));
    CHECK_FALSE(verify(key.public_key(), "text", signature));
    auto bent = signature;
    bent[40] ^= 1U;
    CHECK_FALSE(verify(key.public_key(), "text\n", bent));
    CHECK_FALSE(verify(PublicKey{}, "text\n", signature));
    CHECK(key.derive("a") != key.derive("b"));
}

TEST_CASE("a signed text reads back, and any other byte breaks its form or its signature") {
    const SigningKey key(secret_one());
    const auto whole = text_of(signed_text(key, "hashyard test 1\nvalue 5\n"));
    const auto read = parse_signed_text(whole);
    REQUIRE(read);
    CHECK(read->text == "hashyard test 1\nvalue 5\n");
    CHECK(verify(*read));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto bent = whole;
        bent[i] = static_cast<char>(bent[i] ^ 1);
        const auto other = parse_signed_text(bent);
        if (other && verify(*other)) FAIL("byte " << i);
    }
    for (std::size_t size = 0; size < whole.size(); ++size)
        if (parse_signed_text(std::string_view(whole).substr(0, size))) FAIL("cut at " << size);
    CHECK_FALSE(parse_signed_text(whole + "\n"));
}
