#pragma once
// Inside the store only: rows of the proof tables as the documents they stand for.

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "fleet/proof/documents.h"
#include "fleet/proof/signature.h"
#include "fleet/proof/statement.h"
#include "server/store/proof_log.h"
#include "server/store/transaction.h"

namespace server::store {

std::string bytea_of(const fleet::proof::Hash& hash);
std::string bytea_of(const fleet::proof::Signature& signature);
fleet::proof::Hash proof_hash_of(const pqxx::field& hex_column);
fleet::proof::SignedText signed_text_of(std::string text, const pqxx::field& key_hex,
                                        const pqxx::field& signature_hex);

// By account, as their tree has them.
std::vector<fleet::proof::SliceUser> slice_users_of(pqxx::work& transaction, std::int64_t slice);

struct SliceRow {
    std::int64_t slice = 0;
    fleet::proof::SliceLeaf leaf;  // without users and users_root while it is not in the log
};
// Columns of `slices s`, for slice_row_of().
inline constexpr const char* slice_columns =
    "s.slice, s.coin, s.algorithm, s.first_position, s.last_position, s.nbits, s.network_work, s.rule, "
    "s.work, s.weight, s.cumulative_weight, s.first_received_at_us, s.last_received_at_us, "
    "encode(s.merkle_root, 'hex')";
inline constexpr int slice_columns_count = 14;
SliceRow slice_row_of(const pqxx::row& row);

// A slice of the log by its index, or by a position in it.
std::optional<SliceRow> slice_in_log(pqxx::work& transaction, std::uint64_t index);
std::optional<SliceRow> slice_with_position(pqxx::work& transaction, std::uint64_t position);
std::vector<SliceRow> slices_below(pqxx::work& transaction, std::uint64_t size);

// All leaves of the log below `size`.
std::vector<fleet::proof::Hash> leaves_below(pqxx::work& transaction, std::uint64_t size);
// Shares by position; fewer than the range holds when old ones were dropped.
std::vector<fleet::proof::ShareLeaf> share_leaves(pqxx::work& transaction, std::uint64_t first,
                                                  std::uint64_t last);
// The newest head of the newest log that has at least `size` slices (`exact`: just as many).
enum class HeadSize { at_least, exact };
std::optional<SignedTreeHead> head_with(pqxx::work& transaction, std::uint64_t size, HeadSize kind);

}  // namespace server::store
