#include "server/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "server/config_table.h"

namespace server {
namespace {

constexpr std::size_t sections_repeated_max = 64;  // listeners, nodes
constexpr std::size_t problems_max = 100;
constexpr const char* command_line = "command line";

const char* kind_of(const toml::node& node) {
    if (node.is_string()) return "text";
    if (node.is_integer()) return "a whole number";
    if (node.is_floating_point()) return "a number";
    if (node.is_boolean()) return "true or false";
    if (node.is_array()) return "a list";
    if (node.is_table()) return "a section";
    return "a date";
}

// What is wrong with the value, or nothing; then it is set.
struct Apply {
    const ConfigTarget& target;
    const toml::node& node;

    std::string operator()(const WholeOption& option) const {
        const auto value = node.value_exact<std::int64_t>();
        if (value && *value >= option.least && *value <= option.most) return option.set(target, *value), "";
        return fmt::format("must be a whole number from {} to {}{}", option.least, option.most, but(node));
    }
    std::string operator()(const RealOption& option) const {
        const auto value = node.is_number() ? node.value<double>() : std::nullopt;
        if (value && *value >= option.least && *value <= option.most) return option.set(target, *value), "";
        return fmt::format("must be a number from {} to {}{}", option.least, option.most, but(node));
    }
    std::string operator()(const SwitchOption& option) const {
        const auto value = node.value_exact<bool>();
        if (value) return option.set(target, *value), "";
        return fmt::format("must be true or false{}", but(node));
    }
    std::string operator()(const TextOption& option) const {
        std::optional<std::string> value = node.value_exact<std::string>();
        if (!value && option.takes_number && node.is_integer())
            value = std::to_string(*node.value<std::int64_t>());
        if (!value && option.takes_number && node.is_floating_point())
            value = fmt::format("{}", *node.value<double>());
        if (!value) return fmt::format("must be text in quotes{}", but(node));
        if (value->size() > option.bytes_max)
            return fmt::format("must be at most {} bytes long", option.bytes_max);
        if (value->find('\0') != std::string::npos) return "must not hold a zero byte";
        return option.set(target, *value);
    }
    std::string operator()(const ListOption& option) const {
        const auto* list = node.as_array();
        std::vector<std::string> values;
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
            if (const auto text = list->get(i)->value_exact<std::string>()) values.push_back(*text);
        if (list == nullptr || values.size() != list->size())
            return "must be a list of texts, as [\"10.0.0.0/8\"]";
        if (values.size() > option.items_max)
            return fmt::format("must have at most {} entries", option.items_max);
        return option.set(target, values);
    }
    static std::string but(const toml::node& node) {
        if (const auto value = node.value_exact<std::int64_t>()) return fmt::format(", not {}", *value);
        return fmt::format(", not {}", kind_of(node));
    }
};

std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
        }
    }
    return row[b.size()];
}

// "no such option; did you mean "port"? ..."
std::string unknown(std::string_view what, std::string_view name,
                    const std::vector<std::string_view>& known) {
    std::string text = fmt::format("there is no such {}", what);
    const auto shown = name.substr(0, 64);
    for (const auto candidate : known)
        if (edits_between(shown, candidate) <= 2)
            return text + fmt::format("; did you mean \"{}\"?", candidate);
    text += "; known:";
    for (const auto candidate : known) text += fmt::format(" {}", candidate);
    return text;
}

class Parser {
  public:
    Parser(std::string file_name, std::vector<ConfigProblem>& problems)
        : file_name_(std::move(file_name)), problems_(problems) {
        for (const auto& section : config_sections())
            if (section.repeats == ConfigSection::Repeats::no) set_standards(section, 0);
    }

    void read(std::string_view text) {
        try {
            const auto root = toml::parse(text, file_name_);
            for (const auto& [key, node] : root) read_section(key.str(), node);
        } catch (const toml::parse_error& error) {
            report("", error.source().begin.line, std::string(error.description()));
        }
    }

    void override_with(const ConfigOverride& change) {
        const std::vector<std::string_view> parts = split(change.key);
        const auto* section = parts.empty() ? nullptr : find_section(parts[0]);
        const bool repeats = section != nullptr && section->repeats == ConfigSection::Repeats::yes;
        const auto* option = section != nullptr && parts.size() == (repeats ? 3U : 2U)
                                 ? find_option(parts[0], parts.back())
                                 : nullptr;
        lines_[change.key] = 0;
        if (option == nullptr)
            return report(change.key, 0,
                          "there is no such option; the form is section.key, or stratum.0.key");
        std::size_t index = 0;
        if (repeats) {
            const auto found = index_of(*section, parts[1]);
            if (!found)
                return report(change.key, 0,
                              "must name an entry: a number from 0, for stratum also plain, tls or v2");
            index = *found;
        }
        const bool text_is_wanted =
            std::holds_alternative<TextOption>(option->kind) && !change.value.starts_with('"');
        apply(*option, index, change.key, 0, text_is_wanted ? nullptr : &change.value, change.value);
    }

