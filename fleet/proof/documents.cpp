#include "fleet/proof/documents.h"

#include <algorithm>
#include <chrono>

#include "fleet/ledger/window.h"

namespace fleet::proof {

namespace {

constexpr std::string_view slice_line = "hashyard slice 1";
constexpr std::string_view share_line = "hashyard share 1";
constexpr std::string_view slice_user_line = "hashyard slice user 1";
constexpr std::string_view head_line = "hashyard tree head 1";
constexpr std::string_view liability_line = "hashyard liability 1";
constexpr std::string_view liabilities_line = "hashyard liabilities 1";
constexpr std::string_view inclusion_line = "hashyard inclusion 1";
constexpr std::string_view sum_inclusion_line = "hashyard sum inclusion 1";
constexpr std::string_view consistency_line = "hashyard consistency 1";

std::string little_endian(Integer value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i, value >>= 8U)
        out += static_cast<char>(static_cast<unsigned>(value & 255U));
    return out;
}

// Whatever was read must come out as it went in.
template <typename T>
Parsed<T> parsed(TextReader& in, std::string_view text, T value) {
    if (!in.finish()) return in.error();
    if (text_of(value) != text) return TextError{"the text is not in its one spelling"};
    return value;
}

Path read_path(TextReader& in) {
    Path path(in.count("nodes"));
    if (path.size() > path_nodes_max) in.fail("the path is too long");
    for (auto& node : path) node = in.hash("node");
    return path;
}

void write_path(TextWriter& out, const Path& path) {
    out.line("nodes", std::uint64_t(path.size()));
    for (const auto& node : path) out.line("node", node);
}

}  // namespace

std::string text_of(const SliceLeaf& slice) {
    return TextWriter(slice_line)
        .line("index", slice.index)
        .word("coin", slice.coin)
        .word("algorithm", slice.algorithm)
        .line("first_position", slice.first_position)
        .line("last_position", slice.last_position)
        .line("nbits", slice.nbits)
        .line("network_work", slice.network_work)
        .line("rule", slice.rule)
        .line("work", slice.work)
        .line("weight", slice.weight)
        .line("cumulative_weight", slice.cumulative_weight)
        .line("first_received_at_us", slice.first_received_at_us)
        .line("last_received_at_us", slice.last_received_at_us)
        .line("shares_root", slice.shares_root)
        .line("users", slice.users)
        .line("users_root", slice.users_root)
        .take();
}

Parsed<SliceLeaf> parse_slice_leaf(std::string_view text) {
    TextReader in(text, slice_line);
    SliceLeaf out;
    out.index = in.number("index");
    out.coin = in.word("coin");
    out.algorithm = in.word("algorithm");
    out.first_position = in.number("first_position");
    out.last_position = in.number("last_position");
    out.nbits = in.number("nbits");
    out.network_work = in.integer("network_work");
    out.rule = in.number("rule");
    out.work = in.integer("work");
    out.weight = in.integer("weight");
    out.cumulative_weight = in.integer("cumulative_weight");
    out.first_received_at_us = in.instant("first_received_at_us");
    out.last_received_at_us = in.instant("last_received_at_us");
    out.shares_root = in.hash("shares_root");
    out.users = in.number("users");
    out.users_root = in.hash("users_root");
    return parsed(in, text, out);
}

std::string why_impossible(const SliceLeaf& slice) {
    if (slice.first_position == 0 || slice.first_position > slice.last_position)
        return "its positions are no range";
    const auto hash_weight = ledger::weight_of_hash(slice.network_work);
    if (!hash_weight) return "it has no network work";
    const auto weight = ledger::checked([&] { return Integer(slice.work * *hash_weight); });
    if (!weight || *weight != slice.weight) return "its weight is not its work times the weight of a hash";
    if (slice.cumulative_weight < slice.weight) return "its cumulative weight is below its own";
    if (slice.first_received_at_us > slice.last_received_at_us) return "its times are no range";
    if (slice.users == 0 || slice.users > slice.last_position - slice.first_position + 1)
        return "it has more users than shares";
    return {};
}

std::string text_of(const ShareLeaf& share) {
    return TextWriter(share_line)
        .line("position", share.position)
        .line("received_at_us", share.received_at_us)
        .line("work", share.work)
        .line("account", share.account)
        .line("hash", share.hash)
        .take();
}

Parsed<ShareLeaf> parse_share_leaf(std::string_view text) {
    TextReader in(text, share_line);
    ShareLeaf out;
    out.position = in.number("position");
    out.received_at_us = in.instant("received_at_us");
    out.work = in.integer("work");
    out.account = in.hash("account");
    out.hash = in.hash("hash");
    return parsed(in, text, out);
}

Hash leaf_of(const ShareLeaf& share) {
    return leaf_hash(little_endian(share.position, 8) +
                     little_endian(static_cast<std::uint64_t>(share.received_at_us), 8) +
                     little_endian(share.work, 32) + std::string(view_of(share.account)) +
                     std::string(view_of(share.hash)));
}

std::string text_of(const SliceUser& user) {
    return TextWriter(slice_user_line)
        .line("account", user.account)
        .line("shares", user.shares)
        .line("work", user.work)
        .take();
}

