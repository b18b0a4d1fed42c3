#pragma once
// What moved on one party's accounts in a time, signed: it has to add up line by line, and whoever holds two
// of them can show that we told two stories. Pure; any thread.

#include "fleet/proof/documents.h"

namespace fleet::proof {

struct StatementLine {
    std::string transfer;  // id in the ledger
    std::int64_t booked_at_us = 0;
    std::string purpose;  // of the party's account
    std::string code;
    bool credit = false;  // raises what is owed to the party
    Integer amount = 0;
    Integer balance = 0;  // owed after it, over all of the party's accounts
    friend bool operator==(const StatementLine&, const StatementLine&) = default;
};
struct Statement {
    std::string party;
    std::string asset;
    std::int64_t from_us = 0;  // booked at or after
    std::int64_t to_us = 0;    // and before
    Integer opening = 0;
    std::vector<StatementLine> lines;  // in the order of booking
    Integer closing = 0;
    friend bool operator==(const Statement&, const Statement&) = default;
};
[[nodiscard]] std::string text_of(const Statement& statement);
[[nodiscard]] Parsed<Statement> parse_statement(std::string_view text);
// Empty: it adds up.
[[nodiscard]] std::string why_not_balanced(const Statement& statement);

// Shares accepted one after the other, promised before their slice is closed. Each promise names the one
// before, so none can be dropped or exchanged later.
struct ReceiptBatch {
    Hash log{};
    std::uint64_t number = 0;  // from 1
    Hash previous{};           // SHA-256 of the text of the batch before; of nothing for the first
    std::uint64_t first_position = 0;
    std::uint64_t last_position = 0;
    Hash root{};  // RFC 6962 over share leaves, by position
    std::int64_t at_us = 0;
    friend bool operator==(const ReceiptBatch&, const ReceiptBatch&) = default;
};
[[nodiscard]] std::string text_of(const ReceiptBatch& batch);
[[nodiscard]] Parsed<ReceiptBatch> parse_receipt_batch(std::string_view text);

}  // namespace fleet::proof
