#include <fmt/format.h>

#include "server/config_table.h"

namespace server {
namespace {

std::string comment(std::string_view text, std::string_view mark = "# ") {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out += fmt::format("{}{}\n", mark, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

struct RangeText {
    std::string operator()(const WholeOption& option) const {
        return fmt::format(" ({} to {})", option.least, option.most);
    }
    std::string operator()(const RealOption& option) const {
        return fmt::format(" ({} to {})", option.least, option.most);
    }
    std::string operator()(const SwitchOption&) const { return ""; }
    std::string operator()(const TextOption&) const { return ""; }
    std::string operator()(const ListOption& option) const {
        return fmt::format(" (at most {})", option.items_max);
    }
};

}  // namespace

std::string example_config() {
    std::string out =
        "# Hashyard's configuration. Every option stands here with its default; remove the '#' to change "
        "one.\n"
        "# Print this text again with: hashyard --print-config. Test a file with: hashyard check --config "
        "FILE.\n"
        "# Any option can also be set on the command line: --set pool.shards=2, --set stratum.0.port=3334.\n"
        "# An unknown option, a wrong value or a missing secret stops the start. Relative paths begin where "
        "it starts.\n";
    for (const auto& section : config_sections()) {
        const bool repeats = section.repeats == ConfigSection::Repeats::yes;
        out += "\n" + comment(section.help);
        out += repeats ? fmt::format("#[[{}]]\n", section.name) : fmt::format("[{}]\n", section.name);
        for (const auto& option : config_options()) {
            if (option.section != section.name) continue;
            out += comment(fmt::format("{}{}", option.help, std::visit(RangeText{}, option.kind)));
            out += fmt::format("#{} = {}\n", option.key, option.standard);
        }
    }
    return out;
}

}  // namespace server
