#include "server/config_table.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "stratum/bytes.h"
#include "stratum/target.h"
#include "stratum/v2/authority.h"

namespace server {
namespace {

using Repeats = ConfigSection::Repeats;
using Texts = std::vector<std::string>;
using Target = ConfigTarget;
using Listener = ConfigDraft::Listener;
using Node = ConfigDraft::Node;
using declaration::DeclarationOptions;
using http::HttpOptions;
using node::NodeOptions;
using node::NodesOptions;
using pool::ListenerOptions;
using pool::PoolOptions;
using pool::StratumV2Options;
using store::StoreOptions;

constexpr std::int64_t day_s = 86'400;
constexpr std::size_t path_bytes_max = 1024;

// Where an option goes: member pointers from one of the four roots.
template <typename Root>
Root& root_of(const Target& target) {
    if constexpr (std::is_same_v<Root, Config>) return target.draft.config;
    if constexpr (std::is_same_v<Root, ConfigDraft>) return target.draft;
    if constexpr (std::is_same_v<Root, Listener>) return target.draft.listeners[target.index];
    if constexpr (std::is_same_v<Root, Node>) return target.draft.nodes[target.index];
}
template <typename Root, typename Value>
Value& first_of(const Target& target, Value Root::*first) {
    return root_of<Root>(target).*first;
}
template <auto First, auto... Rest>
auto& field_of(const Target& target) {
    return (first_of(target, First).*....*Rest);
}

// Setters that only store the value.
template <auto... Path>
std::string keep(const Target& target, const std::string& value) {
    field_of<Path...>(target) = value;
    return {};
}
template <auto... Path>
std::string keep(const Target& target, const Texts& values) {
    field_of<Path...>(target) = values;
    return {};
}
template <auto... Path>
void keep(const Target& target, std::int64_t value) {
    auto& field = field_of<Path...>(target);
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
}
template <auto... Path>
void keep(const Target& target, double value) {
    field_of<Path...>(target) = value;
}
template <auto... Path>
void keep(const Target& target, bool value) {
    field_of<Path...>(target) = value;
}

std::string one_of(const std::string& value, const Texts& choices, std::size_t& index) {
    const auto found = std::find(choices.begin(), choices.end(), value);
    index = static_cast<std::size_t>(found - choices.begin());
    if (found != choices.end()) return {};
    std::string text = "must be one of";
    for (const auto& choice : choices) text += (&choice == &choices.front() ? " \"" : ", \"") + choice + "\"";
    return text;
}

std::string set_log_level(const Target& target, const std::string& value) {
    std::size_t index = 0;
    auto wrong = one_of(value, {"debug", "info", "warn", "error"}, index);
    if (wrong.empty()) target.config().log_level = static_cast<log::Level>(index);
    return wrong;
}

std::string set_log_format(const Target& target, const std::string& value) {
    std::size_t index = 0;
    auto wrong = one_of(value, {"text", "json"}, index);
    if (wrong.empty()) target.config().log_format = static_cast<log::Format>(index);
    return wrong;
}

std::string set_network(const Target& target, const std::string& value) {
    std::size_t index = 0;
    auto wrong = value.empty() ? "" : one_of(value, {"main", "test", "signet", "regtest"}, index);
    if (wrong.empty() && !value.empty()) target.config().pool.network = static_cast<stratum::Network>(index);
    if (wrong.empty()) target.draft.network = value;
    return wrong;
}

std::string set_scheme(const Target& target, const std::string& value) {
    std::size_t index = 0;
    auto wrong = one_of(value, {"pplns", "solo"}, index);
    if (wrong.empty()) target.config().store.scheme = static_cast<fleet::ledger::Scheme>(index);
    return wrong;
}

std::string set_mask(std::uint32_t& mask, const std::string& value) {
    const auto parsed = stratum::parse_hex_u32(value);
    if (!parsed || value.size() != 8) return "must be eight hexadecimal letters, as \"1fffe000\"";
    mask = *parsed;
    return {};
}
std::string set_version_mask(const Target& target, const std::string& value) {
    return set_mask(target.config().pool.version_mask, value);
}
std::string set_version_mask_v2(const Target& target, const std::string& value) {
    return set_mask(target.config().pool.v2.version_mask, value);
}

std::string set_protocol(const Target& target, const std::string& value) {
    std::size_t index = 0;
    auto wrong = one_of(value, {"v1", "v2", "auto"}, index);
    if (wrong.empty()) target.listener().options.accepts = static_cast<pool::Accepts>(index);
    return wrong;
}

std::string set_authority(const Target& target, const std::string& value) {
    if (value.empty()) return {};
    const auto key = stratum::v2::parse_public_key(value);
    if (key.has_error()) return explain(key.error());
    target.config().pool.v2.authority = *key;
    return {};
}

std::string set_development_nbits(const Target& target, const std::string& value) {
    const auto nbits = stratum::parse_hex_u32(value);
    // No easier than regtest's limit, where every second hash is a block.
    if (!nbits || value.size() != 8 || !stratum::target_of_nbits(*nbits) || *nbits > 0x207fffff)
        return "must be a compact target in eight hexadecimal letters, at most \"207fffff\"";
    target.config().node.development_chain_nbits = *nbits;
    return {};
}

std::string set_node_name(const Target& target, const std::string& value) {
    const bool plain = std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
    if (value.empty() || !plain) return "must be made of a-z, 0-9, '-', '_' and '.'";
    target.config().pool.node_name = value;
    return {};
}

std::string set_coinbase_tag(const Target& target, const std::string& value) {
    const bool printable =
        std::all_of(value.begin(), value.end(), [](unsigned char c) { return c >= ' ' && c < 0x7f; });
    if (!printable) return "must be printable ASCII";
    target.config().pool.coinbase_tag = value;
    return {};
}

constexpr std::array sections{
    ConfigSection{"general", "Where things are kept and how much is told."},
    ConfigSection{"database",
                  "PostgreSQL 15 or newer. Without a URL Hashyard makes and runs its own in data_dir."},
    ConfigSection{"pool", "The pool. A payout address and a network are needed as soon as there is a node."},
    ConfigSection{
        "stratum",
        "A listener for miners; repeat the section for more. Without one: Stratum V1 on port 3333,\n"
        "V2 on port 3336.",
        Repeats::yes},
    ConfigSection{
        "stratum_v2",
        "Stratum V2. Miners trust an authority's public key, which stands at the end of their URL.\n"
        "Without a certificate the authority is made in data_dir, and vouches for this server.",
        Repeats::no},
    ConfigSection{"job_declaration",
                  "Clients that choose the transactions of their blocks (Stratum V2). A node of ours judges\n"
                  "each job; needs a listener that speaks V2.",
                  Repeats::no},
    ConfigSection{"node",
                  "A Bitcoin node; repeat the section for more: the best tip wins, blocks go to all.\n"
                  "Without one a built-in development chain (regtest rules, worthless coins) gives work.",
                  Repeats::yes},
    ConfigSection{"templates", "How work is fetched from the nodes."},
    ConfigSection{"journal", "Every accepted share is in this file before the miner hears of it."},
    ConfigSection{"http", "The web page, /api/v1, /metrics and /healthz."},
    ConfigSection{"payout", "Coins to users, from a wallet of Bitcoin Core. See hashyard payout --help."},
    ConfigSection{"prices",
                  "Minute prices for the books, fetched from one venue. See hashyard price --help."},
    ConfigSection{"proof", "What the pool signs, for everybody to check. See hashyard proof --help."},
};

const ConfigOption options[] = {
    {"general", "data_dir", "\"data\"",
     "Folder of the journal, the blocks found and the own PostgreSQL. Made when missing.",
     TextOption{path_bytes_max, keep<&Config::data_dir>}},
    {"general", "log_level", "\"info\"", "Least level printed: debug, info, warn, error.",
     TextOption{16, set_log_level}},
    {"general", "log_format", "\"text\"", "text or json; one line an event, on standard error.",
     TextOption{16, set_log_format}},

    {"database", "url", "\"\"",
     "postgresql://user@host/name. Empty: run an own PostgreSQL. No password here: use url_file or url_env.",
     TextOption{path_bytes_max, keep<&Config::store, &StoreOptions::database_url>}},
    {"database", "url_file", "\"\"", "A file whose first line is the URL.",
     TextOption{path_bytes_max, keep<&ConfigDraft::database_url_file>}},
    {"database", "url_env", "\"\"", "An environment variable that holds the URL.",
     TextOption{128, keep<&ConfigDraft::database_url_env>}},
    {"database", "embedded_user", "\"\"",
     "System user the own PostgreSQL runs as when started by root. Empty: postgres.",
     TextOption{64, keep<&Config::store, &StoreOptions::embedded_user>}},

    {"pool", "name", "\"pool-1\"",
     "Of this pool node. Unique among those that share a database; keep it once shares were counted.",
     TextOption{64, set_node_name}},
    {"pool", "network", "\"\"",
     "main, test, signet or regtest. Must be given with a node; without one it is regtest.",
     TextOption{16, set_network}},
    {"pool", "payout_address", "\"\"",
     "Where block rewards go: an address of that network. Must be given with a node.",
     TextOption{128, keep<&Config::payout_address>}},
    {"pool", "coinbase_tag", "\"/Hashyard/\"", "Stands in each block found.",
     TextOption{40, set_coinbase_tag}},
    {"pool", "scheme", "\"pplns\"",
     "How a block is shared: pplns, the window's shares; solo, all to the finder. A change counts from the "
     "next share on.",
     TextOption{8, set_scheme}},
    {"pool", "fee_basis_points", "100", "Pool fee in hundredths of a percent.",
     WholeOption{0, 10'000, keep<&Config::store, &StoreOptions::fee_basis_points>}},
    {"pool", "window_factor", "8", "PPLNS window: so many times the work of one block.",
     WholeOption{1, 100, keep<&Config::store, &StoreOptions::window_factor>}},
    {"pool", "shards", "0", "Threads that serve miners. 0: one less than the processors, at least one.",
     WholeOption{0, 256, keep<&Config::pool, &PoolOptions::shards>}},
    {"pool", "version_mask", "\"1fffe000\"", "Bits of the block version that miners may roll (BIP320).",
     TextOption{8, set_version_mask}},
    {"pool", "shares_per_minute", "18", "What the variable difficulty aims at for each miner.",
     RealOption{0.5, 600, keep<&Config::pool, &PoolOptions::shares_per_minute>}},
    {"pool", "variable_difficulty", "true", "false: every miner keeps the start difficulty.",
     SwitchOption{keep<&Config::pool, &PoolOptions::vardiff>}},
    {"pool", "sessions_max", "100000", "Connections in all; more are refused.",
     WholeOption{1, 10'000'000, keep<&Config::pool, &PoolOptions::sessions_max>}},
    {"pool", "sessions_per_ip_max", "0",
     "Connections from one address. 0: no limit (farms and rental proxies share one).",
     WholeOption{0, 10'000'000, keep<&Config::pool, &PoolOptions::sessions_per_ip_max>}},
    {"pool", "job_interval_s", "30", "A new job at the latest after so many seconds.",
     WholeOption{5, 120, keep<&Config::pool, &PoolOptions::job_interval>}},
    {"pool", "login_timeout_s", "15", "Seconds a connection has to authorize.",
     WholeOption{1, 600, keep<&Config::pool, &PoolOptions::login_timeout>}},
    {"pool", "idle_timeout_s", "600", "Seconds without a word from the miner before it is disconnected.",
     WholeOption{30, day_s, keep<&Config::pool, &PoolOptions::idle_timeout>}},
    {"pool", "tls_certificate", "\"\"", "PEM file, the whole chain; for listeners with tls = true.",
     TextOption{path_bytes_max, keep<&Config::pool, &PoolOptions::tls_certificate>}},
    {"pool", "tls_key", "\"\"", "PEM file of its private key.",
     TextOption{path_bytes_max, keep<&Config::pool, &PoolOptions::tls_key>}},

    {"stratum", "address", "\"0.0.0.0\"",
     "IPv4 or IPv6 address to listen on; \"::\" takes both kinds, all interfaces.",
     TextOption{64, keep<&Listener::options, &ListenerOptions::address>}},
    {"stratum", "protocol", "\"v1\"",
     "v1, v2, or auto: both on one port, and V1 over TLS where pool.tls_certificate is set.",
     TextOption{8, set_protocol}},
    {"stratum", "port", "3333", "0: the system chooses. Left out, a v2 listener has 3336.",
     WholeOption{0, 65'535, keep<&Listener::options, &ListenerOptions::port>}},
    {"stratum", "tls", "false", "true: V1 over TLS, with pool.tls_certificate.",
     SwitchOption{keep<&Listener::options, &ListenerOptions::tls>}},
    {"stratum", "difficulty_start", "\"auto\"",
     "First difficulty of a miner. auto: 1024, on the development chain 1/1024.",
     TextOption{32, keep<&Listener::difficulty_start>, true}},
    {"stratum", "difficulty_min", "\"auto\"",
     "Least difficulty ever given. auto: 1, on the development chain 2^-20.",
     TextOption{32, keep<&Listener::difficulty_min>, true}},
    {"stratum", "extranonce2_bytes", "8", "Space each miner searches; NiceHash wants 8, old firmware 4.",
     WholeOption{4, 8, keep<&Listener::options, &ListenerOptions::rest_bytes>}},
    {"stratum", "proxy_trusted", "[]", "Ranges, as \"10.0.0.0/8\", that send a PROXY protocol header.",
     ListOption{64, keep<&Listener::options, &ListenerOptions::proxy_trusted>}},

    {"stratum_v2", "certificate_file", "\"\"",
     "What `hashyard authority sign` wrote; read again when it changes. Needs server_key_file.",
     TextOption{path_bytes_max, keep<&Config::pool, &PoolOptions::v2, &StratumV2Options::certificate_file>}},
    {"stratum_v2", "server_key_file", "\"\"", "The key it was signed for: `hashyard authority new --server`.",
     TextOption{path_bytes_max, keep<&Config::pool, &PoolOptions::v2, &StratumV2Options::server_key_file>}},
    {"stratum_v2", "authority_public_key", "\"\"",
     "The authority that must have signed it. Empty: whichever the certificate names.",
     TextOption{64, set_authority}},
    {"stratum_v2", "version_mask", "\"1fffffe0\"", "Bits of the block version that miners may roll (BIP323).",
     TextOption{8, set_version_mask_v2}},
    {"stratum_v2", "success_batch", "10", "Accepted shares of a channel that one answer tells.",
     WholeOption{1, 1000, keep<&Config::pool, &PoolOptions::v2, &StratumV2Options::success_batch>}},
    {"stratum_v2", "success_delay_ms", "1000", "The longest that an accepted share waits for its answer.",
     WholeOption{0, 10'000, keep<&Config::pool, &PoolOptions::v2, &StratumV2Options::success_delay>}},
    {"stratum_v2", "channel_timeout_s", "60", "Seconds a connection has to open its first channel.",
     WholeOption{5, 3600, keep<&Config::pool, &PoolOptions::v2, &StratumV2Options::channel_timeout>}},
    {"stratum_v2", "channels_per_connection_max", "16384", "Channels that one proxy may open.",
     WholeOption{1, 16'384,
                 keep<&Config::pool, &PoolOptions::v2, &StratumV2Options::channels_per_connection_max>}},

    {"job_declaration", "enabled", "false",
     "The one switch: a port for clients that choose their transactions.",
     SwitchOption{keep<&Config::declaration, &DeclarationOptions::enabled>}},
    {"job_declaration", "address", "\"0.0.0.0\"", "IPv4 or IPv6; \"::\" takes both.",
     TextOption{64, keep<&Config::declaration, &DeclarationOptions::address>}},
    {"job_declaration", "port", "3337", "0: the system chooses.",
     WholeOption{0, 65'535, keep<&Config::declaration, &DeclarationOptions::port>}},
    {"job_declaration", "connections_max", "64", "Clients at a time. Each may send a whole block.",
     WholeOption{1, 1000, keep<&Config::declaration, &DeclarationOptions::connections_max>}},

    {"node", "name", "\"\"", "As it stands in logs and metrics. Empty: node-1, node-2, …",
     TextOption{64, keep<&Node::options, &NodeOptions::name>}},
    {"node", "rpc_url", "\"\"", "http://127.0.0.1:8332",
     TextOption{256, keep<&Node::options, &NodeOptions::rpc_url>}},
    {"node", "rpc_cookie_file", "\"\"",
     "The node's .cookie file; read again when it changes. Or user and password:",
     TextOption{path_bytes_max, keep<&Node::options, &NodeOptions::rpc_cookie_file>}},
    {"node", "rpc_user", "\"\"", "User name of the node's RPC.",
     TextOption{256, keep<&Node::options, &NodeOptions::rpc_user>}},
    {"node", "rpc_password_file", "\"\"", "A file whose first line is the password.",
     TextOption{path_bytes_max, keep<&Node::rpc_password_file>}},
    {"node", "rpc_password_env", "\"\"", "An environment variable that holds the password.",
     TextOption{128, keep<&Node::rpc_password_env>}},
    {"node", "zmq_hashblock", "\"\"",
     "tcp://127.0.0.1:28332, the node's zmqpubhashblock. Empty: longpoll and polling only.",
     TextOption{256, keep<&Node::options, &NodeOptions::zmq_hashblock>}},
    {"node", "template_provider", "\"\"",
     "127.0.0.1:8442, a Stratum V2 template provider of this node (sv2-tp): it pushes the templates and is\n"
     "told the blocks too. rpc_url stays: a provider does not tell what became of a block.\n"
     "Empty: getblocktemplate.",
     TextOption{256, keep<&Node::options, &NodeOptions::template_provider>}},
    {"node", "template_provider_key", "\"\"",
     "The authority key that the provider prints, as \"9c4…\". On main it must be given.",
     TextOption{64, keep<&Node::template_provider_key>}},

    {"templates", "early", "true", "Send empty work on a new tip at once, full work when it is parsed.",
     SwitchOption{keep<&Config::node, &NodesOptions::early_template>}},
    {"templates", "poll_interval_ms", "1000", "How often a node is asked for its tip.",
     WholeOption{50, 60'000, keep<&Config::node, &NodesOptions::poll_interval>}},
    {"templates", "refresh_interval_s", "30", "New transactions at the same tip.",
     WholeOption{1, 600, keep<&Config::node, &NodesOptions::template_interval>}},
    {"templates", "stalled_after_s", "90", "A node without news for so long is stalled.",
     WholeOption{5, 3600, keep<&Config::node, &NodesOptions::stalled_after>}},
    {"templates", "lagging_after_s", "10", "A node behind another's tip for so long is lagging.",
     WholeOption{1, 3600, keep<&Config::node, &NodesOptions::lagging_after>}},
    {"templates", "rpc_timeout_ms", "10000",
     "Longest wait for a node's answer; the longpoll waits longer by design.",
     WholeOption{100, 120'000, keep<&Config::node, &NodesOptions::rpc_timeout>}},
    {"templates", "development_transactions", "12", "Transactions in each block of the development chain.",
     WholeOption{0, 5000, keep<&Config::node, &NodesOptions::development_chain_transactions>}},
    {"templates", "development_nbits", "\"1d07ffff\"",
     "How hard its blocks are, as headers write it. 1d07ffff: some seconds of a processor; "
     "207fffff: two hashes.",
     TextOption{8, set_development_nbits}},

    {"journal", "sync_interval_ms", "5",
     "At most so much is lost by a power cut; a crash of the program loses nothing.",
     WholeOption{1, 10'000, keep<&Config::pool, &PoolOptions::journal_sync_interval>}},
    {"journal", "strict", "false", "true: a share is answered only when it is on the disk itself.",
     SwitchOption{keep<&Config::pool, &PoolOptions::journal_strict>}},
    {"journal", "segment_mib", "64", "Size of one file in MiB.",
     WholeOption{1, 1024,
                 [](const Target& t,
                    std::int64_t
                        v) { t.config().pool.journal_segment_bytes = static_cast<std::uint64_t>(v) << 20; }}},

    {"http", "address", "\"0.0.0.0\"",
     "Address to listen on. No password is asked yet: keep it in a trusted network.",
     TextOption{64, keep<&Config::http, &HttpOptions::address>}},
    {"http", "port", "8080", "0: the system chooses.",
     WholeOption{0, 65'535, keep<&Config::http, &HttpOptions::port>}},
    {"http", "web_dir", "\"\"", "Folder of the web files. Empty: those built in.",
     TextOption{path_bytes_max, keep<&Config::http, &HttpOptions::web_dir>}},
    {"http", "demo", "false", "true: every page says that this is a demonstration.",
     SwitchOption{keep<&Config::http, &HttpOptions::demo>}},
};

}  // namespace

std::span<const ConfigSection> config_sections() { return sections; }
std::span<const ConfigOption> config_options() {
    static const auto all =
        with_reports(with_proof_options(with_price_options(with_payout_options(options))));
    return all;
}

const ConfigSection* find_section(std::string_view name) {
    for (const auto& section : sections)
        if (section.name == name) return &section;
    return nullptr;
}

const ConfigOption* find_option(std::string_view section, std::string_view key) {
    for (const auto& option : config_options())
        if (option.section == section && option.key == key) return &option;
    return nullptr;
}

}  // namespace server
