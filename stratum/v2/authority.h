#pragma once
// The pool authority's keys as people write them. Its public key stands at the end of the URL that miners are
// given; its secret signs the certificates of servers. Pure; any thread. SV2 chapter 4.7.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "stratum/v2/keys.h"

namespace stratum::v2 {

enum class KeyTextError : std::uint8_t { not_base58, bad_checksum, wrong_length, wrong_version, not_a_key };
// A sentence for whoever typed the text.
std::string explain(KeyTextError error);

inline constexpr std::size_t public_key_letters = 51;  // always; the first is '9'
inline constexpr std::size_t secret_letters_max = 51;

// base58check of 01 00 and the key.
std::string public_key_text(const XOnlyKey& key);
// A key that is on the curve. Spaces around the text are not taken.
[[nodiscard]] boost::system::result<XOnlyKey, KeyTextError> parse_public_key(std::string_view text);

// base58check of the 32 bytes alone, as SRI writes secrets.
std::string secret_key_text(const SecretKey& key);
[[nodiscard]] boost::system::result<SecretKey, KeyTextError> parse_secret_key(std::string_view text);

// Whether this is the key of SRI's example configurations. Its secret is public: whoever trusts it trusts
// everybody, so it is for test chains only.
[[nodiscard]] bool is_example_authority(const XOnlyKey& key);

}  // namespace stratum::v2
