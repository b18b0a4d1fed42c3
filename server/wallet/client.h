#pragma once
// What payouts ask of a Bitcoin Core wallet, each answer read without trust. The thread of its WalletRpc.
// Amounts travel as text; sendmany and sendtoaddress are never called: they send what nobody has stored.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/payout/psbt.h"
#include "server/wallet/rpc.h"
#include "stratum/template.h"

namespace server::wallet {

// "1.00000001" in satoshis; nullopt: not an amount as Core writes it.
[[nodiscard]] std::optional<std::int64_t> parse_amount(std::string_view text);
[[nodiscard]] std::string amount_text(std::int64_t sats);

struct Sighting {
    enum class Kind { absent, waiting, mined, conflicted } kind = Kind::absent;
    std::int32_t depth = 0;  // mined: blocks from its own to the tip; conflicted: of the other transaction
    std::string block;
};

class Client {
  public:
    Client(WalletRpc& rpc, stratum::Network network) : rpc_(rpc), network_(network) {}

    // Empty: the node is on our network and has the chain.
    [[nodiscard]] std::string why_not_ready();
    [[nodiscard]] RpcResult<fleet::payout::Bytes> new_change_script();
    [[nodiscard]] RpcResult<fleet::payout::Bytes> fund(const std::vector<fleet::payout::Output>& outputs,
                                                       const fleet::payout::Bytes& change_script,
                                                       std::int64_t confirm_blocks);
    // The wallet's signatures added, where it has the keys.
    [[nodiscard]] RpcResult<fleet::payout::Bytes> sign(const fleet::payout::Bytes& psbt);
    // The final bytes of a PSBT that has all signatures.
    [[nodiscard]] RpcResult<fleet::payout::Bytes> finish(const fleet::payout::Bytes& psbt);
    // Empty: nodes would take it. Otherwise why not.
    [[nodiscard]] RpcResult<std::string> test(const fleet::payout::Bytes& raw_tx, const std::string& txid);
    [[nodiscard]] RpcResult<std::string> send(const fleet::payout::Bytes& raw_tx);  // gives its txid
    [[nodiscard]] RpcResult<Sighting> look(const std::string& txid);
    // All coins of the wallet, those of unconfirmed transactions too.
    [[nodiscard]] RpcResult<std::int64_t> unspent_sats();

  private:
    WalletRpc& rpc_;
    const stratum::Network network_;
};

}  // namespace server::wallet
