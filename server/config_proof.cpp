// The section [proof].

#include "server/config_table.h"

namespace server {

namespace {

constexpr std::size_t path_bytes_max = 1024;

const std::vector<ConfigOption> options{
    {"proof", "key_file", "\"\"",
     "Signing key: a line of 64 hexadecimal letters that only its owner may read. Empty: proof-key in\n"
     "general.data_dir, made when missing.",
     TextOption{path_bytes_max,
                [](const ConfigTarget& target, const std::string& value) {
                    target.config().proof.key_file = value;
                    return std::string();
                }}},
    {"proof", "receipts", "false", "true: promise each share, signed, within seconds of its import.",
     SwitchOption{[](const ConfigTarget& target, bool value) { target.config().proof.receipts = value; }}},
};

}  // namespace

std::vector<ConfigOption> with_proof_options(std::vector<ConfigOption> others) {
    others.insert(others.end(), options.begin(), options.end());
    return others;
}

}  // namespace server
