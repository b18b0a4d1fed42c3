// Whatever somebody calls a proof: parsers do not crash, and what they take has one spelling.

#include <cstdint>
#include <cstdlib>

#include "fleet/proof/documents.h"
#include "fleet/proof/signature.h"
#include "fleet/proof/statement.h"
#include "fleet/proof/verify.h"

using namespace fleet::proof;

namespace {

template <typename Parse>
void try_parser(std::string_view text, Parse parse) {
    const auto read = parse(text);
    if (read && text_of(*read) != text) std::abort();
}

// The bytes as a tree, an index and a path.
void try_paths(std::string_view bytes) {
    if (bytes.size() < 10) return;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::uint64_t size = at(0) + (std::uint64_t(at(1)) << (at(2) % 56));
    const std::uint64_t index = at(3) + (std::uint64_t(at(4)) << (at(5) % 56));
    Path path;
    SumPath sums;
    for (std::size_t i = 6; i < bytes.size() && path.size() < 80; ++i) {
        path.push_back(sha256(bytes.substr(i, 1)));
        sums.push_back({path.back(), Integer(at(i)) << (at(6) % 250U)});
    }
    // No path of made-up hashes leads to a root that nobody computed.
    if (includes({size, {}}, index, path[0], path)) std::abort();
    if (size != index && extends({size, {}}, {index, path[0]}, path)) std::abort();
    if (sum_includes({{}, 5}, size, index, sums[0], sums)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_parser(text, parse_slice_leaf);
    try_parser(text, parse_share_leaf);
    try_parser(text, parse_slice_user);
    try_parser(text, parse_tree_head);
    try_parser(text, parse_liability);
    try_parser(text, parse_liabilities_head);
    try_parser(text, parse_inclusion);
    try_parser(text, parse_sum_inclusion);
    try_parser(text, parse_consistency);
    try_parser(text, parse_signed_text);
    try_parser(text, parse_statement);
    try_parser(text, parse_receipt_batch);
    try_parser(text, parse_block_bundle);
    if (const auto bundle = parse_block_bundle(text)) static_cast<void>(check_bundle(*bundle));
    for (const auto kind :
         {FileKind::block, FileKind::slice, FileKind::log, FileKind::statement, FileKind::receipt})
        static_cast<void>(verify_file(kind, text, {}));
    if (const auto word = parse_word(text); word && word_of(*word) != text) std::abort();
    try_paths(text);
    return 0;
}
