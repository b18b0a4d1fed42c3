// Whatever comes instead of act 1 or act 2: every act 1 is answered, and only the true act 2 is accepted.
// The input is act 1, then act 2; what is missing is zero.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "stratum/v2/noise.h"

namespace {

using namespace stratum;
using namespace stratum::v2;

void require(bool condition) {
    if (!condition) std::abort();
}

// Different bytes at each call, the same in each run.
struct Counted {
    std::uint8_t next = 1;
    void operator()(std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = next++;
    }
};

struct World {
    Counted random{};
    KeyPair server = make_key_pair(std::ref(random));
    KeyPair ephemeral = make_key_pair(std::ref(random));
    Initiator initiator{make_key_pair(std::ref(random))};
    SecretKey authority = SecretKey::make(std::ref(random));
    Certificate certificate = sign_certificate(authority, server.secret.public_key(), {0, 0xffffffff}, {});
    Response response = respond(initiator.act1(), ephemeral, server, certificate);
};

void check_act1(const World& world, const Act1& act1) {
    const auto response = respond(act1, world.ephemeral, world.server, world.certificate);
    require(std::equal(world.ephemeral.encoding.bytes.begin(), world.ephemeral.encoding.bytes.end(),
                       response.act2.begin()));
    require((response.act2 == world.response.act2) == (act1 == world.initiator.act1()));
    require(response.keys.send != response.keys.receive);
}

void check_act2(const World& world, const Act2& act2) {
    const auto session = world.initiator.read_act2(act2);
    require(session.has_value() == (act2 == world.response.act2));
    const auto certificate = parse_certificate(std::span{act2}.last<certificate_bytes>());
    const auto again = encode(certificate);
    require(std::equal(again.begin(), again.end(), act2.end() - certificate_bytes));
    const auto verdict =
        check(certificate, {world.server.secret.public_key(), world.authority.public_key()}, 7);
    require((verdict == CertificateCheck::valid) == (certificate == world.certificate));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World world;
    Act1 act1{};
    Act2 act2{};
    const auto first = std::min(size, act1.size());
    std::copy_n(data, first, act1.begin());
    std::copy_n(data + first, std::min(size - first, act2.size()), act2.begin());
    check_act1(world, act1);
    check_act2(world, size == 0 ? world.response.act2 : act2);
    return 0;
}
