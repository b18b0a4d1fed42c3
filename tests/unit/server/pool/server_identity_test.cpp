// The server's static key and its certificate: made, renewed, taken up from a file, refused.

#include "server/pool/server_identity.h"
#include "tests/catch.h"

#include <fstream>

#include "server/pool/key_files.h"
#include "stratum/v2/authority.h"
#include "tests/unit/server/pool/handshake_world.h"

using namespace server::pool;
using namespace std::chrono_literals;
using server::pool::testing::noon;
using server::pool::testing::open_identity;
using server::pool::testing::TemporaryFolder;
using stratum::v2::SecretKey;
using stratum::v2::Validity;
namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t noon_s = 1'700'000'000;

struct SignedWorld {
    SignedWorld() {
        options.data_dir = folder.path();
        options.v2.server_key_file = folder.path() / "server-key";
        options.v2.certificate_file = folder.path() / "certificate";
        REQUIRE(write_key_file(options.v2.server_key_file, key_file_text(server, KeyOwner::server)).empty());
    }
    void sign(const Validity& validity) { sign(validity, authority, server.public_key()); }
    void sign(const Validity& validity, const SecretKey& by, const stratum::v2::XOnlyKey& of) {
        const ServerCertificate made{{of, by.public_key()},
                                     sign_certificate(by, of, validity, std::array<std::uint8_t, 32>{})};
        std::error_code error;
        const auto before = fs::last_write_time(options.v2.certificate_file, error);
        REQUIRE(write_certificate_file(options.v2.certificate_file, certificate_file_text(made)).empty());
        if (!error) fs::last_write_time(options.v2.certificate_file, before + 1s);
    }
    std::string refusal(std::chrono::system_clock::time_point now = noon) const {
        const auto opened = IdentityKeeper::open(options, server::fill_random, now);
        return opened ? "" : opened.error();
    }
    TemporaryFolder folder;
    PoolOptions options;
    SecretKey server = SecretKey::make(server::fill_random);
    SecretKey authority = SecretKey::make(server::fill_random);
};

}  // namespace

TEST_CASE("Without configuration an authority is made once, and vouches for a day, renewed at its half") {
    TemporaryFolder folder;
    PoolOptions options;
    options.data_dir = folder.path();
    std::string authority;
    {
        const auto keeper = open_identity(options);
        authority = keeper->authority_text();
        CHECK(authority.size() == stratum::v2::public_key_letters);
        const auto file = folder.path() / authority_key_name;
        CHECK((fs::status(file).permissions() & fs::perms::all) ==
              (fs::perms::owner_read | fs::perms::owner_write));
        const auto first = keeper->current();
        CHECK(first->certificate.validity == Validity{noon_s - 3600, noon_s + 86'400});
        CHECK(keeper->certificate_left(noon) == 24h);
        keeper->look(noon + 11h);
        CHECK(keeper->current() == first);
        keeper->look(noon + 12h);
        const auto second = keeper->current();
        CHECK(second->certificate.validity == Validity{noon_s + 11 * 3600, noon_s + 36 * 3600});
        CHECK(second->key.encoding == first->key.encoding);
        CHECK(check(second->certificate, {second->key.secret.public_key(), second->authority},
                    noon_s + 12 * 3600) == stratum::v2::CertificateCheck::valid);
        keeper->look(noon - 48h);  // the clock was set
        CHECK(keeper->certificate_left(noon - 48h) == 24h);
    }
    CHECK(open_identity(options)->authority_text() == authority);
}

TEST_CASE("A certificate signed elsewhere is shown, and a newer file taken up when it comes") {
    SignedWorld world;
    world.sign({noon_s - 3600, noon_s + 86'400});
    const auto keeper = open_identity(world.options);
    CHECK(keeper->authority_text() == public_key_text(world.authority.public_key()));
    CHECK_FALSE(fs::exists(world.folder.path() / authority_key_name));
    const auto first = keeper->current();
    keeper->look(noon + 20h);
    CHECK(keeper->current() == first);

    world.sign({noon_s, noon_s + 2 * 86'400});
    keeper->look(noon + 20h);
    CHECK(keeper->certificate_left(noon + 20h) == 28h);
    CHECK(keeper->current()->key.encoding == first->key.encoding);
    CHECK(first->certificate.validity.not_valid_after == noon_s + 86'400);  // whoever holds it, holds it

    const auto second = keeper->current();
    for (int i = 0; i < 3; ++i) {
        if (i == 0) world.sign({noon_s, noon_s + 1});
        if (i == 1)
            world.sign({noon_s, noon_s + 86'400}, SecretKey::make(server::fill_random),
                       world.server.public_key());
        if (i == 2) std::ofstream(world.options.v2.certificate_file) << "no certificate";
        keeper->look(noon + 20h);
        CHECK(keeper->current() == second);
    }
    fs::remove(world.options.v2.certificate_file);
    keeper->look(noon + 20h);
    CHECK(keeper->current() == second);
}

TEST_CASE("A certificate that does not hold stops the start, with its file and the remedy") {
    SignedWorld world;
    const auto file = world.options.v2.certificate_file.string();
    CHECK(world.refusal().find(file) != std::string::npos);
    world.sign({noon_s - 3600, noon_s - 1});
    CHECK(world.refusal().find(file + " has expired. Make a new one: hashyard authority sign") !=
          std::string::npos);
    world.sign({noon_s + 10, noon_s + 3600});
    CHECK(world.refusal().find("not valid yet") != std::string::npos);
    const auto stranger = SecretKey::make(server::fill_random);
    world.sign({noon_s, noon_s + 3600}, world.authority, stranger.public_key());
    CHECK(world.refusal().find("is for another server key") != std::string::npos);
    world.sign({noon_s, noon_s + 3600});
    CHECK(world.refusal().empty());
    world.options.v2.authority = stranger.public_key();
    CHECK(world.refusal().find("another authority") != std::string::npos);
    world.options.v2.authority = world.authority.public_key();
    CHECK(world.refusal().empty());
    world.options.v2.server_key_file = world.folder.path() / "nowhere";
    CHECK(world.refusal().find("nowhere") != std::string::npos);
}

TEST_CASE("The published example is no authority on the main chain") {
    SignedWorld world;
    const auto example = stratum::v2::parse_secret_key("mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n");
    REQUIRE(example.has_value());
    world.sign({noon_s, noon_s + 3600}, *example, world.server.public_key());
    world.options.network = stratum::Network::main;
    CHECK(world.refusal().find("published example") != std::string::npos);
    world.options.network = stratum::Network::signet;
    CHECK(world.refusal().empty());
}
