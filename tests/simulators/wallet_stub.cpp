#include "tests/simulators/wallet_stub.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/wallet/client.h"
#include "stratum/address.h"

namespace simulators {

namespace {

using namespace fleet::payout;
using nlohmann::json;
using server::wallet::RpcFailure;

constexpr std::int64_t fee_sats = 1'000;

Bytes script_of(std::uint8_t kind, int number) {
    Bytes script{0x00, 0x14, kind};
    script.resize(22, static_cast<std::uint8_t>(number));
    return script;
}

void put(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }
void put_sized(Bytes& out, const Bytes& more) {
    if (more.size() < 0xfd) {
        out.push_back(static_cast<std::uint8_t>(more.size()));
    } else {
        out.push_back(0xfd);
        out.push_back(static_cast<std::uint8_t>(more.size()));
        out.push_back(static_cast<std::uint8_t>(more.size() >> 8));
    }
    put(out, more);
}

std::string psbt_of(const Transaction& transaction, const std::map<OutPoint, Output>& coins) {
    Bytes out{0x70, 0x73, 0x62, 0x74, 0xff, 1, 0};
    put_sized(out, bytes_of(transaction, Witness::without));
    out.push_back(0);
    for (const auto& input : transaction.inputs) {
        const auto& coin = coins.at(input.previous);
        Bytes value;
        for (int i = 0; i < 8; ++i) value.push_back(static_cast<std::uint8_t>(coin.amount_sats >> (8 * i)));
        put_sized(value, coin.script);
        put(out, {1, 1});
        put_sized(out, value);
        out.push_back(0);
    }
    out.insert(out.end(), transaction.outputs.size(), 0);
    return base64_of(out);
}

struct Refused : std::runtime_error {
    Refused(int number, const std::string& text) : std::runtime_error(text), code(number) {}
    int code;
};

}  // namespace

OutPoint WalletStub::give_coin(std::int64_t sats) {
    ++coins_made_;
    const OutPoint point{fmt::format("{:064x}", coins_made_), 0};
    coins_[point] = {script_of(0xc0, coins_made_), sats};
    return point;
}

bool WalletStub::take_coin(const OutPoint& point) {
    if (!spendable(point)) return false;
    coins_.erase(point);
    return true;
}

bool WalletStub::spendable(const OutPoint& point) const {
    if (coins_.count(point) == 0) return false;
    for (const auto& [txid, transaction] : waiting_)
        for (const auto& input : transaction.inputs)
            if (input.previous == point) return false;
    return true;
}

void WalletStub::mine(int blocks) {
    ++height_;
    for (const auto& [txid, transaction] : waiting_) {
        auto& mined = mined_[txid] = {transaction, height_, {}};
        for (const auto& input : transaction.inputs) {
            mined.spent.push_back(coins_.at(input.previous));
            coins_.erase(input.previous);
        }
        for (std::uint32_t i = 0; i < transaction.outputs.size(); ++i)
            if (transaction.outputs[i].script[2] == 0xcc) coins_[{txid, i}] = transaction.outputs[i];
    }
    waiting_.clear();
    height_ += blocks - 1;
}

void WalletStub::reorganise(int blocks) {
    const auto gone = [&](const Mined& mined) { return mined.height > height_ - blocks; };
    for (const auto& [txid, mined] : mined_)
        for (std::size_t i = 0; gone(mined) && i < mined.spent.size(); ++i)
            coins_[mined.transaction.inputs[i].previous] = mined.spent[i];
    for (const auto& [txid, mined] : mined_)
        for (std::uint32_t i = 0; gone(mined) && i < mined.transaction.outputs.size(); ++i)
            coins_.erase({txid, i});
    std::erase_if(mined_, [&](const auto& each) { return gone(each.second); });
    // What waits on an output that is gone is forgotten with it.
    std::erase_if(waiting_, [&](const auto& each) {
        const auto& inputs = each.second.inputs;
        return std::any_of(inputs.begin(), inputs.end(),
                           [&](const Input& input) { return coins_.count(input.previous) == 0; });
    });
}

void WalletStub::conflict(const std::string& txid) {
    ++height_;
    waiting_.erase(txid);
    for (const auto& input : ever_sent_.at(txid).inputs) coins_.erase(input.previous);
    conflicted_[txid] = height_;
}

std::int64_t WalletStub::paid_to(const Bytes& script) const {
    std::int64_t sum = 0;
    for (const auto& [txid, mined] : mined_)
        for (const auto& output : mined.transaction.outputs)
            if (output.script == script) sum += output.amount_sats;
    return sum;
}

std::string WalletStub::fund(std::string_view parameters, Lie untrue) {
    const auto list = json::parse("[" + std::string(parameters) + "]");
    Transaction transaction;
    std::int64_t owed = fee_sats;
    for (const auto& entry : list[1]) {
        const auto payees = entry.get<std::map<std::string, std::string>>();
        const auto& [address, amount] = *payees.begin();
        const auto script = stratum::parse_address(address, stratum::Network::regtest).address.script;
        transaction.outputs.push_back({script, server::wallet::parse_amount(amount).value()});
        owed += transaction.outputs.back().amount_sats;
    }
    if (untrue == Lie::other_amount) ++transaction.outputs[0].amount_sats;
    if (untrue == Lie::other_script) transaction.outputs[0].script = script_of(0xee, 1);
    std::int64_t held = 0;
    // Change before rewards, so that a reward can still be reorganised away.
    for (auto each = coins_.rbegin(); each != coins_.rend(); ++each) {
        if (held >= owed || !spendable(each->first)) continue;
        transaction.inputs.push_back({each->first, {}, 0xfffffffd, {}});
        held += each->second.amount_sats;
    }
    if (held < owed) throw Refused(-4, "Insufficient funds");
    const auto change =
        stratum::parse_address(list[3]["changeAddress"].get<std::string>(), stratum::Network::regtest);
    if (held > owed) transaction.outputs.push_back({change.address.script, held - owed});
    return json{{"psbt", psbt_of(transaction, coins_)}, {"fee", 0.00001}, {"changepos", 1}}.dump();
}

std::string WalletStub::look(const std::string& txid) {
    json out{{"txid", txid}, {"amount", -0.1}};
    if (const auto other = conflicted_.find(txid); other != conflicted_.end()) {
        out["confirmations"] = -(height_ - other->second + 1);
    } else if (const auto mined = mined_.find(txid); mined != mined_.end()) {
        out["confirmations"] = height_ - mined->second.height + 1;
        out["blockhash"] = fmt::format("{:064x}", mined->second.height);
    } else if (ever_sent_.count(txid) != 0) {
        out["confirmations"] = 0;  // the wallet remembers what nodes forgot
    } else {
        throw Refused(-5, "Invalid or non-wallet transaction id");
    }
    return out.dump();
}

std::string WalletStub::send(const Transaction& transaction) {
    const auto txid = txid_of(transaction);
    if (mined_.count(txid) != 0) throw Refused(-27, "Transaction outputs already in utxo set");
    if (waiting_.count(txid) == 0)
        for (const auto& input : transaction.inputs)
            if (!spendable(input.previous)) throw Refused(-25, "bad-txns-inputs-missingorspent");
    waiting_[txid] = transaction;
    ever_sent_[txid] = transaction;
    return json(txid).dump();
}

std::string WalletStub::answer(std::string_view method, std::string_view parameters, Lie untrue) {
    const auto list = json::parse("[" + std::string(parameters) + "]");
    if (method == "getblockchaininfo")
        return json{{"chain", "regtest"},
                    {"blocks", height_},
                    {"headers", height_},
                    {"bestblockhash", std::string(64, '1')},
                    {"chainwork", std::string(64, '2')},
                    {"initialblockdownload", false}}
            .dump();
    if (method == "getrawchangeaddress")
        return json(stratum::address_of_script(script_of(0xcc, ++coins_made_), stratum::Network::regtest))
            .dump();
    if (method == "walletcreatefundedpsbt") return fund(parameters, untrue);
    if (method == "walletprocesspsbt") return json{{"psbt", list[0]}, {"complete", true}}.dump();
    if (method == "finalizepsbt") {
        auto transaction =
            parse_psbt(bytes_of_base64(list[0].get<std::string>()).value()).value().unsigned_transaction;
        for (auto& input : transaction.inputs) input.witness = {Bytes(71, 3), Bytes(33, 2)};
        if (untrue == Lie::other_amount) ++transaction.outputs[0].amount_sats;
        if (untrue == Lie::other_script) transaction.outputs[0].script = script_of(0xee, 1);
        return json{{"hex", hex_of(bytes_of(transaction))}, {"complete", true}}.dump();
    }
    if (method == "testmempoolaccept") {
        const auto transaction =
            parse_transaction(bytes_of_hex(list[0][0].get<std::string>()).value()).value();
        json out{{"txid", txid_of(transaction)}, {"allowed", true}};
        for (const auto& input : transaction.inputs)
            if (!spendable(input.previous)) out["allowed"] = false;
        if (out["allowed"] == false) out["reject-reason"] = "missing-inputs";
        return json::array({out}).dump();
    }
    if (method == "sendrawtransaction")
        return send(parse_transaction(bytes_of_hex(list[0].get<std::string>()).value()).value());
    if (method == "gettransaction") return look(list[0].get<std::string>());
    if (method == "getmempoolentry") {
        if (waiting_.count(list[0].get<std::string>()) == 0) throw Refused(-5, "Transaction not in mempool");
        return R"({"vsize":200})";
    }
    if (method == "listunspent") {
        std::string out;
        const auto list_coin = [&](const std::string& txid, std::int64_t amount_sats) {
            out += fmt::format("{}{{\"txid\":\"{}\",\"amount\":{}}}", out.empty() ? "" : ",", txid,
                               server::wallet::amount_text(amount_sats));
        };
        for (const auto& [point, coin] : coins_)
            if (spendable(point)) list_coin(point.txid, coin.amount_sats);
        for (const auto& [txid, transaction] : waiting_)
            for (const auto& output : transaction.outputs)
                if (output.script[2] == 0xcc) list_coin(txid, output.amount_sats);
        return "[" + out + "]";
    }
    throw Refused(-32601, "Method not found");
}

server::wallet::RpcResult<std::string> WalletStub::call(std::string_view method,
                                                        std::string_view parameters) {
    methods.emplace_back(method);
    const auto what = lie ? lie(method) : Lie::none;
    if (what == Lie::lose_question) return RpcFailure{RpcFailure::Kind::uncertain, "no answer in time"};
    try {
        auto text = answer(method, parameters, what);
        if (what == Lie::lose_answer) return RpcFailure{RpcFailure::Kind::uncertain, "no answer in time"};
        if (what == Lie::refuse_after) return RpcFailure{RpcFailure::Kind::refused, "Insufficient funds"};
        if (what == Lie::garbage) return std::string("{\"txid\":5");
        return text;
    } catch (const Refused& refused) {
        return RpcFailure{refused.code == -5 ? RpcFailure::Kind::not_found : RpcFailure::Kind::refused,
                          refused.what()};
    }
}

}  // namespace simulators
