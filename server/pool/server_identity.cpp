#include "server/pool/server_identity.h"

#include <algorithm>
#include <array>
#include <limits>
#include <system_error>
#include <utility>

#include "server/log.h"
#include "server/pool/key_files.h"
#include "stratum/v2/authority.h"

namespace server::pool {
namespace {

using boost::system::result;
using std::chrono::hours;
using std::chrono::seconds;
using stratum::v2::Certificate;
using stratum::v2::CertificateCheck;
using stratum::v2::CertificateKeys;
using WallTime = IdentityKeeper::WallTime;

// Miners' clocks may be slow.
constexpr hours before_now{1};
constexpr hours own_lifetime{24};
constexpr hours warn_every{1};

std::uint32_t unix_s(WallTime at) {
    const auto s = std::chrono::duration_cast<seconds>(at.time_since_epoch()).count();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(s, 0, std::numeric_limits<std::uint32_t>::max()));
}

// A certificate is about to end: a quarter of its life is left, three days at most.
seconds soon(const stratum::v2::Validity& validity) {
    const seconds life(validity.not_valid_after - validity.valid_from);
    return std::min<seconds>(life / 4, hours{72});
}

std::string wrong_with(CertificateCheck verdict) {
    switch (verdict) {
        case CertificateCheck::valid:
            return {};
        case CertificateCheck::unknown_version:
            return "is of an unknown version";
        case CertificateCheck::bad_signature:
            return "is not signed by its authority";
        case CertificateCheck::not_yet_valid:
            return "is not valid yet (is the clock right?)";
        case CertificateCheck::expired:
            return "has expired";
    }
    return {};
}

constexpr const char* sign_again =
    ". Make a new one: hashyard authority sign FILE --authority KEY --key SERVER-KEY";

std::string refuse_example(const stratum::v2::XOnlyKey& authority, stratum::Network network) {
    if (network != stratum::Network::main || !is_example_authority(authority)) return {};
    return "The Stratum V2 authority is the published example, whose secret everybody has. Make one of your "
           "own: hashyard authority new FILE";
}

}  // namespace

result<std::unique_ptr<IdentityKeeper>, std::string> IdentityKeeper::open(const PoolOptions& options,
                                                                          stratum::v2::RandomSource random,
                                                                          WallTime now) {
    std::unique_ptr<IdentityKeeper> keeper(new IdentityKeeper(std::move(random)));
    const bool given = !options.v2.certificate_file.empty();
    auto problem = given ? keeper->open_given(options, now) : keeper->open_own(options, now);
    if (problem.empty()) problem = refuse_example(keeper->current()->authority, options.network);
    if (!problem.empty()) return problem;
    keeper->authority_text_ = public_key_text(keeper->current()->authority);
    keeper->warn_of_end(now);
    return keeper;
}

std::string IdentityKeeper::open_own(const PoolOptions& options, WallTime now) {
    const auto file = options.data_dir / authority_key_name;
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        const auto made = stratum::v2::SecretKey::make(random_);
        auto text = key_file_text(made, KeyOwner::authority);
        auto problem = write_key_file(file, text);
        stratum::v2::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        if (!problem.empty()) return problem + ". Make the data folder writable";
        log::info("stratum_v2_authority_made", {{"file", file.string()}});
    }
    auto secret = read_key_file(file);
    if (secret.has_error()) return secret.error();
    authority_secret_ = std::move(*secret);
    const auto key = stratum::v2::make_key_pair(random_);
    take(key, sign_own(key.secret.public_key(), now), authority_secret_->public_key());
    return {};
}

std::string IdentityKeeper::open_given(const PoolOptions& options, WallTime now) {
    certificate_file_ = options.v2.certificate_file;
    std::error_code error;
    file_written_at_ = std::filesystem::last_write_time(certificate_file_, error);  // before it is read
    const auto secret = read_key_file(options.v2.server_key_file);
    if (secret.has_error())
        return secret.error() + " (stratum_v2.server_key_file: hashyard authority new --server FILE)";
    const auto file = read_certificate_file(certificate_file_);
    if (file.has_error()) return file.error() + " (stratum_v2.certificate_file)";
    const CertificateKeys keys{secret->public_key(), options.v2.authority.value_or(file->keys.authority)};
    const auto certificate = read_given(now, keys);
    if (certificate.has_error()) return certificate.error();
    const auto encoding = stratum::v2::encode(keys.server, random_);
    take({*secret, encoding}, *certificate, keys.authority);
    return {};
}

