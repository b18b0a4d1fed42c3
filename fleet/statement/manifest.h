#pragma once
// What stands beside every export: each file with its hash, rows and sums, and what was asked for, so that an
// auditor can foot the files and make them again. Pure; any thread. Canonical JSON: sorted keys, no spaces,
// numbers of money as text; no clock, so the same question gives the same bytes.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "fleet/statement/table.h"

namespace fleet::statement {

struct ManifestFile {
    std::string name;
    std::string sha256;  // hex
    std::size_t rows = 0;
    Sums sums;
};

struct Manifest {
    std::string kind;                               // earnings, payouts, statement, ledger, journal
    std::string format;                             // "koinly_simple"
    std::map<std::string, std::string> parameters;  // party, period or from and to, currency
    std::vector<ManifestFile> files;
};

[[nodiscard]] std::string canonical(const Manifest& manifest);
[[nodiscard]] std::string canonical_sums(const Sums& sums);  // {"amount_base":{"BTC":"5"}}
[[nodiscard]] std::string json_text(std::string_view text);  // with its quotes

}  // namespace fleet::statement
