// Whatever a node answers: the parsers neither crash nor take a template that contradicts itself.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/node/rpc_reply.h"
#include "server/node/template_parser.h"
#include "stratum/coinbase.h"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check_taken(server::node::NodeTemplate offered) {
    const auto& work = offered.work;
    require(work.time >= work.time_min);
    require(work.coinbase_value_sats >= work.fees_sats);
    require(!work.network_target.is_zero());
    const auto parts = stratum::make_coinbase(work, {{work.coinbase_value_sats, stratum::Bytes{0x51}}},
                                              std::string(stratum::coinbase_tag_bytes_max, 't'), 0, 32);
    require(parts.prefix.size() <= 41 + 1 + 100);
    offered.weight_limit = 4000;
    server::node::fit_to_limits(offered, 1000, 4);
    require(offered.work.fees_sats >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto network : {stratum::Network::main, stratum::Network::regtest}) {
        auto parsed = server::node::parse_template(text, network);
        if (parsed) check_taken(std::move(*parsed));
    }
    static_cast<void>(server::node::parse_chain_info(text));
    static_cast<void>(server::node::parse_block_header(text));
    const auto reply = server::node::split_reply(text);
    if (reply) static_cast<void>(server::node::parse_template(reply->result, stratum::Network::regtest));
    return 0;
}
