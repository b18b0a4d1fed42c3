#include "fleet/proof/verify.h"

#include <map>

#include "fleet/proof/judge.h"
#include "fleet/proof/statement.h"

namespace fleet::proof {

// All slices side by side: nothing is left out, nothing is counted twice, and the root is theirs.
void Judge::log() {
    RootBuilder tree;
    std::string why;
    std::uint64_t next_position = 1;
    std::map<std::pair<std::string, std::string>, Integer> weights;
    while (next_is("hashyard slice 1")) {
        const auto slice = read(parse_slice_leaf);
        auto& weight = weights[{slice.coin, slice.algorithm}];
        if (why.empty()) why = why_impossible(slice);
        if (why.empty() && slice.index != tree.size()) why = "its index is not its place";
        if (why.empty() && slice.first_position != next_position) why = "shares are missing before it";
        if (why.empty() && slice.cumulative_weight - slice.weight != weight)
            why = "weight is missing before it";
        if (!why.empty()) break;
        weight = slice.cumulative_weight;
        next_position = slice.last_position + 1;
        tree.add(leaf_hash(last_text_));
    }
    const auto count = std::to_string(tree.size());
    note("Slices lie side by side, without a gap", why.empty() ? why : "slice " + count + ": " + why);
    while (next_is("hashyard slice 1")) static_cast<void>(read(parse_slice_leaf));
    const auto head = tree_head();
    note("The root is that of all slices",
         head.size == tree.size() && head.root == tree.root() ? "" : "the head says otherwise");
    fact(count + " slices, " + std::to_string(next_position - 1) + " shares");
}

void Judge::liabilities() {
    const auto head = read_signed("The head of liabilities", parse_liabilities_head);
    const auto name = head.day + " " + head.asset;
    fact("Owed at the end of " + name + ": " + head.total.str() + " to " + std::to_string(head.leaves) +
         " accounts");
    while (next_is("hashyard liability 1")) {
        const auto liability = read(parse_liability);
        const auto inclusion = read(parse_sum_inclusion);
        const auto leaf = leaf_of(liability);
        std::string why;
        if (inclusion.size != head.leaves)
            why = "the path is for another tree";
        else if (!leaf || !sum_includes({head.root, head.total}, inclusion.size, inclusion.index, *leaf,
                                        inclusion.path))
            why = "the path does not lead to the root and the total";
        note(liability.party + " (" + liability.purpose + ") is part of what is owed on " + name, why);
        fact(liability.party + ", " + liability.purpose + ": " + liability.amount.str());
    }
}

void Judge::one_statement() {
    const auto statement = read_signed("The statement", parse_statement);
    note("The statement of " + statement.party + " adds up, line by line", why_not_balanced(statement));
    fact(statement.party + ", " + statement.asset + ": " + statement.opening.str() + ", " +
         std::to_string(statement.lines.size()) + " transfers, then " + statement.closing.str());
}

void Judge::statement() {
    do {
        if (next_is("hashyard statement 1"))
            one_statement();
        else
            liabilities();
    } while (next_is("hashyard statement 1") || next_is("hashyard liabilities 1"));
}

void Judge::receipt() {
    const auto batch = read_signed("The receipt batch", parse_receipt_batch);
    const auto share = read(parse_share_leaf);
    const auto inclusion = read(parse_inclusion);
    const auto name = "Share " + std::to_string(share.position);
    std::string why;
    if (share.position < batch.first_position || share.position > batch.last_position)
        why = "it is not of this batch";
    else if (inclusion.index != share.position - batch.first_position ||
             inclusion.size != batch.last_position - batch.first_position + 1)
        why = "the path is for another place";
    else if (!includes({inclusion.size, batch.root}, inclusion.index, leaf_of(share), inclusion.path))
        why = "the path does not lead to the batch's root";
    note(name + " was promised in batch " + std::to_string(batch.number), why);
    fact(name + ": work " + share.work.str() + ", account " + hex_of(share.account));
    if (!next_is("hashyard slice 1")) return;
    const auto slice = slice_in_log();
    const auto counted = share_in(slice);
    why.clear();
    if (counted.position != share.position)
        why = "the slice shows another position";
    else if (!(counted == share))
        why = "position " + std::to_string(share.position) +
              " was promised to one share and counts another: this file is evidence against the signer";
    note("What was promised is what counts", why);
}

const char* name_of(FileKind kind) {
    switch (kind) {
        case FileKind::block:
            return "block";
        case FileKind::slice:
            return "slice";
        case FileKind::log:
            return "log";
        case FileKind::statement:
            return "statement";
        case FileKind::receipt:
            return "receipt";
    }
    return "unknown";
}

std::optional<FileKind> parse_file_kind(std::string_view text) {
    for (const auto kind :
         {FileKind::block, FileKind::slice, FileKind::log, FileKind::statement, FileKind::receipt})
        if (text == name_of(kind)) return kind;
    return std::nullopt;
}

std::vector<std::string_view> documents_of(std::string_view file) {
    constexpr std::string_view first_word = "hashyard ";
    std::vector<std::string_view> out;
    if (!file.starts_with(first_word)) return out;
    std::size_t begin = 0;
    while (begin < file.size()) {
        const auto next = file.find("\nhashyard ", begin);
        const auto end = next == std::string_view::npos ? file.size() : next + 1;
        out.push_back(file.substr(begin, end - begin));
        begin = end;
    }
    return out;
}

Verdict verify_file(FileKind kind, std::string_view file, const std::optional<PublicKey>& key) {
    Judge judge(file, key);
    switch (kind) {
        case FileKind::block:
            judge.block();
            break;
        case FileKind::slice:
            judge.slice();
            break;
        case FileKind::log:
            judge.log();
            break;
        case FileKind::statement:
            judge.statement();
            break;
        case FileKind::receipt:
            judge.receipt();
            break;
    }
    return judge.take();
}

}  // namespace fleet::proof
