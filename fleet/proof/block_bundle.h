#pragma once
// Everything that decided who gets what for a block, in one signed text: the window as slices of the log and
// what was opened of them, each account's work, the rule, the reward, the amounts, the transfers in the
// books. Pure; any thread. check_bundle() computes it all again from the text alone.

#include <optional>

#include "fleet/ledger/payout_rule.h"
#include "fleet/ledger/reward.h"
#include "fleet/proof/documents.h"

namespace fleet::proof {

// A slice of the log that lies in the window whole.
struct BundleSlice {
    std::uint64_t index = 0;  // in the log
    std::uint64_t first_position = 0;
    std::uint64_t last_position = 0;
    Integer network_work = 0;
    Integer work = 0;
    Hash leaf{};  // of its text
    friend bool operator==(const BundleSlice&, const BundleSlice&) = default;
};

// An account's work in the window under one network target.
struct BundleWork {
    std::string account;
    Integer network_work = 0;
    Integer sliced = 0;  // in whole slices
    Integer edge = 0;    // in single shares that count whole, at the window's two edges
    friend bool operator==(const BundleWork&, const BundleWork&) = default;
};

// The oldest share, when only a part of it fits.
struct BundleCut {
    std::string account;
    std::uint64_t position = 0;
    Integer network_work = 0;
    Integer work = 0;
    Integer weight = 0;  // what counts of it
    friend bool operator==(const BundleCut&, const BundleCut&) = default;
};

struct BundleTransfer {
    std::string id;
    std::string code;
    std::string debit;  // purpose
    std::string debit_party;
    std::string credit;
    std::string credit_party;
    Integer amount = 0;
    friend bool operator==(const BundleTransfer&, const BundleTransfer&) = default;
};

struct BundlePayout {
    std::string txid;
    std::string party;
    Integer amount = 0;
    friend bool operator==(const BundlePayout&, const BundlePayout&) = default;
};

struct BlockBundle {
    std::string stage;             // immature, mature, reversed: of its postings
    std::uint64_t generation = 1;  // above 1: the block came back after it was orphaned
    std::string coin;
    std::string algorithm;
    std::string block;  // displayed hash
    std::uint64_t height = 0;
    std::int64_t found_at_us = 0;
    std::int64_t frozen_at_us = 0;  // the winning job's issue: later shares do not count
    std::uint64_t rule_version = 0;
    std::string rule;  // canonical text
    Integer reward = 0;
    Integer transaction_fees = 0;
    std::string finder;  // account; may be empty
    Integer window_limit = 0;
    Integer window_weight = 0;
    std::uint64_t oldest_position = 0;  // 0: an empty window
    std::uint64_t newest_position = 0;
    std::optional<BundleCut> cut;
    Hash input_hash{};
    Hash output_hash{};
    Integer fee = 0;
    Integer distributable = 0;
    Hash log{};
    std::uint64_t log_size = 0;  // of a tree head that covers all slices below
    Hash log_root{};
    std::vector<BundleSlice> slices;        // by index
    std::vector<BundleWork> works;          // by account and network work
    std::vector<ledger::PayoutLine> lines;  // by account
    std::vector<BundleTransfer> transfers;  // in the order of booking
    std::vector<BundlePayout> payouts;      // to these accounts since, as far as known
};

[[nodiscard]] std::string text_of(const BlockBundle& bundle);
[[nodiscard]] Parsed<BlockBundle> parse_block_bundle(std::string_view text);

// What was looked at: sentences that hold and sentences that do not.
struct Checked {
    std::vector<std::string> holds;
    std::vector<std::string> fails;

    // `why` empty: it holds.
    void note(std::string what, const std::string& why);
    [[nodiscard]] bool all_hold() const { return fails.empty(); }
};

// Window, weights, apportionment, hashes and transfers, from the bundle alone. Signature and log are the
// caller's (verify.h).
[[nodiscard]] Checked check_bundle(const BlockBundle& bundle);

// From its canonical text; nullopt: it is no rule that we know.
[[nodiscard]] std::optional<ledger::PayoutRule> parse_rule(std::string_view canonical);

}  // namespace fleet::proof
