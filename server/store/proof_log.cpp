#include "server/store/proof_log.h"

#include "server/store/proof_rows.h"

namespace server::store {

using fleet::proof::Hash;
using fleet::proof::leaf_hash;
using fleet::proof::leaf_of;
using fleet::proof::sum_root_of;
using fleet::proof::SumNode;
using fleet::proof::text_of;

namespace {

// One writer at a time; whoever waits sees what the other wrote.
void lock_log(pqxx::work& transaction) {
    transaction.exec("lock table slice_roots in share row exclusive mode");
}

std::uint64_t next_index(pqxx::work& transaction) {
    return transaction.exec1("select coalesce(max(index) + 1, 0) from slice_roots")[0].as<std::uint64_t>();
}

void add_leaf(pqxx::work& transaction, SliceRow& row) {
    const auto users = slice_users_of(transaction, row.slice);
    std::vector<SumNode> leaves;
    leaves.reserve(users.size());
    for (const auto& user : users) {
        const auto leaf = leaf_of(user);
        if (!leaf) throw std::logic_error("proof: a user's work does not fit");
        leaves.push_back(*leaf);
    }
    const auto root = sum_root_of(leaves);
    if (!root || root->sum != row.leaf.work)
        throw std::logic_error("proof: users of slice " + std::to_string(row.slice) +
                               " do not add up; run hashyard books check");
    row.leaf.users = users.size();
    row.leaf.users_root = root->hash;
    transaction.exec_params(
        "insert into slice_roots (index, slice, users, users_root, leaf) values ($1, $2, $3, $4::bytea, "
        "$5::bytea)",
        std::to_string(row.leaf.index), row.slice, static_cast<std::int32_t>(users.size()),
        bytea_of(root->hash), bytea_of(leaf_hash(text_of(row.leaf))));
}

}  // namespace

Stored<ProofLog> proof_log(Database& database, const Hash& fresh) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec("lock table proof_logs in share row exclusive mode");
        transaction.exec_params(
            "insert into proof_logs (name, begun_by, why) select $1::bytea, 'server', 'the first' where not "
            "exists (select from proof_logs)",
            bytea_of(fresh));
        const auto row =
            transaction.exec1("select log, encode(name, 'hex') from proof_logs order by log desc limit 1");
        return ProofLog{row[0].as<std::int16_t>(), proof_hash_of(row[1])};
    });
}

Stored<void> begin_proof_log(Database& database, const Hash& name, const std::string& by,
                             const std::string& why) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params("insert into proof_logs (name, begun_by, why) values ($1::bytea, $2, $3)",
                                bytea_of(name), by, why);
    });
}

Stored<std::size_t> extend_proof_log(Database& database, int most) {
    return transact(database, [&](pqxx::work& transaction) {
        lock_log(transaction);
        auto index = next_index(transaction);
        const auto rows = transaction.exec_params(
            std::string("select ") + slice_columns +
                " from slices s where s.first_position > coalesce((select z.last_position from slice_roots r "
                "join slices z on z.slice = r.slice order by r.index desc limit 1), 0) order by "
                "s.first_position limit $1",
            most);
        for (const auto& row : rows) {
            auto slice = slice_row_of(row);
            slice.leaf.index = index++;
            add_leaf(transaction, slice);
        }
        return static_cast<std::size_t>(rows.size());
    });
}

Stored<std::vector<Hash>> log_leaves(Database& database, std::uint64_t from, std::uint64_t most) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<Hash> out;
        for (const auto& row : transaction.exec_params(
                 "select encode(leaf, 'hex') from slice_roots where index >= $1 order by index limit $2",
                 std::to_string(from), std::to_string(most)))
            out.push_back(proof_hash_of(row[0]));
        return out;
    });
}

Stored<void> add_tree_head(Database& database, const ProofLog& log, const SignedTreeHead& head) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into tree_heads (log, at_us, size, root, key, signature) values ($1, $2, $3, $4::bytea, "
            "$5::bytea, $6::bytea)",
            log.log, head.head.at_us, std::to_string(head.head.size), bytea_of(head.head.root),
            bytea_of(head.text.key), bytea_of(head.text.signature));
    });
}

Stored<std::vector<SignedTreeHead>> tree_heads(Database& database, int most) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<SignedTreeHead> out;
        for (
            const auto& row : transaction.exec_params(
                "select encode(l.name, 'hex'), h.size, encode(h.root, 'hex'), h.at_us, encode(h.key, 'hex'), "
                "encode(h.signature, 'hex') from tree_heads h join proof_logs l on l.log = h.log where h.log "
                "= (select max(log) from proof_logs) order by h.at_us desc limit $1",
                most)) {
            SignedTreeHead one;
            one.head = {proof_hash_of(row[0]), row[1].as<std::uint64_t>(), proof_hash_of(row[2]),
                        row[3].as<std::int64_t>()};
            one.text = signed_text_of(text_of(one.head), row[4], row[5]);
            out.push_back(std::move(one));
        }
        return out;
    });
}

}  // namespace server::store
