#include "server/commands/authority_command.h"

#include <sys/stat.h>

#include <sstream>

#include "stratum/v2/authority.h"
#include "tests/unit/server/pool/journal_world.h"

using namespace server::commands;
using namespace server::pool;
using namespace std::chrono_literals;
using Kind = AuthorityCommand::Kind;

namespace {

constexpr std::chrono::system_clock::time_point start{1'700'000'000s};

struct Answer {
    int result;
    std::string out, error;
};

struct World {
    TemporaryFolder home;
    std::chrono::system_clock::time_point now = start;
    std::uint8_t next_random = 1;

    [[nodiscard]] std::filesystem::path path(const char* name) const { return home.path() / name; }
    Answer run(const AuthorityCommand& command) {
        std::ostringstream out;
        std::ostringstream error;
        const auto random = [this](std::span<std::uint8_t> bytes) {
            for (auto& byte : bytes) byte = next_random++;
        };
        const int result = run_authority_command(command, {now, random, out, error});
        return {result, out.str(), error.str()};
    }
    Answer make(const char* name, KeyOwner owner = KeyOwner::authority) {
        return run({.kind = Kind::make, .file = path(name), .owner = owner});
    }
    Answer sign(const std::string& server_key, unsigned days = 30) {
        return run({.kind = Kind::sign,
                    .file = path("server.certificate"),
                    .authority_key_file = path("authority.key"),
                    .server_key = server_key,
                    .days = days});
    }
    Answer show(const char* name) { return run({.kind = Kind::show, .file = path(name)}); }
};

// A world with both keys.
struct Keys : World {
    std::string authority = make("authority.key").out.substr(0, 51);
    std::string server = make("server.key", KeyOwner::server).out.substr(0, 51);
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("A new key is a file only its owner can read, and its public key is printed") {
    World world;
    const auto made = world.make("authority.key");
    CHECK(made.result == 0);
    CHECK(made.error.empty());
    REQUIRE(made.out.size() == 52);
    struct stat status {};
    REQUIRE(stat(world.path("authority.key").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const auto key = read_key_file(world.path("authority.key"));
    REQUIRE(key.has_value());
    CHECK(public_key_text(key->public_key()) + "\n" == made.out);
    CHECK_FALSE(contains(made.out, secret_key_text(*key)));
    CHECK(contains(world.show("authority.key").out, made.out));
}

TEST_CASE("A key never replaces a file") {
    World world;
    const auto first = world.make("authority.key");
    const auto text = file_text(world.path("authority.key"));
    const auto second = world.make("authority.key");
    CHECK(second.result == 1);
    CHECK(second.out.empty());
    CHECK(contains(second.error, "exists already"));
    CHECK(file_text(world.path("authority.key")) == text);
    CHECK(contains(world.make("no/such/folder").error, "No such file"));
}

TEST_CASE("A certificate is signed for a key file or a public key, from an hour ago for some days") {
    Keys world;
    for (const auto& key : {world.server, world.path("server.key").string()}) {
        const auto made = world.sign(key, 2);
        CHECK(made.error.empty());
        CHECK(made.out == "valid until 2023-11-16 22:13:20 UTC\n");
        const auto certificate = read_certificate_file(world.path("server.certificate"));
        REQUIRE(certificate.has_value());
        CHECK(public_key_text(certificate->keys.authority) == world.authority);
        CHECK(public_key_text(certificate->keys.server) == world.server);
        CHECK(certificate->certificate.validity == stratum::v2::Validity{1'699'996'400, 1'700'172'800});
        CHECK(check(certificate->certificate, certificate->keys, 1'700'000'000) ==
              stratum::v2::CertificateCheck::valid);
    }
    CHECK_FALSE(std::filesystem::exists(world.path("server.certificate.new")));
}

TEST_CASE("What is shown of a certificate follows the clock") {
    Keys world;
    REQUIRE(world.sign(world.server).result == 0);
    const auto shown = world.show("server.certificate");
    CHECK(shown.result == 0);
    CHECK(contains(shown.out, "authority    " + world.authority));
    CHECK(contains(shown.out, "server       " + world.server));
    CHECK(contains(shown.out, "valid from   2023-11-14 21:13:20 UTC"));
    CHECK(contains(shown.out, "valid until  2023-12-14 22:13:20 UTC"));
    world.now = start + 24h * 31;
    CHECK(world.show("server.certificate").result == 1);
    CHECK(contains(world.show("server.certificate").out, "expired"));
    world.now = start - 2h;
    CHECK(contains(world.show("server.certificate").out, "not valid yet"));
}

TEST_CASE("A certificate that was tampered with is told") {
    Keys world;
    REQUIRE(world.sign(world.server).result == 0);
    auto text = file_text(world.path("server.certificate"));
    text.replace(text.find(world.server), 51, world.authority);
    write_text(world.path("server.certificate"), text);
    const auto shown = world.show("server.certificate");
    CHECK(shown.result == 1);
    CHECK(contains(shown.out, "NOT signed"));
}

TEST_CASE("Signing refuses what would not help") {
    Keys world;
    CHECK(contains(world.sign(world.authority).error, "one key"));
    CHECK(contains(world.sign("9nonsense").error, "neither a public key nor a key file"));
    write_text(world.path("server.certificate"), file_text(world.path("server.key")));
    const auto over_a_key = world.sign(world.server);
    CHECK(over_a_key.result == 1);
    CHECK(contains(over_a_key.error, "is no certificate"));
    CHECK(file_text(world.path("server.certificate")) == file_text(world.path("server.key")));
    std::filesystem::remove(world.path("server.certificate"));
    world.now = std::chrono::system_clock::time_point{4'294'900'000s};
    CHECK(contains(world.sign(world.server).error, "2106"));
    CHECK_FALSE(std::filesystem::exists(world.path("server.certificate")));
    world.now = start;
    std::filesystem::remove(world.path("authority.key"));
    CHECK(contains(world.sign(world.server).error, "authority.key"));
}

TEST_CASE("The published example authority is warned of") {
    Keys world;
    write_text(world.path("authority.key"), "mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n\n");
    const auto made = world.sign(world.server);
    CHECK(made.result == 0);
    CHECK(contains(made.error, "test chains only"));
    CHECK(contains(world.show("server.certificate").error, "test chains only"));
    CHECK(contains(world.show("authority.key").error, "test chains only"));
}

TEST_CASE("Files of another kind are told apart") {
    const std::pair<const char*, const char*> keys[] = {
        {"", "no key"},
        {"# only a comment\n", "no key"},
        {"one\ntwo\n", "one line"},
        {"hello0\n", "base58"},
        {"mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2m", "wrong or missing"},
        {"9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72", "length"}};
    for (const auto& [text, reason] : keys) {
        const auto parsed = parse_key_file(text);
        REQUIRE(parsed.has_error());
        CHECK(contains(parsed.error(), reason));
    }
    CHECK(parse_key_file(" \r\n# x\r\n mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n \r\n").has_value());
    const std::string good =
        "authority = \"9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72\"\n"
        "server=\"9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh\"\n";
    const auto hex = [](std::size_t letters) {
        return "certificate = \"" + std::string(letters, '0') + "\"\n";
    };
    CHECK(parse_certificate_file(hex(148) + good).has_value());
    for (const auto& text :
         {std::string{}, good, good + hex(146), good + hex(150), good + good + hex(148), hex(148),
          good + "certificate = 12\n", good + "expires = \"1\"\n" + hex(148), "x" + good + hex(148)})
        CHECK(parse_certificate_file(text).has_error());
    World world;
    write_text(world.path("long"), std::string(key_file_bytes_max + 1, '#'));
    CHECK(contains(world.show("long").error, "too long"));
    CHECK(contains(world.show("gone").error, "No such file"));
}
