// Whatever a template provider says once it is set up: the session neither crashes nor grows without limit,
// and no template is taken whose parts contradict each other. The input is a list of messages: type, two
// bytes of length, payload. Type 0 lets time pass, as many tenths of a second as its length says.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/node/provider_session.h"
#include "server/node/template_check.h"
#include "stratum/coinbase.h"
#include "stratum/limits.h"
#include "stratum/merkle.h"

namespace {

using namespace server::node;
using namespace stratum::v2;

void require(bool condition) {
    if (!condition) std::abort();
}

std::string framed(Transport& provider, std::uint8_t type, stratum::ByteView payload) {
    std::string out;
    provider.write({0, false, type, 0}, payload, out);
    return out;
}

void check_taken(NodeTemplate offered) {
    const auto& work = offered.work;
    require(work.origin.has_value());
    require(work.fees_sats >= 0 && work.coinbase_value_sats >= work.fees_sats);
    require(work.merkle_branches == stratum::merkle_branches_of(txids_of(work)));
    require(!work.network_target.is_zero());
    const auto parts = stratum::make_coinbase(work, {{work.coinbase_value_sats, stratum::Bytes{0x51}}},
                                              std::string(stratum::coinbase_tag_bytes_max, 't'), 0, 32);
    require(parts.prefix.size() <= 41 + 1 + 100);
    offered.weight_limit = 4000;
    fit_to_limits(offered, 1000, 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    stratum::ByteReader input({data, size});
    Transport provider({});
    ProviderSession::Time now{};
    ProviderSession session({}, {"host", 1, stratum::Network::regtest, 1, std::chrono::seconds(10)}, now);
    const std::string success("\x02\x00\x00\x00\x00\x00", 6);
    const auto set_up = framed(provider, SetupConnectionSuccess::type, stratum::view_of(success));
    require(!session.receive(stratum::view_of(set_up), now));
    while (input.left() > 0) {
        const auto type = input.u8();
        const std::size_t length = input.le16();
        if (!input.ok()) break;
        const auto before = session.latest();
        bool over = false;
        if (type == 0) {
            now += std::chrono::milliseconds(100 * length);
            over = session.on_timer(now).has_value();
        } else {
            const auto payload = input.bytes(std::min(length, input.left()));
            const auto wire = framed(provider, type, payload);
            over = session.receive(stratum::view_of(wire), now).has_value();
        }
        if (session.latest() != before) check_taken(*session.latest());
        require(session.take_output().size() < 1000);
        if (over) break;
    }
    return 0;
}
