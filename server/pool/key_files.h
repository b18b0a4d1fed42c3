#pragma once
// The two small files of Stratum V2's encryption. A key file holds one secret, a server's or an authority's:
// lines that begin with '#', and one line with the secret in base58check, as SRI writes it. A certificate
// file holds nothing secret: `authority`, `server` (public keys) and `certificate` (74 bytes in hex) as TOML
// strings. Called by commands and at start, on main's thread.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "stratum/v2/certificate.h"
#include "stratum/v2/keys.h"

namespace server::pool {

inline constexpr std::size_t key_file_bytes_max = 4096;  // about six times what is written

enum class KeyOwner : std::uint8_t { authority, server };

struct ServerCertificate {
    stratum::v2::CertificateKeys keys;
    stratum::v2::Certificate certificate;
};

// Errors are sentences that end in a remedy. Parsing judges form only: whether a certificate holds is asked
// with stratum::v2::check().
std::string key_file_text(const stratum::v2::SecretKey& key, KeyOwner owner);
[[nodiscard]] boost::system::result<stratum::v2::SecretKey, std::string> parse_key_file(
    std::string_view text);
std::string certificate_file_text(const ServerCertificate& certificate);
[[nodiscard]] boost::system::result<ServerCertificate, std::string> parse_certificate_file(
    std::string_view text);

// The same from a file; the error names it.
[[nodiscard]] boost::system::result<stratum::v2::SecretKey, std::string> read_key_file(
    const std::filesystem::path& file);
[[nodiscard]] boost::system::result<ServerCertificate, std::string> read_certificate_file(
    const std::filesystem::path& file);

// Empty when written, else a sentence. A key never replaces a file; only its owner can read it. A certificate
// replaces an older one at once or not at all, and no other kind of file.
[[nodiscard]] std::string write_key_file(const std::filesystem::path& file, std::string_view text);
[[nodiscard]] std::string write_certificate_file(const std::filesystem::path& file, std::string_view text);

}  // namespace server::pool
