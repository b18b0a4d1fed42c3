#pragma once
// The one table of options: where each stands, what it takes, what it is for, where it goes. Read by the
// parser, the printer of the example and its test. Adding an option is adding a row.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config.h"

namespace server {

// A configuration on its way: what the file said, before cross checks and secrets.
struct ConfigDraft {
    struct Listener {
        pool::ListenerOptions options;
        std::string difficulty_start = "auto";
        std::string difficulty_min = "auto";
    };
    struct Node {
        node::NodeOptions options;
        std::string rpc_password_file;
        std::string rpc_password_env;
        std::string template_provider_key;
    };
    Config config;
    std::vector<Listener> listeners;
    std::vector<Node> nodes;
    std::string network;
    std::string payout_password_file;
    std::string report_token_file;
    std::string database_url_file;
    std::string database_url_env;
};

struct ConfigTarget {
    ConfigDraft& draft;
    std::size_t index = 0;  // of the listener or node, in sections that repeat
    Config& config() const { return draft.config; }
    ConfigDraft::Listener& listener() const { return draft.listeners[index]; }
    ConfigDraft::Node& node() const { return draft.nodes[index]; }
};

struct WholeOption {
    std::int64_t least, most;
    void (*set)(const ConfigTarget&, std::int64_t);
};
struct RealOption {
    double least, most;
    void (*set)(const ConfigTarget&, double);
};
struct SwitchOption {
    void (*set)(const ConfigTarget&, bool);
};
// `set` returns what is wrong with the text, or nothing. takes_number: a TOML number is taken for its text.
struct TextOption {
    std::size_t bytes_max;
    std::string (*set)(const ConfigTarget&, const std::string&);
    bool takes_number = false;
};
struct ListOption {
    std::size_t items_max;
    std::string (*set)(const ConfigTarget&, const std::vector<std::string>&);
};

struct ConfigOption {
    std::string_view section;
    std::string_view key;
    std::string_view standard;  // the default, as TOML; set into every draft before the file is read
    std::string_view help;      // lines
    std::variant<WholeOption, RealOption, SwitchOption, TextOption, ListOption> kind;
};
struct ConfigSection {
    std::string_view name;
    std::string_view help;
    enum class Repeats { no, yes } repeats = Repeats::no;
};

std::span<const ConfigSection> config_sections();
std::span<const ConfigOption> config_options();
// config_payout.cpp: these and those of [payout].
std::vector<ConfigOption> with_payout_options(std::span<const ConfigOption> others);
// config_prices.cpp: the same for [prices].
std::vector<ConfigOption> with_price_options(std::span<const ConfigOption> others);
std::vector<ConfigOption> with_proof_options(std::vector<ConfigOption> others);  // config_proof.cpp
// config_reports.cpp: these and those of reports over HTTP.
std::vector<ConfigOption> with_reports(std::vector<ConfigOption> others);
const ConfigSection* find_section(std::string_view name);
const ConfigOption* find_option(std::string_view section, std::string_view key);

// Cross checks; secrets; what follows from what. Appends to problems (file and line are the caller's to fill
// in).
void complete(ConfigDraft& draft, const SecretSource& secrets, std::vector<ConfigProblem>& problems);
void complete_payout(ConfigDraft& draft, const SecretSource& secrets, std::vector<ConfigProblem>& problems);
void complete_reports(ConfigDraft& draft, const SecretSource& secrets, std::vector<ConfigProblem>& problems);
void complete_prices(const ConfigDraft& draft, std::vector<ConfigProblem>& problems);

}  // namespace server
