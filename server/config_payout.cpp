// The section [payout]: its options and what they must add up to.

#include "server/config_table.h"

namespace server {

namespace {

using Target = ConfigTarget;
using wallet::Signing;
using wallet::WalletOptions;

constexpr std::int64_t money_max_sats = 21'000'000LL * 100'000'000;
constexpr std::size_t text_bytes_max = 1024;

// Setters that only store the value.
template <auto Field>
void keep(const Target& target, std::int64_t value) {
    auto& field = target.config().payout.*Field;
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
}
template <auto Field>
std::string keep(const Target& target, const std::string& value) {
    target.config().payout.*Field = value;
    return {};
}

std::string set_signing(const Target& target, const std::string& value) {
    if (value != "wallet" && value != "psbt") return "must be one of \"wallet\", \"psbt\"";
    target.config().payout.signing = value == "psbt" ? Signing::psbt : Signing::wallet;
    return {};
}
std::string set_account(const Target& target, const std::string& value) {
    if (value.empty()) return "must not be empty";
    target.config().payout.account = value;
    return {};
}

const std::vector<ConfigOption> options{
    {"payout", "enabled", "false", "true: pay users by the schedule below.",
     SwitchOption{[](const Target& t, bool value) { t.config().payout.enabled = value; }}},
    {"payout", "rpc_url", "\"\"", "The wallet, as http://127.0.0.1:8332/wallet/NAME.",
     TextOption{text_bytes_max, keep<&WalletOptions::rpc_url>}},
    {"payout", "rpc_user", "\"\"", "User of the RPC port.", TextOption{128, keep<&WalletOptions::rpc_user>}},
    {"payout", "rpc_password_file", "\"\"", "File with its password in the first line.",
     TextOption{text_bytes_max,
                [](const Target& t, const std::string& value) {
                    t.draft.payout_password_file = value;
                    return std::string();
                }}},
    {"payout", "rpc_cookie_file", "\"\"", "Instead of user and password: the node's .cookie file.",
     TextOption{text_bytes_max,
                [](const Target& t, const std::string& value) {
                    t.config().payout.rpc_cookie_file = value;
                    return std::string();
                }}},
    {"payout", "account", "\"main\"", "The ledger's account of this wallet.", TextOption{64, set_account}},
    {"payout", "signing", "\"wallet\"",
     "wallet: the wallet signs. psbt: hashyard payout export and import carry it to the signer.",
     TextOption{16, set_signing}},
    {"payout", "interval_minutes", "1440", "From one payout to the next.",
     WholeOption{1, 44'640, keep<&WalletOptions::interval>}},
    {"payout", "threshold_sats", "100000", "Who has less waits.",
     WholeOption{546, money_max_sats, keep<&WalletOptions::threshold_sats>}},
    {"payout", "payee_max_sats", "0", "To one user in one payout; the rest comes in the next. 0: all.",
     WholeOption{0, money_max_sats, keep<&WalletOptions::payee_max_sats>}},
    {"payout", "batch_max_sats", "0", "In one payout. 0: no limit.",
     WholeOption{0, money_max_sats, keep<&WalletOptions::batch_max_sats>}},
    {"payout", "payees_max", "1000", "Users in one transaction.",
     WholeOption{1, 2500, keep<&WalletOptions::payees_max>}},
    {"payout", "fee_max_sats_per_vbyte", "100", "A dearer transaction is not sent. The pool bears the fee.",
     WholeOption{1, 10'000, keep<&WalletOptions::fee_max_sats_per_vbyte>}},
    {"payout", "fee_max_sats", "1000000", "The same for the whole fee.",
     WholeOption{1000, 1'000'000'000, keep<&WalletOptions::fee_max_sats>}},
    {"payout", "confirm_blocks", "6", "The fee aims at a block among the next so many.",
     WholeOption{1, 1008, keep<&WalletOptions::confirm_blocks>}},
    {"payout", "settle_depth", "6", "Blocks until a payout is booked.",
     WholeOption{1, 1000, keep<&WalletOptions::settle_depth>}},
    {"payout", "address_hold_hours", "72", "A changed address is not paid to before.",
     WholeOption{0, 8760, keep<&WalletOptions::address_hold>}},
    {"payout", "copy_command", "\"\"",
     "Run with the file of each signed payout before it is sent, to keep a copy on another machine; when it\n"
     "fails, nothing is sent.",
     TextOption{text_bytes_max, keep<&WalletOptions::copy_command>}},
};

}  // namespace

std::vector<ConfigOption> with_payout_options(std::span<const ConfigOption> others) {
    std::vector<ConfigOption> all(others.begin(), others.end());
    all.insert(all.end(), options.begin(), options.end());
    return all;
}

void complete_payout(ConfigDraft& draft, const SecretSource& secrets, std::vector<ConfigProblem>& problems) {
    auto& payout = draft.config.payout;
    payout.data_dir = draft.config.data_dir;
    const auto report = [&](const char* key, const char* text) { problems.push_back({"", 0, key, text}); };
    if (!draft.payout_password_file.empty()) {
        const auto secret = secrets(SecretKind::file, draft.payout_password_file);
        if (!secret || secret->empty())
            report("payout.rpc_password_file", "cannot be read or is empty: write the password into it");
        else
            payout.rpc_password = *secret;
    }
    if (!payout.enabled) return;
    if (draft.config.development_chain)
        report("payout.enabled", "needs a [[node]]: the development chain's coins are worthless");
    if (payout.rpc_url.empty()) report("payout.rpc_url", "missing: say where the wallet is");
    if (payout.rpc_cookie_file.empty() && draft.payout_password_file.empty())
        report("payout.rpc_password_file", "missing: name it, or rpc_cookie_file");
}

}  // namespace server