// The file's certificate, when it holds for these keys now.
result<Certificate, std::string> IdentityKeeper::read_given(WallTime now, const CertificateKeys& keys) const {
    const auto named = "The Stratum V2 certificate " + certificate_file_.string() + " ";
    const auto file = read_certificate_file(certificate_file_);
    if (file.has_error()) return file.error();
    if (file->keys.server != keys.server)
        return named + "is for another server key than stratum_v2.server_key_file" + sign_again;
    if (file->keys.authority != keys.authority)
        return named + "is signed by another authority, " + public_key_text(file->keys.authority) +
               ", than miners are told. Correct stratum_v2.authority_public_key, or sign it with the right "
               "one";
    const auto verdict = check(file->certificate, keys, unix_s(now));
    if (verdict != CertificateCheck::valid) return named + wrong_with(verdict) + sign_again;
    return file->certificate;
}

Certificate IdentityKeeper::sign_own(const stratum::v2::XOnlyKey& server, WallTime now) const {
    std::array<std::uint8_t, 32> auxiliary{};
    random_(auxiliary);
    return sign_certificate(*authority_secret_, server,
                            {unix_s(now - before_now), unix_s(now + own_lifetime)}, auxiliary);
}

void IdentityKeeper::take(const stratum::v2::KeyPair& key, const Certificate& certificate,
                          const stratum::v2::XOnlyKey& authority) {
    current_.store(std::make_shared<const ServerIdentity>(ServerIdentity{key, certificate, authority}));
}

void IdentityKeeper::look(WallTime now) {
    authority_secret_ ? renew(now) : take_up_file(now);
    warn_of_end(now);
}

void IdentityKeeper::renew(WallTime now) {
    const auto held = current();
    const auto& validity = held->certificate.validity;
    const seconds life(validity.not_valid_after - validity.valid_from);
    // Also when the clock was set back before the beginning.
    if (certificate_left(now) > life / 2 && unix_s(now) >= validity.valid_from) return;
    take(held->key, sign_own(held->key.secret.public_key(), now), held->authority);
}

void IdentityKeeper::take_up_file(WallTime now) {
    std::error_code error;
    const auto written_at = std::filesystem::last_write_time(certificate_file_, error);
    if (error || written_at == file_written_at_) return;
    file_written_at_ = written_at;  // a bad file is told once
    const auto held = current();
    const auto certificate = read_given(now, {held->key.secret.public_key(), held->authority});
    if (certificate.has_error())
        return log::warn("stratum_v2_certificate_not_taken", {{"detail", certificate.error()}});
    take(held->key, *certificate, held->authority);
    warned_at_ = {};
    log::info("stratum_v2_certificate_taken",
              {{"file", certificate_file_.string()}, {"seconds_left", certificate_left(now).count()}});
}

void IdentityKeeper::warn_of_end(WallTime now) {
    if (authority_secret_ || now - warned_at_ < warn_every) return;
    const auto left = certificate_left(now);
    if (left > soon(current()->certificate.validity)) return;
    warned_at_ = now;
    const char* remedy = "hashyard authority sign it anew; the file is read when it changes";
    if (left.count() > 0)
        return log::warn(
            "stratum_v2_certificate_ends",
            {{"file", certificate_file_.string()}, {"seconds_left", left.count()}, {"remedy", remedy}});
    log::error("stratum_v2_certificate_expired", {{"file", certificate_file_.string()}, {"remedy", remedy}});
}

seconds IdentityKeeper::certificate_left(WallTime now) const {
    return seconds(static_cast<std::int64_t>(current()->certificate.validity.not_valid_after) - unix_s(now));
}

}  // namespace server::pool
