#include "server/commands/authority_command.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <ostream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "stratum/v2/authority.h"

namespace server::commands {
namespace {

using stratum::v2::CertificateCheck;
using stratum::v2::XOnlyKey;

// Miners' clocks may be slow; without one of their own they begin at some old date and check nothing.
constexpr std::chrono::hours before_now{1};

int failed(const Surroundings& surroundings, const std::string& text) {
    surroundings.error_out << "hashyard: " << text << "\n";
    return 1;
}

std::int64_t unix_seconds(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::string time_text(std::uint32_t unix_s) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(unix_s)));
}

void warn_of_example(const XOnlyKey& authority, const Surroundings& surroundings) {
    if (is_example_authority(authority))
        surroundings.error_out
            << "hashyard: this authority is the published example of SRI. Everybody has its "
               "secret: use it on test chains only.\n";
}

int make(const AuthorityCommand& command, const Surroundings& surroundings) {
    const auto key = stratum::v2::SecretKey::make(surroundings.random);
    auto text = key_file_text(key, command.owner);
    const auto problem = pool::write_key_file(command.file, text);
    stratum::v2::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    if (!problem.empty()) return failed(surroundings, problem);
    surroundings.out << public_key_text(key.public_key()) << "\n";
    return 0;
}

// A public key's text, or else the name of a key file.
boost::system::result<XOnlyKey, std::string> server_key_of(const std::string& text) {
    if (const auto key = stratum::v2::parse_public_key(text)) return *key;
    const auto secret = pool::read_key_file(text);
    if (secret.has_error())
        return "--key " + text + " is neither a public key nor a key file. " + secret.error();
    return secret->public_key();
}

int sign(const AuthorityCommand& command, const Surroundings& surroundings) {
    const auto authority = pool::read_key_file(command.authority_key_file);
    if (authority.has_error()) return failed(surroundings, authority.error());
    const auto server = server_key_of(command.server_key);
    if (server.has_error()) return failed(surroundings, server.error());
    if (authority->public_key() == *server)
        return failed(surroundings,
                      "server and authority have one key. Make another for the server: "
                      "hashyard authority new --server FILE");
    const auto now = surroundings.now;
    const auto from_s = unix_seconds(now - before_now);
    const auto until_s = unix_seconds(now + std::chrono::hours{24} * command.days);
    if (from_s < 0 || until_s > std::numeric_limits<std::uint32_t>::max())
        return failed(surroundings, "a certificate cannot be valid after 2106. Is the clock right?");
    std::array<std::uint8_t, 32> auxiliary;
    surroundings.random(auxiliary);
    const stratum::v2::Validity validity{static_cast<std::uint32_t>(from_s),
                                         static_cast<std::uint32_t>(until_s)};
    const pool::ServerCertificate signed_one{{*server, authority->public_key()},
                                             sign_certificate(*authority, *server, validity, auxiliary)};
    const auto problem = pool::write_certificate_file(command.file, certificate_file_text(signed_one));
    if (!problem.empty()) return failed(surroundings, problem);
    warn_of_example(signed_one.keys.authority, surroundings);
    surroundings.out << "valid until " << time_text(validity.not_valid_after) << "\n";
    return 0;
}

std::string verdict_text(CertificateCheck verdict) {
    switch (verdict) {
        case CertificateCheck::valid:
            return "valid";
        case CertificateCheck::unknown_version:
            return "of an unknown version: make it again with hashyard authority sign";
        case CertificateCheck::bad_signature:
            return "NOT signed by this authority for this server: make it again with hashyard authority sign";
        case CertificateCheck::not_yet_valid:
            return "not valid yet: is the clock right?";
        case CertificateCheck::expired:
            return "expired: make a new one with hashyard authority sign";
    }
    return {};
}

int show_certificate(const pool::ServerCertificate& shown, const Surroundings& surroundings) {
    const auto now = std::clamp<std::int64_t>(unix_seconds(surroundings.now), 0,
                                              std::numeric_limits<std::uint32_t>::max());
    const auto& validity = shown.certificate.validity;
    const auto verdict = check(shown.certificate, shown.keys, static_cast<std::uint32_t>(now));
    surroundings.out << "authority    " << public_key_text(shown.keys.authority) << "\n"
                     << "server       " << public_key_text(shown.keys.server) << "\n"
                     << "valid from   " << time_text(validity.valid_from) << "\n"
                     << "valid until  " << time_text(validity.not_valid_after) << "\n"
                     << "now          " << verdict_text(verdict) << "\n";
    warn_of_example(shown.keys.authority, surroundings);
    return verdict == CertificateCheck::valid ? 0 : 1;
}

int show(const AuthorityCommand& command, const Surroundings& surroundings) {
    const auto certificate = pool::read_certificate_file(command.file);
    if (certificate.has_value()) return show_certificate(*certificate, surroundings);
    const auto key = pool::read_key_file(command.file);
    if (key.has_error())
        return failed(surroundings, "no certificate: " + certificate.error() + ". No key: " + key.error());
    surroundings.out << "public key   " << public_key_text(key->public_key()) << "\n";
    warn_of_example(key->public_key(), surroundings);
    return 0;
}

}  // namespace

int run_authority_command(const AuthorityCommand& command, const Surroundings& surroundings) {
    switch (command.kind) {
        case AuthorityCommand::Kind::make:
            return make(command, surroundings);
        case AuthorityCommand::Kind::sign:
            return sign(command, surroundings);
        case AuthorityCommand::Kind::show:
            return show(command, surroundings);
    }
    return 2;
}

}  // namespace server::commands
