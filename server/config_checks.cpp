// What a configuration must hold together, and what follows from it.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "server/config_table.h"
#include "stratum/address.h"
#include "stratum/sha256.h"
#include "stratum/v2/authority.h"

namespace server {
namespace {

using Problems = std::vector<ConfigProblem>;

void report(Problems& problems, std::string key, std::string text) {
    problems.push_back({"", 0, std::move(key), std::move(text)});
}

// Nobody has the key: its coins are as worthless as the chain.
std::string development_address() {
    const auto digest = stratum::sha256(stratum::view_of("Hashyard development chain"));
    stratum::Bytes script{0x00, 0x14};
    script.insert(script.end(), digest.bytes.begin(), digest.bytes.begin() + 20);
    return stratum::address_of_script(script, stratum::Network::regtest);
}

void check_money(ConfigDraft& draft, Problems& problems) {
    auto& config = draft.config;
    config.development_chain = draft.nodes.empty();
    auto& network = config.pool.network;
    if (config.development_chain) {
        if (!draft.network.empty() && network != stratum::Network::regtest)
            report(problems, "pool.network",
                   "there is no [[node]] to give work for this network: add one, or remove "
                   "the line to try Hashyard on its development chain");
        network = stratum::Network::regtest;
        if (config.payout_address.empty()) config.payout_address = development_address();
    } else {
        if (draft.network.empty())
            report(problems, "pool.network",
                   "missing: say which network the nodes are on, as network = \"main\"");
        if (config.payout_address.empty())
            report(problems, "pool.payout_address", "missing: say where block rewards go");
    }
    if (!problems.empty()) return;
    const auto parsed = stratum::parse_address(config.payout_address, network);
    if (parsed.ok) {
        config.payout_address = parsed.address.text;
        config.pool.payout_script = parsed.address.script;
    } else if (config.development_chain && parsed.error == stratum::AddressError::wrong_network) {
        report(problems, "pool.payout_address",
               "is an address of a real network, but there is no [[node]]: the "
               "development chain's coins are worthless. Add a node, or remove the address");
    } else {
        report(problems, "pool.payout_address", stratum::explain(parsed.error, network));
    }
}

std::optional<std::string> secret(const SecretSource& secrets, SecretKind kind, const std::string& name,
                                  const std::string& key, Problems& problems) {
    auto value = secrets(kind, name);
    if (value && !value->empty()) return value;
    report(problems, key,
           kind == SecretKind::file
               ? fmt::format("the file {} cannot be read or is empty: write the secret into its first line",
                             name)
               : fmt::format("the environment variable {} is not set: set it before the start", name));
    return std::nullopt;
}

// At most one of file and variable; its text, or nothing.
std::string one_secret(const SecretSource& secrets, const std::string& file, const std::string& variable,
                       const std::string& prefix, Problems& problems) {
    if (!file.empty() && !variable.empty()) {
        report(problems, prefix + "_env", "a file is named too: keep one of them");
        return {};
    }
    if (!file.empty())
        return secret(secrets, SecretKind::file, file, prefix + "_file", problems).value_or("");
    if (!variable.empty())
        return secret(secrets, SecretKind::environment, variable, prefix + "_env", problems).value_or("");
    return {};
}

bool is_host_and_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || text.size() - colon > 6)
        return false;
    const auto port = text.substr(colon + 1);
    return std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           text.find_first_of(" /@") == std::string_view::npos;
}

// The key decides whose work is mined: without it whoever sits on the way can hand out another's.
void check_provider_key(ConfigDraft::Node& node, stratum::Network network, const std::string& key,
                        Problems& problems) {
    if (node.template_provider_key.empty()) {
        if (network == stratum::Network::main)
            report(problems, key, "missing: give the authority key that the template provider prints");
        return;
    }
    const auto parsed = stratum::v2::parse_public_key(node.template_provider_key);
    if (!parsed) return report(problems, key, stratum::v2::explain(parsed.error()));
    if (network == stratum::Network::main && is_example_authority(*parsed))
        return report(problems, key,
                      "is the published example, whose secret everybody has: make an authority key for your "
                      "provider and give that");
    node.options.template_provider_key = *parsed;
}

