#include "stratum/v1/quirks.h"

#include <algorithm>
#include <array>

namespace stratum::v1 {
namespace {

// First match wins; the last row takes all.
constexpr std::array<Quirks, 15> table{{
    {"nicehash", "nicehash/", SizeClass::tiny, 524288, false, true},
    {"mining_rig_rentals", "mrr", SizeClass::tiny, 0, false, true},
    {"antminer_s21", "antminer s21/", SizeClass::medium, 0, false, false},
    {"antminer", "antminer", SizeClass::small, 0, false, false},
    {"bosminer", "bosminer-plus-tuner", SizeClass::medium, 0, false, false},
    {"braiins", "bosminer", SizeClass::medium, 0, false, false},
    {"whatsminer", "whatsminer/", SizeClass::large, 0, false, false},
    {"bitaxe", "bitaxe", SizeClass::large, 0, false, false},
    {"powerplay", "powerplay-bm/", SizeClass::huge, 0, false, false},
    {"xminer", "xminer-1.", SizeClass::huge, 0, false, false},
    {"nerdminer", "nerdminer", SizeClass::tiny, 0, true, false},
    {"cgminer", "cgminer/", SizeClass::small, 0, true, false},
    {"cpuminer", "cpuminer", SizeClass::huge, 0, true, false},
    {"hashyard", "hashyard", SizeClass::huge, 0, true, false},
    {"unknown", "", SizeClass::small, 0, true, false},
}};

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter; }

bool starts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                      [](char a, char b) { return a == lower(b); });
}

}  // namespace

std::size_t coinbase_bytes_max(SizeClass size_class) {
    constexpr std::array<std::size_t, size_class_count> bytes{500, 730, 2250, 6500, 16000, 7000};
    return bytes[static_cast<std::size_t>(size_class)];
}

const Quirks& quirks_of(std::string_view agent) {
    return *std::find_if(table.begin(), table.end(),
                         [agent](const Quirks& row) { return starts_with(agent, row.agent_prefix); });
}

}  // namespace stratum::v1
