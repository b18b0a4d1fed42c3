#pragma once
// A Bitcoin Core wallet with a chain of its own, in memory, after the documented replies of its RPC, for
// tests of payouts. It can lie: do what it is asked and lose the answer, refuse after doing, change outputs,
// forget what waits, put another transaction of the same coin into a block. One thread. It checks no
// signatures, and its coins are witness outputs alone.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fleet/payout/psbt.h"
#include "server/wallet/rpc.h"
#include "stratum/template.h"

namespace simulators {

class WalletStub : public server::wallet::WalletRpc {
  public:
    server::wallet::RpcResult<std::string> call(std::string_view method,
                                                std::string_view parameters) override;

    fleet::payout::OutPoint give_coin(std::int64_t sats);
    // False, and nothing is done: it is spent, in a block or in memory.
    bool take_coin(const fleet::payout::OutPoint& point);
    void mine(int blocks);  // all that waits goes into the first
    // Blocks go, and nodes forget what was in them. The wallet does not.
    void reorganise(int blocks);
    void forget_waiting() { waiting_.clear(); }
    // Somebody else spends a coin of this transaction, in a block.
    void conflict(const std::string& txid);

    [[nodiscard]] int sent() const { return static_cast<int>(ever_sent_.size()); }  // different transactions
    [[nodiscard]] bool in_block(const std::string& txid) const { return mined_.count(txid) != 0; }
    // What all transactions in blocks pay to a script.
    [[nodiscard]] std::int64_t paid_to(const fleet::payout::Bytes& script) const;
    // All transactions ever sent, whether or not they reached a block.
    [[nodiscard]] const std::map<std::string, fleet::payout::Transaction>& ever_sent() const {
        return ever_sent_;
    }

    // Asked at each call: what is to go wrong with it.
    enum class Lie {
        none,
        lose_question,  // nothing is done, no answer comes
        lose_answer,    // it is done, no answer comes
        refuse_after,   // it is done, the answer says no
        other_amount,   // a payee's output is a satoshi larger
        other_script,   // a payee's output goes elsewhere
        garbage         // it is done, the answer is no JSON of this call
    };
    std::function<Lie(std::string_view method)> lie;
    std::vector<std::string> methods;  // all that were called

  private:
    std::string answer(std::string_view method, std::string_view parameters, Lie untrue);
    std::string fund(std::string_view parameters, Lie untrue);
    std::string look(const std::string& txid);
    std::string send(const fleet::payout::Transaction& transaction);
    bool spendable(const fleet::payout::OutPoint& point) const;

    struct Mined {
        fleet::payout::Transaction transaction;
        int height = 0;
        std::vector<fleet::payout::Output> spent;  // by its inputs
    };
    int height_ = 100;
    int coins_made_ = 0;
    std::map<fleet::payout::OutPoint, fleet::payout::Output> coins_;
    std::map<std::string, fleet::payout::Transaction> waiting_;
    std::map<std::string, fleet::payout::Transaction> ever_sent_;
    std::map<std::string, Mined> mined_;
    std::map<std::string, int> conflicted_;  // txid to the height of the other transaction
};

}  // namespace simulators
