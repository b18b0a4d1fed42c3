#include "stratum/v2/authority.h"

#include <algorithm>

#include "stratum/base58.h"

namespace stratum::v2 {
namespace {

constexpr std::array<std::uint8_t, 2> key_version{1, 0};  // U16, little-endian: 1

constexpr XOnlyKey example_authority{{0x24, 0xee, 0x3c, 0x38, 0x04, 0xa1, 0xaa, 0xa4, 0xc0, 0x3b, 0x80,
                                      0xea, 0x19, 0xf7, 0xa5, 0x86, 0x3c, 0x91, 0x6e, 0x89, 0x94, 0xb7,
                                      0xdb, 0x94, 0xa3, 0xba, 0xd7, 0xee, 0x09, 0x2b, 0x6c, 0xe7}};

}  // namespace

std::string explain(KeyTextError error) {
    switch (error) {
        case KeyTextError::not_base58:
            return "this is no base58 text; copy the key again, whole and without spaces";
        case KeyTextError::bad_checksum:
            return "a letter of the key is wrong or missing; copy it again";
        case KeyTextError::wrong_length:
            return "the key has the wrong length; perhaps it is a key of another kind";
        case KeyTextError::wrong_version:
            return "this is no authority key of Stratum V2: such a key begins with 9 and has 51 letters";
        case KeyTextError::not_a_key:
            return "the text is whole, but its bytes are no key on secp256k1";
    }
    return {};
}

std::string public_key_text(const XOnlyKey& key) {
    Bytes payload(key_version.begin(), key_version.end());
    payload.insert(payload.end(), key.bytes.begin(), key.bytes.end());
    return encode_base58check(payload);
}

boost::system::result<XOnlyKey, KeyTextError> parse_public_key(std::string_view text) {
    const auto decoded = decode_base58check(text);
    if (!decoded) return KeyTextError::not_base58;
    if (!decoded->checksum_ok) return KeyTextError::bad_checksum;
    const auto& payload = decoded->payload;
    XOnlyKey key;
    if (payload.size() != key_version.size() + key.bytes.size()) return KeyTextError::wrong_length;
    if (!std::equal(key_version.begin(), key_version.end(), payload.begin()))
        return KeyTextError::wrong_version;
    std::copy(payload.begin() + key_version.size(), payload.end(), key.bytes.begin());
    if (!is_on_curve(key)) return KeyTextError::not_a_key;
    return key;
}

std::string secret_key_text(const SecretKey& key) { return encode_base58check(key.bytes()); }

boost::system::result<SecretKey, KeyTextError> parse_secret_key(std::string_view text) {
    auto decoded = decode_base58check(text);
    if (!decoded) return KeyTextError::not_base58;
    auto& payload = decoded->payload;
    const bool right_length = payload.size() == sizeof(Secret32);
    const auto key = right_length && decoded->checksum_ok
                         ? SecretKey::from_bytes(std::span<const std::uint8_t, 32>{payload})
                         : std::nullopt;
    wipe(payload);
    if (!decoded->checksum_ok) return KeyTextError::bad_checksum;
    if (!right_length) return KeyTextError::wrong_length;
    if (!key) return KeyTextError::not_a_key;
    return *key;
}

bool is_example_authority(const XOnlyKey& key) { return key == example_authority; }

}  // namespace stratum::v2