    // Without a [[stratum]] there is a listener for each protocol that the command line does not name.
    void finish() {
        if (listeners_written_) return;
        const auto& listeners = draft_.listeners;
        const auto is_v2 = [](const auto& listener) { return listener.options.accepts == pool::Accepts::v2; };
        const bool has_v2 = std::any_of(listeners.begin(), listeners.end(), is_v2);
        if (std::all_of(listeners.begin(), listeners.end(), is_v2)) add_entry(*find_section("stratum"));
        if (!has_v2) make_v2(add_entry(*find_section("stratum")));
    }

    ConfigDraft& draft() { return draft_; }
    // Fills in file and line: of the key, or of the entry it would stand in.
    void place(ConfigProblem& problem) const {
        auto key = problem.key;
        while (true) {
            if (const auto found = lines_.find(key); found != lines_.end()) {
                problem.file = found->second == 0 ? command_line : file_name_;
                problem.line = found->second;
                return;
            }
            const auto dot = key.rfind('.');
            if (dot == std::string::npos) break;
            key.resize(dot);
        }
        problem.file = file_name_;
    }

  private:
    void report(std::string key, unsigned line, std::string text) {
        if (problems_.size() >= problems_max) return;
        problems_.push_back({line == 0 ? command_line : file_name_, line, std::move(key), std::move(text)});
    }

    static std::vector<std::string_view> split(std::string_view key) {
        std::vector<std::string_view> parts;
        for (std::size_t dot = 0; (dot = key.find('.')) != std::string_view::npos && parts.size() < 3;
             key.remove_prefix(dot + 1))
            parts.push_back(key.substr(0, dot));
        parts.push_back(key);
        return parts;
    }

    void set_standards(const ConfigSection& section, std::size_t index) {
        for (const auto& option : config_options()) {
            if (option.section != section.name) continue;
            const auto table = toml::parse(fmt::format("value = {}", option.standard));
            const auto wrong = std::visit(Apply{{draft_, index}, *table.get("value")}, option.kind);
            STRATUM_ENSURE(wrong.empty());
        }
    }

    // Adds an entry of a repeating section; its index.
    std::size_t add_entry(const ConfigSection& section) {
        const bool listener = section.name == "stratum";
        if (listener) {
            draft_.listeners.emplace_back();
        } else {
            draft_.nodes.emplace_back();
        }
        const auto index = (listener ? draft_.listeners.size() : draft_.nodes.size()) - 1;
        set_standards(section, index);
        return index;
    }

    std::optional<std::size_t> index_of(const ConfigSection& section, std::string_view text) {
        const bool listener = section.name == "stratum";
        const auto count = listener ? draft_.listeners.size() : draft_.nodes.size();
        if (listener && (text == "plain" || text == "tls" || text == "v2")) return listener_named(text);
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
        if (error != std::errc{} || end != text.data() + text.size() || index > count) return std::nullopt;
        if (index < count) return index;
        if (listener) listeners_written_ = true;
        return count < sections_repeated_max ? std::optional(add_named_entry(section)) : std::nullopt;
    }

    // The first that speaks V1 plainly, V1 over TLS, or V2; made when there is none.
    std::size_t listener_named(std::string_view name) {
        const auto accepts = name == "v2" ? pool::Accepts::v2 : pool::Accepts::v1;
        const bool tls = name == "tls";
        for (std::size_t i = 0; i < draft_.listeners.size(); ++i) {
            const auto& options = draft_.listeners[i].options;
            if (options.accepts == accepts && options.tls == tls) return i;
        }
        const auto added = add_named_entry(*find_section("stratum"));
        draft_.listeners[added].options.tls = tls;
        if (name == "v2") make_v2(added);
        return added;
    }

    void make_v2(std::size_t index) {
        auto& options = draft_.listeners[index].options;
        options.accepts = pool::Accepts::v2;
        options.port = pool::usual_v2_port;
    }

    std::size_t add_named_entry(const ConfigSection& section) {
        const auto index = add_entry(section);
        lines_[fmt::format("{}.{}", section.name, index)] = 0;
        return index;
    }

