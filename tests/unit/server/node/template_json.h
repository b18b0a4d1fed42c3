#pragma once
// Makes getblocktemplate results as a healthy regtest node would, with transactions of the wished form. Each
// field can be replaced by a lie afterwards.

#include <string>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/template.h"

namespace node_test {

// A well-formed transaction with one input and one output; `number` makes it different from others.
stratum::Bytes make_transaction(std::uint32_t number, bool witness, std::size_t script_bytes = 22);

struct TemplateJson {
    std::uint32_t height = 201;
    std::string bits = "207fffff";
    std::int64_t subsidy_sats = 25LL * 100'000'000;
    std::vector<stratum::Bytes> transactions;
    std::int64_t fee_sats = 1000;  // of each
    bool commitment = true;
    std::string extra;  // more fields, each with a leading comma

    [[nodiscard]] std::string text() const;
};

// `text` with the first `from` replaced by `to`; fails the test when it is not there.
std::string with(std::string text, std::string_view from, std::string_view to);

}  // namespace node_test
