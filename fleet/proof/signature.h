#pragma once
// Ed25519 (RFC 8032) over canonical texts. Pure; any thread; key bytes are handed in.
// A signed text is the text, a line "key HEX" and a line "signature HEX"; the signature is over everything
// before its own line, so the key is signed too.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/proof/digest.h"

namespace fleet::proof {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// A secret of 32 bytes with its public key. Wiped when it goes.
class SigningKey {
  public:
    explicit SigningKey(const std::array<std::uint8_t, 32>& secret);
    ~SigningKey();
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;

    [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
    [[nodiscard]] Signature sign(std::string_view text) const;
    // SHA-256 of the secret and a purpose: numbers nobody else can guess and we can make again.
    [[nodiscard]] Hash derive(std::string_view purpose) const;

  private:
    std::array<std::uint8_t, 32> secret_;
    PublicKey public_key_{};
};

[[nodiscard]] bool verify(const PublicKey& key, std::string_view text, const Signature& signature);

struct SignedText {
    std::string text;  // without the two lines
    PublicKey key{};
    Signature signature{};

    friend bool operator==(const SignedText&, const SignedText&) = default;
};
[[nodiscard]] SignedText signed_text(const SigningKey& key, std::string_view text);
[[nodiscard]] std::string text_of(const SignedText& signed_text);
// Judges form only.
[[nodiscard]] std::optional<SignedText> parse_signed_text(std::string_view text);
[[nodiscard]] bool verify(const SignedText& signed_text);

}  // namespace fleet::proof
