#pragma once
// The small texts of the proof room, each with its one spelling. Pure; any thread. What text_of() gives,
// parse_*() takes; a parser takes nothing else. Which of them are signed is said at each.

#include "fleet/proof/merkle.h"
#include "fleet/proof/merkle_sum.h"
#include "fleet/proof/text.h"

namespace fleet::proof {

// A closed run of shares: a leaf of the log. Its index in the log is inside.
struct SliceLeaf {
    std::uint64_t index = 0;
    std::string coin;
    std::string algorithm;
    std::uint64_t first_position = 0;
    std::uint64_t last_position = 0;
    std::uint64_t nbits = 0;
    Integer network_work = 0;
    std::uint64_t rule = 0;  // version
    Integer work = 0;
    Integer weight = 0;
    Integer cumulative_weight = 0;
    std::int64_t first_received_at_us = 0;
    std::int64_t last_received_at_us = 0;
    Hash shares_root{};       // over share leaves (ShareLeaf), by position
    std::uint64_t users = 0;  // how many leaves the tree of users has
    Hash users_root{};        // Merkle sum over SliceUser, by account; its sum is `work`
    friend bool operator==(const SliceLeaf&, const SliceLeaf&) = default;
};
[[nodiscard]] std::string text_of(const SliceLeaf& slice);
[[nodiscard]] Parsed<SliceLeaf> parse_slice_leaf(std::string_view text);
// Sums and bounds that must hold in any slice; empty: they do.
[[nodiscard]] std::string why_impossible(const SliceLeaf& slice);

// One share. `leaf` is the binary form that slices are built from (server/pool/slice_builder.h): its position
// is inside, and the account only as SHA-256 of its name.
struct ShareLeaf {
    std::uint64_t position = 0;
    std::int64_t received_at_us = 0;
    Integer work = 0;
    Hash account{};  // SHA-256 of the name
    Hash hash{};     // of the block header, as SHA-256 gave it
    friend bool operator==(const ShareLeaf&, const ShareLeaf&) = default;
};
[[nodiscard]] std::string text_of(const ShareLeaf& share);
[[nodiscard]] Parsed<ShareLeaf> parse_share_leaf(std::string_view text);
[[nodiscard]] Hash leaf_of(const ShareLeaf& share);

// What one user did in a slice.
struct SliceUser {
    Hash account{};
    std::uint64_t shares = 0;
    Integer work = 0;
    friend bool operator==(const SliceUser&, const SliceUser&) = default;
};
[[nodiscard]] std::string text_of(const SliceUser& user);
[[nodiscard]] Parsed<SliceUser> parse_slice_user(std::string_view text);
[[nodiscard]] std::optional<SumNode> leaf_of(const SliceUser& user);

// Signed once a minute: what the log is.
struct TreeHead {
    Hash log{};  // which log; another one begins only when an operator says so
    std::uint64_t size = 0;
    Hash root{};
    std::int64_t at_us = 0;
    friend bool operator==(const TreeHead&, const TreeHead&) = default;
};
[[nodiscard]] std::string text_of(const TreeHead& head);
[[nodiscard]] Parsed<TreeHead> parse_tree_head(std::string_view text);

// What is owed to one account. `salt` keeps neighbours in the tree from guessing it.
struct Liability {
    std::string party;
    std::string purpose;  // of the chart of accounts
    std::string detail;
    Integer amount = 0;  // base units
    Hash salt{};
    friend bool operator==(const Liability&, const Liability&) = default;
};
[[nodiscard]] std::string text_of(const Liability& liability);
[[nodiscard]] Parsed<Liability> parse_liability(std::string_view text);
[[nodiscard]] std::optional<SumNode> leaf_of(const Liability& liability);

// Signed once a day and asset: what is owed to everybody.
struct LiabilitiesHead {
    std::string day;  // 2026-11-25
    std::string asset;
    std::int64_t at_us = 0;
    std::uint64_t through_number = 0;  // the newest transfer in it
    Hash ledger_head{};                // the ledger's chain there
    std::uint64_t leaves = 0;
    Integer total = 0;
    Hash root{};
    friend bool operator==(const LiabilitiesHead&, const LiabilitiesHead&) = default;
};
[[nodiscard]] std::string text_of(const LiabilitiesHead& head);
[[nodiscard]] Parsed<LiabilitiesHead> parse_liabilities_head(std::string_view text);

// Paths, as they follow what they prove in a file.
struct Inclusion {
    std::uint64_t index = 0;
    std::uint64_t size = 0;
    Path path;
    friend bool operator==(const Inclusion&, const Inclusion&) = default;
};
[[nodiscard]] std::string text_of(const Inclusion& inclusion);
[[nodiscard]] Parsed<Inclusion> parse_inclusion(std::string_view text);

struct SumInclusion {
    std::uint64_t index = 0;
    std::uint64_t size = 0;
    SumPath path;
    friend bool operator==(const SumInclusion&, const SumInclusion&) = default;
};
[[nodiscard]] std::string text_of(const SumInclusion& inclusion);
[[nodiscard]] Parsed<SumInclusion> parse_sum_inclusion(std::string_view text);

struct Consistency {
    std::uint64_t old_size = 0;
    std::uint64_t new_size = 0;
    Path path;
    friend bool operator==(const Consistency&, const Consistency&) = default;
};
[[nodiscard]] std::string text_of(const Consistency& consistency);
[[nodiscard]] Parsed<Consistency> parse_consistency(std::string_view text);

// A calendar day written 2026-11-25.
[[nodiscard]] bool is_day(std::string_view text);

}  // namespace fleet::proof
