#pragma once
// What a V2 client is shown of this server: a static key, and the certificate by which the pool's authority
// vouches for it. One per process. Without configuration the authority's secret is ours: made once, kept in
// the data folder, and certificates are for a day, renewed when half of it is over. With a certificate that
// was signed elsewhere (`hashyard authority sign`) the secret never comes here, and a newer file is taken up
// when it replaces the old one.
//
// open() on the main thread; look() on the handshake thread; current() on any.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "server/latest.h"
#include "server/pool/options.h"
#include "stratum/v2/certificate.h"
#include "stratum/v2/ellswift.h"

namespace server::pool {

struct ServerIdentity {
    stratum::v2::KeyPair key;  // static
    stratum::v2::Certificate certificate;
    stratum::v2::XOnlyKey authority;
};

// The name of the authority's key file in the data folder.
inline constexpr const char* authority_key_name = "stratum-v2-authority-key";

class IdentityKeeper {
  public:
    using WallTime = std::chrono::system_clock::time_point;

    // The error is a sentence that names the file and the remedy. Makes the authority's key when there is
    // none and no certificate is configured.
    [[nodiscard]] static boost::system::result<std::unique_ptr<IdentityKeeper>, std::string> open(
        const PoolOptions& options, stratum::v2::RandomSource random, WallTime now);

    // About once a minute: renews or takes up a newer certificate, and warns of one that ends soon.
    void look(WallTime now);
    [[nodiscard]] std::shared_ptr<const ServerIdentity> current() const { return current_.load(); }
    // As it stands at the end of a miner's URL.
    [[nodiscard]] const std::string& authority_text() const { return authority_text_; }
    [[nodiscard]] std::chrono::seconds certificate_left(WallTime now) const;

  private:
    explicit IdentityKeeper(stratum::v2::RandomSource random) : random_(std::move(random)) {}
    void take(const stratum::v2::KeyPair& key, const stratum::v2::Certificate& certificate,
              const stratum::v2::XOnlyKey& authority);
    std::string open_own(const PoolOptions& options, WallTime now);
    std::string open_given(const PoolOptions& options, WallTime now);
    [[nodiscard]] boost::system::result<stratum::v2::Certificate, std::string> read_given(
        WallTime now, const stratum::v2::CertificateKeys& keys) const;
    [[nodiscard]] stratum::v2::Certificate sign_own(const stratum::v2::XOnlyKey& server, WallTime now) const;
    void renew(WallTime now);
    void take_up_file(WallTime now);
    void warn_of_end(WallTime now);

    stratum::v2::RandomSource random_;
    std::optional<stratum::v2::SecretKey> authority_secret_;  // our own; else certificate_file_ is given
    std::filesystem::path certificate_file_;
    std::filesystem::file_time_type file_written_at_{};
    WallTime warned_at_{};
    std::string authority_text_;
    Latest<ServerIdentity> current_;
};

}  // namespace server::pool