void check_provider(ConfigDraft::Node& node, stratum::Network network, const std::string& prefix,
                    Problems& problems) {
    const auto& place = node.options.template_provider;
    const auto key = prefix + ".template_provider";
    if (place.empty()) {
        if (!node.template_provider_key.empty())
            report(problems, key + "_key", "there is no template_provider: add one, or remove the key");
        return;
    }
    if (!is_host_and_port(place))
        report(problems, key, "must be the template provider's address, as 127.0.0.1:8442");
    if (node.options.rpc_url.empty())
        report(problems, key,
               "needs rpc_url too, that of the provider's own node: a provider gives templates and takes "
               "blocks, but does not tell what became of them");
    check_provider_key(node, network, key + "_key", problems);
}

void check_node(ConfigDraft::Node& node, std::size_t index, stratum::Network network,
                const SecretSource& secrets, Problems& problems) {
    const auto prefix = fmt::format("node.{}", index);
    auto& options = node.options;
    if (options.name.empty()) options.name = fmt::format("node-{}", index + 1);
    const bool told_below = options.rpc_url.empty() && !options.template_provider.empty();
    if (!told_below && (!options.rpc_url.starts_with("http://") ||
                        !is_host_and_port(std::string_view(options.rpc_url).substr(7))))
        report(problems, prefix + ".rpc_url", "must be the node's RPC address, as http://127.0.0.1:8332");
    if (!options.zmq_hashblock.empty() &&
        (!options.zmq_hashblock.starts_with("tcp://") ||
         !is_host_and_port(std::string_view(options.zmq_hashblock).substr(6))))
        report(problems, prefix + ".zmq_hashblock", "must be as tcp://127.0.0.1:28332");
    options.rpc_password = one_secret(secrets, node.rpc_password_file, node.rpc_password_env,
                                      prefix + ".rpc_password", problems);
    check_provider(node, network, prefix, problems);
    const bool password_named = !node.rpc_password_file.empty() || !node.rpc_password_env.empty();
    if (options.rpc_cookie_file.empty() && !password_named)
        report(problems, prefix, "has no secret: name rpc_cookie_file, or rpc_user and rpc_password_file");
}

void check_nodes(ConfigDraft& draft, const SecretSource& secrets, Problems& problems) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < draft.nodes.size(); ++i) {
        check_node(draft.nodes[i], i, draft.config.pool.network, secrets, problems);
        if (!names.insert(draft.nodes[i].options.name).second)
            report(problems, fmt::format("node.{}.name", i), "another node has this name already");
        draft.config.node.nodes.push_back(draft.nodes[i].options);
    }
}

stratum::Difficulty difficulty(const std::string& text, stratum::Difficulty automatic, const std::string& key,
                               stratum::Network network, Problems& problems) {
    if (text == "auto") return automatic;
    const auto value = stratum::Difficulty::parse(text);
    if (!value) {
        report(problems, key, "must be \"auto\" or a number, as 1024 or 0.5");
        return automatic;
    }
    if (*value < stratum::Difficulty() && network == stratum::Network::main)
        report(problems, key, "is below 1: that is for test networks only");
    return *value;
}