Parsed<SliceUser> parse_slice_user(std::string_view text) {
    TextReader in(text, slice_user_line);
    SliceUser out;
    out.account = in.hash("account");
    out.shares = in.number("shares");
    out.work = in.integer("work");
    return parsed(in, text, out);
}

std::optional<SumNode> leaf_of(const SliceUser& user) { return sum_leaf(user.work, text_of(user)); }

std::string text_of(const TreeHead& head) {
    return TextWriter(head_line)
        .line("log", head.log)
        .line("size", head.size)
        .line("root", head.root)
        .line("at_us", head.at_us)
        .take();
}

Parsed<TreeHead> parse_tree_head(std::string_view text) {
    TextReader in(text, head_line);
    TreeHead out;
    out.log = in.hash("log");
    out.size = in.number("size");
    out.root = in.hash("root");
    out.at_us = in.instant("at_us");
    return parsed(in, text, out);
}

std::string text_of(const Liability& liability) {
    return TextWriter(liability_line)
        .word("party", liability.party)
        .word("purpose", liability.purpose)
        .word("detail", liability.detail)
        .line("amount", liability.amount)
        .line("salt", liability.salt)
        .take();
}

Parsed<Liability> parse_liability(std::string_view text) {
    TextReader in(text, liability_line);
    Liability out;
    out.party = in.word("party");
    out.purpose = in.word("purpose");
    out.detail = in.word("detail");
    out.amount = in.integer("amount");
    out.salt = in.hash("salt");
    return parsed(in, text, out);
}

std::optional<SumNode> leaf_of(const Liability& liability) {
    return sum_leaf(liability.amount, text_of(liability));
}

std::string text_of(const LiabilitiesHead& head) {
    return TextWriter(liabilities_line)
        .word("day", head.day)
        .word("asset", head.asset)
        .line("at_us", head.at_us)
        .line("through_number", head.through_number)
        .line("ledger_head", head.ledger_head)
        .line("leaves", head.leaves)
        .line("total", head.total)
        .line("root", head.root)
        .take();
}

Parsed<LiabilitiesHead> parse_liabilities_head(std::string_view text) {
    TextReader in(text, liabilities_line);
    LiabilitiesHead out;
    out.day = in.word("day");
    if (in.ok() && !is_day(out.day)) in.fail("it is no day");
    out.asset = in.word("asset");
    out.at_us = in.instant("at_us");
    out.through_number = in.number("through_number");
    out.ledger_head = in.hash("ledger_head");
    out.leaves = in.number("leaves");
    out.total = in.integer("total");
    out.root = in.hash("root");
    return parsed(in, text, out);
}

std::string text_of(const Inclusion& inclusion) {
    TextWriter out(inclusion_line);
    out.line("index", inclusion.index).line("size", inclusion.size);
    write_path(out, inclusion.path);
    return out.take();
}

Parsed<Inclusion> parse_inclusion(std::string_view text) {
    TextReader in(text, inclusion_line);
    Inclusion out;
    out.index = in.number("index");
    out.size = in.number("size");
    out.path = read_path(in);
    return parsed(in, text, out);
}

std::string text_of(const SumInclusion& inclusion) {
    TextWriter out(sum_inclusion_line);
    out.line("index", inclusion.index).line("size", inclusion.size);
    out.line("nodes", std::uint64_t(inclusion.path.size()));
    for (const auto& node : inclusion.path) out.line("node", hex_of(node.hash) + " " + node.sum.str());
    return out.take();
}

Parsed<SumInclusion> parse_sum_inclusion(std::string_view text) {
    TextReader in(text, sum_inclusion_line);
    SumInclusion out;
    out.index = in.number("index");
    out.size = in.number("size");
    out.path.resize(in.count("nodes"));
    if (out.path.size() > path_nodes_max) in.fail("the path is too long");
    for (auto& node : out.path) {
        const auto values = in.values("node", 2);
        node = {in.hash_in(values[0]), in.integer_in(values[1])};
    }
    return parsed(in, text, out);
}

std::string text_of(const Consistency& consistency) {
    TextWriter out(consistency_line);
    out.line("old_size", consistency.old_size).line("new_size", consistency.new_size);
    write_path(out, consistency.path);
    return out.take();
}

Parsed<Consistency> parse_consistency(std::string_view text) {
    TextReader in(text, consistency_line);
    Consistency out;
    out.old_size = in.number("old_size");
    out.new_size = in.number("new_size");
    out.path = read_path(in);
    return parsed(in, text, out);
}

bool is_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    int parts[3] = {0, 0, 0};
    const std::string_view pieces[3] = {text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
    for (std::size_t i = 0; i < 3; ++i)
        for (const char letter : pieces[i]) {
            if (letter < '0' || letter > '9') return false;
            parts[i] = parts[i] * 10 + (letter - '0');
        }
    return std::chrono::year_month_day(std::chrono::year(parts[0]),
                                       std::chrono::month(static_cast<unsigned>(parts[1])),
                                       std::chrono::day(static_cast<unsigned>(parts[2])))
        .ok();
}

}  // namespace fleet::proof
