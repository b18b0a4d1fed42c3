#pragma once
// What payouts are told. Filled by server/config_payout.cpp.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace server::wallet {

enum class Signing { wallet, psbt };  // psbt: signed elsewhere, by export and import

struct WalletOptions {
    bool enabled = false;
    std::string rpc_url;  // http://host:port/wallet/NAME
    std::string rpc_user;
    std::string rpc_password;
    std::filesystem::path rpc_cookie_file;
    std::chrono::milliseconds rpc_timeout{10'000};
    std::string account = "main";  // the ledger's wallet account
    std::int64_t threshold_sats = 100'000;
    std::int64_t payee_max_sats = 0;  // 0: no limit
    std::int64_t batch_max_sats = 0;
    std::size_t payees_max = 1000;
    std::chrono::minutes interval{24 * 60};
    std::int64_t fee_max_sats_per_vbyte = 100;
    std::int64_t fee_max_sats = 1'000'000;
    std::int64_t confirm_blocks = 6;  // the fee aims at it
    std::int64_t settle_depth = 6;
    std::chrono::hours address_hold{72};
    Signing signing = Signing::wallet;
    std::string copy_command;  // run with the file of a signed payout; empty: none
    std::filesystem::path data_dir;
};

}  // namespace server::wallet
