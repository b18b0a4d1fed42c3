#include "server/store/proof_receipts.h"

#include <algorithm>

#include "server/store/proof_rows.h"

namespace server::store {

using fleet::proof::leaf_of;
using fleet::proof::ReceiptBatch;
using fleet::proof::RootBuilder;
using fleet::proof::sha256;
using fleet::proof::SignedText;
using fleet::proof::text_of;

namespace {

// The newest batch as it was signed; number 0: there is none.
ReceiptBatch newest_batch(pqxx::work& transaction) {
    const auto rows = transaction.exec(
        "select encode(l.name, 'hex'), b.number, encode(b.previous, 'hex'), b.first_position, "
        "b.last_position, encode(b.root, 'hex'), b.at_us from receipt_batches b join proof_logs l on l.log = "
        "b.log order by b.number desc limit 1");
    if (rows.empty()) return {};
    const auto& row = rows[0];
    return {proof_hash_of(row[0]),      row[1].as<std::uint64_t>(), proof_hash_of(row[2]),
            row[3].as<std::uint64_t>(), row[4].as<std::uint64_t>(), proof_hash_of(row[5]),
            row[6].as<std::int64_t>()};
}

}  // namespace

Stored<std::optional<ReceiptBatch>> next_receipt_batch(Database& database, const ProofLog& log) {
    return transact(database, [&](pqxx::work& transaction) -> std::optional<ReceiptBatch> {
        const auto newest =
            transaction.exec1("select next_position - 1 from share_positions")[0].as<std::uint64_t>();
        const auto before = newest_batch(transaction);
        if (newest == 0 || newest <= before.last_position) return std::nullopt;
        ReceiptBatch out;
        out.log = log.name;
        out.number = before.number + 1;
        out.previous = before.number == 0 ? sha256({}) : sha256(text_of(before));
        out.first_position = before.number == 0 ? newest : before.last_position + 1;
        out.last_position = std::min(newest, out.first_position + receipt_shares_max - 1);
        const auto shares = share_leaves(transaction, out.first_position, out.last_position);
        if (shares.size() != out.last_position - out.first_position + 1) {
            // Older ones were dropped while receipts were off: begin again with the newest.
            out.first_position = out.last_position = newest;
            const auto last = share_leaves(transaction, newest, newest);
            if (last.size() != 1) return std::nullopt;
            out.root = leaf_of(last[0]);
            return out;
        }
        RootBuilder root;
        for (const auto& share : shares) root.add(leaf_of(share));
        out.root = root.root();
        return out;
    });
}

Stored<void> add_receipt_batch(Database& database, const ProofLog& log, const ReceiptBatch& batch,
                               const SignedText& text) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into receipt_batches (number, log, previous, first_position, last_position, root, at_us, "
            "key, signature) values ($1, $2, $3::bytea, $4, $5, $6::bytea, $7, $8::bytea, $9::bytea)",
            std::to_string(batch.number), log.log, bytea_of(batch.previous),
            std::to_string(batch.first_position), std::to_string(batch.last_position), bytea_of(batch.root),
            batch.at_us, bytea_of(text.key), bytea_of(text.signature));
    });
}

}  // namespace server::store
