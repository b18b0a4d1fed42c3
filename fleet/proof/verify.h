#pragma once
// Judges a proof file from its bytes alone: no database, no clock, no network. Pure; any thread.
// A file is a row of documents (documents.h, block_bundle.h, statement.h), each beginning with a line
// "hashyard …":
//   block      bundle, tree head, then for each slice of the bundle the slice and its inclusion
//   slice      slice, its inclusion, tree head, then any of: share and inclusion; slice user and sum
//   inclusion log        every slice of the log, then its tree head statement  statements, or a head of
//   liabilities with liabilities and their sum inclusions receipt    receipt batch, share and inclusion, then
//   perhaps what a slice file holds: the same position
// Wherever a tree head stands, consistency and a newer tree head may follow. Bundles, heads, statements and
// batches are signed, all by one key.

#include <optional>

#include "fleet/proof/block_bundle.h"
#include "fleet/proof/signature.h"

namespace fleet::proof {

enum class FileKind { block, slice, log, statement, receipt };
const char* name_of(FileKind kind);
[[nodiscard]] std::optional<FileKind> parse_file_kind(std::string_view text);

struct Verdict {
    std::string unreadable;  // why it is no such file at all; empty: it could be judged
    Checked checked;
    std::optional<PublicKey> key;    // that signed it
    std::vector<std::string> facts;  // what it says, for people
};

// `key`: who must have signed; none: any key, which the verdict names.
[[nodiscard]] Verdict verify_file(FileKind kind, std::string_view file, const std::optional<PublicKey>& key);

// The documents of a file; empty: it does not begin as one.
[[nodiscard]] std::vector<std::string_view> documents_of(std::string_view file);

}  // namespace fleet::proof
