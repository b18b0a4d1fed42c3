#include "server/wallet/client.h"

#include <fmt/format.h>

#include "server/node/json_scanner.h"
#include "server/node/rpc_reply.h"
#include "stratum/address.h"

namespace server::wallet {

namespace {

using fleet::payout::Bytes;
using node::JsonScanner;
using Kind = RpcFailure::Kind;

// The text of an object's member; nullopt: there is none, or the object is not well formed.
std::optional<std::string_view> member(std::string_view json, std::string_view name) {
    JsonScanner in(json);
    std::optional<std::string_view> found;
    if (!in.open_object()) return std::nullopt;
    std::string_view key;
    while (in.next_key(key)) {
        const auto value = in.skip();
        if (!value) return std::nullopt;
        if (key == name) found = *value;
    }
    return in.ok() ? found : std::nullopt;
}

std::optional<std::string> text_member(std::string_view json, std::string_view name) {
    const auto value = member(json, name);
    if (!value) return std::nullopt;
    JsonScanner in(*value);
    const auto text = in.string();
    if (!text) return std::nullopt;
    return std::string(*text);
}

std::optional<std::int64_t> whole_member(std::string_view json, std::string_view name) {
    const auto value = member(json, name);
    if (!value) return std::nullopt;
    return JsonScanner(*value).integer();
}

// Answers that cannot be leave open what was done.
RpcFailure not_understood(std::string_view method) {
    return {Kind::uncertain, fmt::format("{}: the answer is not understood", method)};
}

RpcResult<Bytes> psbt_of(const RpcResult<std::string>& reply, std::string_view method) {
    if (!reply) return reply.error();
    const auto text = text_member(*reply, "psbt");
    auto bytes = text ? fleet::payout::bytes_of_base64(*text) : std::nullopt;
    if (!bytes || !fleet::payout::parse_psbt(*bytes)) return not_understood(method);
    return std::move(*bytes);
}

std::string hex_text(const Bytes& bytes) { return node::json_text(fleet::payout::hex_of(bytes)); }

}  // namespace

std::optional<std::int64_t> parse_amount(std::string_view text) {
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    auto part = dot == std::string_view::npos ? std::string_view("0") : text.substr(dot + 1);
    if (whole.empty() || whole.size() > 8 || part.empty() || part.size() > 8) return std::nullopt;
    std::int64_t sats = 0;
    for (const char letter : whole) {
        if (letter < '0' || letter > '9') return std::nullopt;
        sats = sats * 10 + (letter - '0');
    }
    for (std::size_t i = 0; i < 8; ++i) {
        const char letter = i < part.size() ? part[i] : '0';
        if (letter < '0' || letter > '9') return std::nullopt;
        sats = sats * 10 + (letter - '0');
    }
    if (sats > fleet::payout::money_max_sats) return std::nullopt;
    return sats;
}

std::string amount_text(std::int64_t sats) {
    return fmt::format("{}.{:08}", sats / 100'000'000, sats % 100'000'000);
}

std::string Client::why_not_ready() {
    const auto reply = rpc_.call("getblockchaininfo", "");
    if (!reply) return reply.error().detail;
    const auto info = node::parse_chain_info(*reply);
    if (!info) return "getblockchaininfo: the answer is not understood";
    const bool test = info->chain == "test" || info->chain == "testnet4";
    const std::string chain = test ? "test" : info->chain;
    if (chain != stratum::name_of(network_))
        return "the wallet's node is on " + info->chain + ", the pool on " + stratum::name_of(network_);
    // Nodes of a regtest chain with an old tip say so for ever.
    if (info->initial_download && network_ != stratum::Network::regtest)
        return "the wallet's node still fetches the chain";
    return {};
}

RpcResult<Bytes> Client::new_change_script() {
    const auto reply = rpc_.call("getrawchangeaddress", R"("bech32")");
    if (!reply) return reply.error();
    JsonScanner in(*reply);
    const auto text = in.string();
    if (!text) return not_understood("getrawchangeaddress");
    const auto parsed = stratum::parse_address(*text, network_);
    if (!parsed.ok) return RpcFailure{Kind::refused, "getrawchangeaddress: an address of another network"};
    return parsed.address.script;
}

RpcResult<Bytes> Client::fund(const std::vector<fleet::payout::Output>& outputs, const Bytes& change_script,
                              std::int64_t confirm_blocks) {
    std::string list;
    for (const auto& output : outputs)
        list += fmt::format("{}{{{}:\"{}\"}}", list.empty() ? "" : ",",
                            node::json_text(stratum::address_of_script(output.script, network_)),
                            amount_text(output.amount_sats));
    const auto change = node::json_text(stratum::address_of_script(change_script, network_));
    // The pool bears the fee: subtractFeeFromOutputs would split it evenly. Coins are reserved in our own
    // table; locks of the wallet live in its memory alone.
    return psbt_of(rpc_.call("walletcreatefundedpsbt",
                             fmt::format(R"([],[{}],0,{{"changeAddress":{},"replaceable":true,)"
                                         R"("lockUnspents":false,"conf_target":{}}},true)",
                                         list, change, confirm_blocks)),
                   "walletcreatefundedpsbt");
}

RpcResult<Bytes> Client::sign(const Bytes& psbt) {
    return psbt_of(rpc_.call("walletprocesspsbt",
                             node::json_text(fleet::payout::base64_of(psbt)) + ",true,\"ALL\",true"),
                   "walletprocesspsbt");
}

RpcResult<Bytes> Client::finish(const Bytes& psbt) {
    const auto reply = rpc_.call("finalizepsbt", node::json_text(fleet::payout::base64_of(psbt)) + ",true");
    if (!reply) return reply.error();
    if (member(*reply, "complete") != std::string_view("true"))
        return RpcFailure{Kind::refused, "the PSBT lacks signatures"};
    const auto hex = text_member(*reply, "hex");
    auto bytes = hex ? fleet::payout::bytes_of_hex(*hex) : std::nullopt;
    if (!bytes) return not_understood("finalizepsbt");
    return std::move(*bytes);
}

RpcResult<std::string> Client::test(const Bytes& raw_tx, const std::string& txid) {
    const auto reply = rpc_.call("testmempoolaccept", "[" + hex_text(raw_tx) + "]");
    if (!reply) return reply.error();
    JsonScanner in(*reply);
    if (!in.open_array() || !in.next_item()) return not_understood("testmempoolaccept");
    const auto first = in.skip();
    if (!first || text_member(*first, "txid") != txid) return not_understood("testmempoolaccept");
    if (member(*first, "allowed") == std::string_view("true")) return std::string();
    const auto reason = text_member(*first, "reject-reason");
    if (!reason) return not_understood("testmempoolaccept");
    return *reason;
}

RpcResult<std::string> Client::send(const Bytes& raw_tx) {
    const auto reply = rpc_.call("sendrawtransaction", hex_text(raw_tx));
    if (!reply) return reply.error();
    JsonScanner in(*reply);
    const auto txid = in.string();
    if (!txid) return not_understood("sendrawtransaction");
    return std::string(*txid);
}

RpcResult<Sighting> Client::look(const std::string& txid) {
    const auto reply = rpc_.call("gettransaction", node::json_text(txid));
    if (!reply) {
        if (reply.error().kind == Kind::not_found) return Sighting{};
        return reply.error();
    }
    const auto depth = whole_member(*reply, "confirmations");
    if (text_member(*reply, "txid") != txid || !depth || *depth > 1'000'000'000 || *depth < -1'000'000'000)
        return not_understood("gettransaction");
    Sighting sighting;
    sighting.depth = static_cast<std::int32_t>(*depth < 0 ? -*depth : *depth);
    sighting.block = text_member(*reply, "blockhash").value_or("");
    if (*depth < 0) {
        sighting.kind = Sighting::Kind::conflicted;
    } else if (*depth > 0) {
        sighting.kind = Sighting::Kind::mined;
    } else {
        const auto entry = rpc_.call("getmempoolentry", node::json_text(txid));
        if (!entry && entry.error().kind != Kind::not_found) return entry.error();
        sighting.kind = entry ? Sighting::Kind::waiting : Sighting::Kind::absent;
    }
    return sighting;
}

RpcResult<std::int64_t> Client::unspent_sats() {
    const auto reply = rpc_.call("listunspent", "0,9999999,[],true");
    if (!reply) return reply.error();
    JsonScanner in(*reply);
    if (!in.open_array()) return not_understood("listunspent");
    std::int64_t sum_sats = 0;
    while (in.next_item()) {
        const auto coin = in.skip();
        const auto text = coin ? member(*coin, "amount") : std::nullopt;
        const auto sats = text ? parse_amount(*text) : std::nullopt;
        if (!sats || (sum_sats += *sats) > fleet::payout::money_max_sats)
            return not_understood("listunspent");
    }
    if (!in.ok()) return not_understood("listunspent");
    return sum_sats;
}

}  // namespace server::wallet
