#include "server/store/proof_files.h"

#include <algorithm>

#include "fleet/proof/block_bundle.h"
#include "server/store/numbers.h"
#include "server/store/proof_liabilities.h"
#include "server/store/proof_rows.h"

namespace server::store {

using fleet::proof::Consistency;
using fleet::proof::consistency_path;
using fleet::proof::Hash;
using fleet::proof::Inclusion;
using fleet::proof::inclusion_path;
using fleet::proof::leaf_of;
using fleet::proof::LiabilitiesHead;
using fleet::proof::parse_block_bundle;
using fleet::proof::parse_signed_text;
using fleet::proof::ReceiptBatch;
using fleet::proof::sha256;
using fleet::proof::sum_path;
using fleet::proof::SumInclusion;
using fleet::proof::SumNode;
using fleet::proof::text_of;

namespace {

ProofFile missing(std::string why) { return {{}, std::move(why)}; }
ProofFile file(std::string text) { return {std::move(text), {}}; }

// Slice, inclusion, head. Empty: no head covers it yet.
std::string slice_in_head(pqxx::work& transaction, const SliceRow& slice) {
    const auto head = head_with(transaction, slice.leaf.index + 1, HeadSize::at_least);
    if (!head) return {};
    const auto leaves = leaves_below(transaction, head->head.size);
    return text_of(slice.leaf) +
           text_of(Inclusion{slice.leaf.index, head->head.size, inclusion_path(leaves, slice.leaf.index)}) +
           text_of(head->text);
}

// A share and its inclusion among the shares of a range; empty: they are not all there.
std::string share_among(pqxx::work& transaction, std::uint64_t position, std::uint64_t first,
                        std::uint64_t last) {
    const auto shares = share_leaves(transaction, first, last);
    if (shares.size() != last - first + 1) return {};
    std::vector<Hash> leaves;
    leaves.reserve(shares.size());
    for (const auto& share : shares) leaves.push_back(leaf_of(share));
    const auto place = position - first;
    return text_of(shares[place]) + text_of(Inclusion{place, leaves.size(), inclusion_path(leaves, place)});
}

constexpr const char* not_signed = "No signed tree head covers it yet; one is made each minute.";
constexpr const char* shares_gone = "Its single shares are not kept any more; the slice and its users are.";

}  // namespace

Stored<ProofFile> block_proof(Database& database, const std::string& coin, const stratum::Hash256& hash) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto rows = transaction.exec_params(
            "select text from block_bundles where coin = $1 and hash = $2::bytea order by made_at desc, "
            "stage "
            "desc limit 1",
            coin, bytea(hash));
        if (rows.empty())
            return missing("No bundle is signed for this block. One is when its reward is in the books.");
        const std::string text = rows[0][0].c_str();
        const auto bundle = parse_block_bundle(parse_signed_text(text).value().text).value();
        const auto head = head_with(transaction, bundle.log_size, HeadSize::exact);
        if (!head || head->head.log != bundle.log)
            return missing("Its bundle belongs to an older log; the text alone is in block_bundles.");
        auto out = text + text_of(head->text);
        const auto leaves = leaves_below(transaction, bundle.log_size);
        for (const auto& slice : bundle.slices) {
            const auto row = slice_in_log(transaction, slice.index);
            if (!row) return missing("A slice of its window is gone from the log.");
            out += text_of(row->leaf) +
                   text_of(Inclusion{slice.index, bundle.log_size, inclusion_path(leaves, slice.index)});
        }
        return file(std::move(out));
    });
}

Stored<ProofFile> slice_proof(Database& database, std::uint64_t index, const std::string& account) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto slice = slice_in_log(transaction, index);
        if (!slice) return missing("The log has no slice of this number.");
        auto out = slice_in_head(transaction, *slice);
        if (out.empty()) return missing(not_signed);
        if (account.empty()) return file(std::move(out));
        const auto users = slice_users_of(transaction, slice->slice);
        const auto user = std::find_if(users.begin(), users.end(),
                                       [&](const auto& one) { return one.account == sha256(account); });
        if (user == users.end()) return missing("This account has no share in that slice.");
        std::vector<SumNode> leaves;
        for (const auto& one : users) leaves.push_back(leaf_of(one).value());
        const auto place = static_cast<std::uint64_t>(user - users.begin());
        out += text_of(*user) + text_of(SumInclusion{place, users.size(), sum_path(leaves, place)});
        return file(std::move(out));
    });
}

