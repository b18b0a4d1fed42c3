#pragma once
// The configuration: one TOML file, command line overrides, secrets from the files and environment variables
// the file names. Read once by main.cpp before any thread starts; rooms get plain option structs and know
// nothing of it. Anything unknown, of a wrong type, out of range or missing is a problem, and with a problem
// the program does not start.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/declaration/options.h"
#include "server/http/options.h"
#include "server/log.h"
#include "server/node/options.h"
#include "server/pool/options.h"
#include "server/prices/options.h"
#include "server/proof/options.h"
#include "server/store/options.h"
#include "server/wallet/options.h"

namespace server {

struct Config {
    std::filesystem::path data_dir = "data";
    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::text;
    store::StoreOptions store;
    node::NodesOptions node;
    pool::PoolOptions pool;
    declaration::DeclarationOptions declaration;
    http::HttpOptions http;
    wallet::WalletOptions payout;
    prices::PriceOptions prices;
    proof::ProofOptions proof;
    std::string payout_address;      // canonical; the development chain's own one when there is no node
    bool development_chain = false;  // no node is configured
};

struct ConfigProblem {
    std::string file;   // or "command line"
    unsigned line = 0;  // from 1; 0 when it has none
    std::string key;    // "pool.network"
    std::string text;   // what is wrong and what to do
};
// "hashyard.toml:12: pool.network: ..."
std::string explain(const ConfigProblem& problem);

// One of --set, --data, --http-port …: `key` is section.name; the sections stratum and node take a number
// from 0, or for stratum "plain", "tls" or "v2" (the first such listener, made when there is none):
// "stratum.tls.port", "node.0.rpc_url".
struct ConfigOverride {
    std::string key;
    std::string value;  // TOML, or bare text
};

enum class SecretKind { file, environment };
// The secret's text, or nullopt when there is none under that name.
using SecretSource = std::function<std::optional<std::string>(SecretKind kind, const std::string& name)>;

struct ParsedConfig {
    Config config;
    std::vector<ConfigProblem> problems;
};
// Pure but for what `secrets` does. At most text_bytes_max of text.
inline constexpr std::size_t config_text_bytes_max = 1 << 20;
[[nodiscard]] ParsedConfig parse_config(std::string_view text, const std::string& file_name,
                                        const std::vector<ConfigOverride>& overrides,
                                        const SecretSource& secrets);
// Reads the file (empty path: defaults alone), secret files and the environment.
[[nodiscard]] ParsedConfig load_config(const std::filesystem::path& file,
                                       const std::vector<ConfigOverride>& overrides);

// The commented example, printed from the table of options; server/hashyard.example.toml is this text.
std::string example_config();

}  // namespace server