    void read_section(std::string_view name, const toml::node& node) {
        const auto line = node.source().begin.line;
        const auto* section = find_section(name);
        if (section == nullptr) {
            std::vector<std::string_view> known;
            for (const auto& each : config_sections()) known.push_back(each.name);
            return report(std::string(name), line, unknown("section", name, known));
        }
        if (section->repeats == ConfigSection::Repeats::no) {
            if (const auto* table = node.as_table())
                return read_options(*section, *table, 0, std::string(name));
            return report(std::string(name), line, fmt::format("must be a section, [{}]", name));
        }
        const auto* entries = node.as_array();
        if (entries == nullptr || entries->size() > sections_repeated_max)
            return report(std::string(name), line,
                          fmt::format("must be up to {} sections, [[{}]]", sections_repeated_max, name));
        for (const auto& entry : *entries) {
            const auto* table = entry.as_table();
            if (table == nullptr)
                return report(std::string(name), line, fmt::format("must be sections, [[{}]]", name));
            const auto index = add_entry(*section);
            read_options(*section, *table, index, fmt::format("{}.{}", name, index));
            if (name == "stratum") take_usual_port(*table, index);
        }
    }

    void take_usual_port(const toml::table& table, std::size_t index) {
        listeners_written_ = true;
        if (draft_.listeners[index].options.accepts == pool::Accepts::v2 && !table.contains("port"))
            make_v2(index);
    }

    void read_options(const ConfigSection& section, const toml::table& table, std::size_t index,
                      const std::string& prefix) {
        lines_[prefix] = table.source().begin.line;
        for (const auto& [key, node] : table) {
            const auto line = key.source().begin.line;
            const auto path = prefix + "." + std::string(key.str());
            if (const auto* option = find_option(section.name, key.str())) {
                lines_[path] = line;
                if (const auto wrong = std::visit(Apply{{draft_, index}, node}, option->kind); !wrong.empty())
                    report(path, line, wrong);
            } else if (key.str() == "rpc_password") {
                report(path, line,
                       "a password does not stand here: put it into a file of its own and name that file "
                       "with rpc_password_file, or a variable with rpc_password_env");
            } else {
                std::vector<std::string_view> known;
                for (const auto& each : config_options())
                    if (each.section == section.name) known.push_back(each.key);
                report(path, line, unknown("option", key.str(), known));
            }
        }
    }

    // `toml` is read as a TOML value; when null, `text` is taken as it is.
    void apply(const ConfigOption& option, std::size_t index, const std::string& key, unsigned line,
               const std::string* toml, const std::string& text) {
        toml::table table;
        table.insert("value", text);
        if (toml != nullptr && toml->find('\n') == std::string::npos) {
            try {
                table = toml::parse("value = " + *toml);
            } catch (const toml::parse_error&) {
                // Not TOML: the bare text stays, and its kind is judged below.
            }
        }
        if (const auto wrong = std::visit(Apply{{draft_, index}, *table.get("value")}, option.kind);
            !wrong.empty())
            report(key, line, wrong);
    }

    const std::string file_name_;
    std::vector<ConfigProblem>& problems_;
    ConfigDraft draft_;
    bool listeners_written_ = false;         // by [[stratum]] or by number
    std::map<std::string, unsigned> lines_;  // of each key that was given; 0: on the command line
};

std::optional<std::string> first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    if (!in || !std::getline(in, line)) return std::nullopt;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    return line;
}

std::optional<std::string> secret_of_this_machine(SecretKind kind, const std::string& name) {
    if (kind == SecretKind::file) return first_line(name);
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread starts
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

std::string explain(const ConfigProblem& problem) {
    auto text = problem.file;
    if (problem.line != 0) text += ":" + std::to_string(problem.line);
    if (!problem.key.empty()) text += ": " + problem.key;
    return text + ": " + problem.text;
}

ParsedConfig parse_config(std::string_view text, const std::string& file_name,
                          const std::vector<ConfigOverride>& overrides, const SecretSource& secrets) {
    ParsedConfig parsed;
    if (text.size() > config_text_bytes_max) {
        parsed.problems.push_back({file_name, 1, "", "longer than 1 MiB: not a configuration"});
        return parsed;
    }
    Parser parser(file_name, parsed.problems);
    parser.read(text);
    for (const auto& change : overrides) parser.override_with(change);
    parser.finish();
    std::vector<ConfigProblem> found;
    if (parsed.problems.empty()) complete(parser.draft(), secrets, found);
    if (found.size() > problems_max) found.resize(problems_max);
    for (auto& problem : found) {
        parser.place(problem);
        parsed.problems.push_back(std::move(problem));
    }
    parsed.config = std::move(parser.draft().config);
    return parsed;
}

ParsedConfig load_config(const std::filesystem::path& file, const std::vector<ConfigOverride>& overrides) {
    if (file.empty()) return parse_config("", "configuration", overrides, secret_of_this_machine);
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (!std::filesystem::is_regular_file(file) || !in || !(text << in.rdbuf())) {
        ParsedConfig parsed;
        parsed.problems.push_back({file.string(), 0, "",
                                   "cannot be read. Print an example with: hashyard "
                                   "--print-config > " +
                                       file.string()});
        return parsed;
    }
    return parse_config(text.str(), file.string(), overrides, secret_of_this_machine);
}

}  // namespace server
