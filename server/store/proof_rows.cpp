#include "server/store/proof_rows.h"

#include <algorithm>
#include <map>

#include "server/store/numbers.h"

namespace server::store {

using fleet::proof::bytes_of_hex;
using fleet::proof::Hash;
using fleet::proof::hash_of_hex;
using fleet::proof::hex_of;
using fleet::proof::sha256;
using fleet::proof::ShareLeaf;
using fleet::proof::Signature;
using fleet::proof::SignedText;
using fleet::proof::SliceUser;
using fleet::proof::text_of;

std::string bytea_of(const Hash& hash) { return "\\x" + hex_of(hash); }

std::string bytea_of(const Signature& signature) {
    return "\\x" + hex_of({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

Hash proof_hash_of(const pqxx::field& hex_column) { return hash_of_hex(hex_column.c_str()).value(); }

SignedText signed_text_of(std::string text, const pqxx::field& key_hex, const pqxx::field& signature_hex) {
    SignedText out{std::move(text), proof_hash_of(key_hex), {}};
    const auto signature = bytes_of_hex(signature_hex.c_str()).value();
    std::copy(signature.begin(), signature.end(), reinterpret_cast<char*>(out.signature.data()));
    return out;
}

std::vector<SliceUser> slice_users_of(pqxx::work& transaction, std::int64_t slice) {
    std::vector<SliceUser> out;
    for (const auto& row : transaction.exec_params(
             "select u.name, g.shares, g.work from slice_users g join users u on u.id = g.user_id "
             "where g.slice = $1",
             slice))
        out.push_back({sha256(row[0].c_str()), row[1].as<std::uint64_t>(), integer_of(row[2])});
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.account < b.account; });
    return out;
}

SliceRow slice_row_of(const pqxx::row& row) {
    SliceRow out;
    out.slice = row[0].as<std::int64_t>();
    auto& leaf = out.leaf;
    leaf.coin = row[1].c_str();
    leaf.algorithm = row[2].c_str();
    leaf.first_position = row[3].as<std::uint64_t>();
    leaf.last_position = row[4].as<std::uint64_t>();
    leaf.nbits = row[5].as<std::uint64_t>();
    leaf.network_work = integer_of(row[6]);
    leaf.rule = row[7].as<std::uint64_t>();
    leaf.work = integer_of(row[8]);
    leaf.weight = integer_of(row[9]);
    leaf.cumulative_weight = integer_of(row[10]);
    leaf.first_received_at_us = row[11].as<std::int64_t>();
    leaf.last_received_at_us = row[12].as<std::int64_t>();
    leaf.shares_root = proof_hash_of(row[13]);
    return out;
}

namespace {

SliceRow logged_slice_of(const pqxx::row& row) {
    auto out = slice_row_of(row);
    out.leaf.index = row[slice_columns_count].as<std::uint64_t>();
    out.leaf.users = row[slice_columns_count + 1].as<std::uint64_t>();
    out.leaf.users_root = proof_hash_of(row[slice_columns_count + 2]);
    return out;
}

std::optional<SliceRow> one_slice(const pqxx::result& rows) {
    if (rows.empty()) return std::nullopt;
    return logged_slice_of(rows[0]);
}

std::string select_slice(const std::string& where) {
    return std::string("select ") + slice_columns +
           ", r.index, r.users, encode(r.users_root, 'hex') from slice_roots r join slices s on s.slice = "
           "r.slice where " +
           where;
}

}  // namespace

std::optional<SliceRow> slice_in_log(pqxx::work& transaction, std::uint64_t index) {
    return one_slice(transaction.exec_params(select_slice("r.index = $1"), std::to_string(index)));
}

std::optional<SliceRow> slice_with_position(pqxx::work& transaction, std::uint64_t position) {
    return one_slice(transaction.exec_params(
        select_slice("s.slice = (select slice from slices where first_position <= $1 order by "
                     "first_position desc limit 1) and s.last_position >= $1"),
        std::to_string(position)));
}

std::vector<SliceRow> slices_below(pqxx::work& transaction, std::uint64_t size) {
    std::vector<SliceRow> out;
    for (const auto& row :
         transaction.exec_params(select_slice("r.index < $1 order by r.index"), std::to_string(size)))
        out.push_back(logged_slice_of(row));
    return out;
}

std::vector<Hash> leaves_below(pqxx::work& transaction, std::uint64_t size) {
    std::vector<Hash> out;
    for (const auto& row : transaction.exec_params(
             "select encode(leaf, 'hex') from slice_roots where index < $1 order by index",
             std::to_string(size)))
        out.push_back(proof_hash_of(row[0]));
    return out;
}

std::vector<ShareLeaf> share_leaves(pqxx::work& transaction, std::uint64_t first, std::uint64_t last) {
    std::map<std::int32_t, Hash> accounts;
    for (const auto& row : transaction.exec_params(
             "select w.id, u.name from (select distinct worker from shares where position between $1 and $2) "
             "s join workers w on w.id = s.worker join users u on u.id = w.user_id",
             std::to_string(first), std::to_string(last)))
        accounts.emplace(row[0].as<std::int32_t>(), sha256(row[1].c_str()));
    std::vector<ShareLeaf> out;
    for (const auto& row : transaction.exec_params(
             "select position, received_at_us, work, worker, encode(hash, 'hex') from shares where position "
             "between $1 and $2 order by position",
             std::to_string(first), std::to_string(last)))
        out.push_back({row[0].as<std::uint64_t>(), row[1].as<std::int64_t>(), integer_of(row[2]),
                       accounts.at(row[3].as<std::int32_t>()), proof_hash_of(row[4])});
    return out;
}

std::optional<SignedTreeHead> head_with(pqxx::work& transaction, std::uint64_t size, HeadSize kind) {
    const auto rows = transaction.exec_params(
        std::string("select encode(l.name, 'hex'), h.size, encode(h.root, 'hex'), h.at_us, encode(h.key, "
                    "'hex'), encode(h.signature, 'hex') from tree_heads h join proof_logs l on l.log = h.log "
                    "where h.log = (select max(log) from proof_logs) and h.size ") +
            (kind == HeadSize::exact ? "=" : ">=") + " $1 order by h.at_us desc limit 1",
        std::to_string(size));
    if (rows.empty()) return std::nullopt;
    const auto& row = rows[0];
    SignedTreeHead out;
    out.head = {proof_hash_of(row[0]), row[1].as<std::uint64_t>(), proof_hash_of(row[2]),
                row[3].as<std::int64_t>()};
    out.text = signed_text_of(text_of(out.head), row[4], row[5]);
    return out;
}

}  // namespace server::store
