#include "tests/unit/server/node/template_json.h"

#include <fmt/format.h>

#include "server/node/transaction.h"
#include "stratum/coinbase.h"
#include "tests/catch.h"

namespace node_test {

using namespace stratum;

Bytes make_transaction(std::uint32_t number, bool witness, std::size_t script_bytes) {
    Bytes out;
    ByteWriter writer(out);
    writer.le32(2);
    if (witness) writer.le16(0x0100);
    writer.u8(1);
    Hash256 previous;
    previous.bytes.fill(0x5a);
    store_le32(previous.bytes.data(), number);
    writer.bytes(previous.bytes);
    writer.le32(0);
    writer.compact_size(0);
    writer.le32(0xffffffff);
    writer.u8(1);
    writer.le64(5000);
    writer.compact_size(script_bytes);
    writer.bytes(Bytes(script_bytes, 0x51));
    if (witness) {
        writer.u8(1);
        writer.u8(1);
        writer.u8(0x51);
    }
    writer.le32(0);
    return out;
}

std::string TemplateJson::text() const {
    std::string list;
    std::vector<Hash256> wtxids;
    Bytes scratch;
    for (const auto& data : transactions) {
        const auto hashes = server::node::hash_transaction(data, scratch);
        REQUIRE(hashes);
        wtxids.push_back(hashes->wtxid);
        list += fmt::format(R"({}{{"data":"{}","txid":"{}","hash":"{}",)"
                            R"("depends":[],"fee":{},"sigops":4,"weight":{}}})",
                            list.empty() ? "" : ",", to_hex(data), displayed(hashes->txid),
                            displayed(hashes->wtxid), fee_sats, hashes->weight);
    }
    const auto value_sats = subsidy_sats + fee_sats * static_cast<std::int64_t>(transactions.size());
    auto out = fmt::format(
        R"({{"capabilities":["proposal"],"version":536870912,"rules":["csv","!segwit","taproot"],)"
        R"("vbavailable":{{}},)"
        R"("vbrequired":0,)"
        R"("previousblockhash":"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",)"
        R"("transactions":[{}],"coinbaseaux":{{}},"coinbasevalue":{},"longpollid":"aa17",)"
        R"("mintime":1700000000,)"
        R"("mutable":["time","transactions","prevblock"],"noncerange":"00000000ffffffff",)"
        R"("sigoplimit":80000,"sizelimit":4000000,"weightlimit":4000000,)"
        R"("curtime":1700000600,"bits":"{}","height":{})",
        list, value_sats, bits, height);
    if (commitment)
        out +=
            fmt::format(R"(,"default_witness_commitment":"{}")", to_hex(witness_commitment_script(wtxids)));
    return out + extra + "}";
}

std::string with(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace node_test
