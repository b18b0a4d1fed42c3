#pragma once
// One question to a Bitcoin Core wallet at a time. Books thread, or a command's. Every call makes a
// connection of its own, so that none is ever repeated behind the caller's back.

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "server/wallet/options.h"

namespace server::wallet {

struct RpcFailure {
    enum class Kind {
        refused,    // the wallet answered no: nothing was done
        not_found,  // it does not know that transaction
        uncertain   // no answer, or none that is understood: it may have been done
    } kind = Kind::uncertain;
    std::string detail;
};
template <typename T>
using RpcResult = boost::system::result<T, RpcFailure>;

class WalletRpc {
  public:
    virtual ~WalletRpc() = default;
    // `parameters`: the JSON text between the brackets. Gives the result's JSON text.
    virtual RpcResult<std::string> call(std::string_view method, std::string_view parameters) = 0;
};

class CoreRpc : public WalletRpc {
  public:
    explicit CoreRpc(const WalletOptions& options) : options_(options) {}
    RpcResult<std::string> call(std::string_view method, std::string_view parameters) override;

  private:
    const WalletOptions& options_;
};

}  // namespace server::wallet