Stored<ProofFile> share_proof(Database& database, std::uint64_t position) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto slice = slice_with_position(transaction, position);
        if (!slice) return missing("This share is in no slice of the log yet, or there is no such share.");
        auto out = slice_in_head(transaction, *slice);
        if (out.empty()) return missing(not_signed);
        const auto share =
            share_among(transaction, position, slice->leaf.first_position, slice->leaf.last_position);
        if (share.empty()) return missing(shares_gone);
        return file(out + share);
    });
}

Stored<ProofFile> receipt_proof(Database& database, std::uint64_t position) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto rows = transaction.exec_params(
            "select encode(l.name, 'hex'), b.number, encode(b.previous, 'hex'), b.first_position, "
            "b.last_position, encode(b.root, 'hex'), b.at_us, encode(b.key, 'hex'), encode(b.signature, "
            "'hex') "
            "from receipt_batches b join proof_logs l on l.log = b.log where b.first_position <= $1 and "
            "b.last_position >= $1 order by b.first_position desc limit 1",
            std::to_string(position));
        if (rows.empty()) return missing("No receipt was signed for this share. Are receipts switched on?");
        const auto& row = rows[0];
        const ReceiptBatch batch{proof_hash_of(row[0]),      row[1].as<std::uint64_t>(),
                                 proof_hash_of(row[2]),      row[3].as<std::uint64_t>(),
                                 row[4].as<std::uint64_t>(), proof_hash_of(row[5]),
                                 row[6].as<std::int64_t>()};
        const auto promised = share_among(transaction, position, batch.first_position, batch.last_position);
        if (promised.empty()) return missing(shares_gone);
        auto out = text_of(signed_text_of(text_of(batch), row[7], row[8])) + promised;
        const auto slice = slice_with_position(transaction, position);
        const auto head = slice ? slice_in_head(transaction, *slice) : std::string();
        const auto counted = head.empty() ? std::string()
                                          : share_among(transaction, position, slice->leaf.first_position,
                                                        slice->leaf.last_position);
        if (!counted.empty()) out += head + counted;
        return file(std::move(out));
    });
}

Stored<ProofFile> liabilities_proof(Database& database, const std::string& day, const std::string& party) {
    return transact(database, [&](pqxx::work& transaction) {
        std::string out;
        bool found = party.empty();
        for (const auto& row : transaction.exec_params(
                 "select asset, at_us, through_number, encode(ledger_head, 'hex'), leaf_count, total, "
                 "encode(root, 'hex'), encode(seed, 'hex'), leaves, encode(key, 'hex'), encode(signature, "
                 "'hex') from liability_heads where day = $1::date order by asset",
                 day)) {
            const LiabilitiesHead head{day,
                                       row[0].c_str(),
                                       row[1].as<std::int64_t>(),
                                       row[2].as<std::uint64_t>(),
                                       proof_hash_of(row[3]),
                                       row[4].as<std::uint64_t>(),
                                       integer_of(row[5]),
                                       proof_hash_of(row[6])};
            out += text_of(signed_text_of(text_of(head), row[9], row[10]));
            if (party.empty()) continue;
            const auto all = liabilities_in(row[8].c_str(), proof_hash_of(row[7]));
            std::vector<SumNode> leaves;
            for (const auto& one : all) leaves.push_back(leaf_of(one).value());
            for (std::size_t place = 0; place < all.size(); ++place) {
                if (all[place].party != party) continue;
                found = true;
                out +=
                    text_of(all[place]) + text_of(SumInclusion{place, all.size(), sum_path(leaves, place)});
            }
        }
        if (out.empty())
            return missing("No head of liabilities is signed for this day; a day's is made after it.");
        if (!found) return missing("Nothing was owed to this party at the end of that day.");
        return file(std::move(out));
    });
}

Stored<ProofFile> log_proof(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto head = head_with(transaction, 0, HeadSize::at_least);
        if (!head) return missing("No tree head is signed yet; the server signs one each minute.");
        if (head->head.size > log_slices_max) return missing("The log is too long for one file.");
        std::string out;
        for (const auto& slice : slices_below(transaction, head->head.size)) out += text_of(slice.leaf);
        return file(out + text_of(head->text));
    });
}

Stored<ProofFile> consistency_proof(Database& database, std::uint64_t old_size) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto older = head_with(transaction, old_size, HeadSize::exact);
        const auto newer = head_with(transaction, old_size, HeadSize::at_least);
        if (!older || !newer)
            return missing("No head of this size is signed. /api/v1/proof/heads lists them.");
        const auto leaves = leaves_below(transaction, newer->head.size);
        return file(text_of(older->text) +
                    text_of(Consistency{old_size, newer->head.size, consistency_path(leaves, old_size)}) +
                    text_of(newer->text));
    });
}

}  // namespace server::store