void check_listener(const Config& config, ConfigDraft::Listener& listener, std::size_t index,
                    Problems& problems) {
    const auto prefix = fmt::format("stratum.{}", index);
    auto& options = listener.options;
    const bool development = config.development_chain;
    const auto start = development ? *stratum::Difficulty::fraction(10) : *stratum::Difficulty::whole(1024);
    const auto least = development ? *stratum::Difficulty::fraction(20) : stratum::Difficulty();
    const auto network = config.pool.network;
    options.difficulty_start =
        difficulty(listener.difficulty_start, start, prefix + ".difficulty_start", network, problems);
    options.difficulty_min = difficulty(listener.difficulty_min, std::min(least, options.difficulty_start),
                                        prefix + ".difficulty_min", network, problems);
    options.difficulty_start_text = options.difficulty_start.text();
    if (options.difficulty_min > options.difficulty_start)
        report(problems, prefix + ".difficulty_min", "is above difficulty_start: lower it");
    if (options.tls && (config.pool.tls_certificate.empty() || config.pool.tls_key.empty()))
        report(problems, prefix + ".tls", "needs pool.tls_certificate and pool.tls_key");
    if (options.tls && options.accepts != pool::Accepts::v1)
        report(problems, prefix + ".tls",
               "is for protocol = \"v1\": V2 encrypts by itself, and auto takes TLS where "
               "pool.tls_certificate is set. Remove the line");
}

void check_stratum_v2(const pool::StratumV2Options& options, Problems& problems) {
    if (options.certificate_file.empty() != options.server_key_file.empty())
        report(
            problems,
            options.certificate_file.empty() ? "stratum_v2.server_key_file" : "stratum_v2.certificate_file",
            "certificate_file and server_key_file go together: name both, or none");
    if (options.authority && options.certificate_file.empty())
        report(problems, "stratum_v2.authority_public_key",
               "needs certificate_file and server_key_file: this authority's secret is not here to sign");
}

void check_listeners(ConfigDraft& draft, Problems& problems) {
    std::set<std::pair<std::string, std::uint16_t>> places;
    auto& config = draft.config;
    for (std::size_t i = 0; i < draft.listeners.size(); ++i) {
        check_listener(config, draft.listeners[i], i, problems);
        const auto& options = draft.listeners[i].options;
        if (options.port != 0 && !places.insert({options.address, options.port}).second)
            report(problems, fmt::format("stratum.{}.port", i),
                   "another listener has this address and port already");
        if (options.port != 0 && options.port == config.http.port)
            report(problems, fmt::format("stratum.{}.port", i), "is http.port already: choose another one");
        config.pool.listeners.push_back(options);
    }
}

}  // namespace

void complete(ConfigDraft& draft, const SecretSource& secrets, Problems& problems) {
    auto& config = draft.config;
    if (config.data_dir.empty()) report(problems, "general.data_dir", "must name a folder");
    if (config.http.address.empty())
        report(problems, "http.address", "must be an address, as 0.0.0.0 or 127.0.0.1");
    check_money(draft, problems);
    check_nodes(draft, secrets, problems);
    complete_payout(draft, secrets, problems);
    complete_reports(draft, secrets, problems);
    complete_prices(draft, problems);
    config.proof.data_dir = config.data_dir;
    check_listeners(draft, problems);
    check_stratum_v2(config.pool.v2, problems);
    const auto url =
        one_secret(secrets, draft.database_url_file, draft.database_url_env, "database.url", problems);
    if (!url.empty() && !config.store.database_url.empty())
        report(problems, "database.url", "is given by a file or variable too: keep one of them");
    if (!url.empty()) config.store.database_url = url;
    config.pool.data_dir = config.data_dir;
    config.store.data_dir = config.data_dir;
    config.node.data_dir = config.data_dir;
    config.node.network = config.pool.network;
    config.node.coinbase_tag = config.pool.coinbase_tag;
    config.node.payout_script = config.pool.payout_script;
    const auto& listeners = config.pool.listeners;
    if (std::any_of(listeners.begin(), listeners.end(),
                    [](const auto& listener) { return listener.accepts != pool::Accepts::v1; }))
        config.node.extranonce_lengths.push_back(stratum::extranonce_bytes_v2);
    config.pool.v2.job_declaration = config.declaration.enabled;
    config.declaration.payout_script = config.pool.payout_script;
    if (config.declaration.enabled && config.node.extranonce_lengths.size() < 2)
        report(problems, "job_declaration.enabled", "needs a [[stratum]] listener with protocol v2 or auto");
}

}  // namespace server
