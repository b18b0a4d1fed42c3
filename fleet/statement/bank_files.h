#pragma once
// Statements as banks send them: OFX 2.2 (OFX specification, chapters 2, 3 and 11) and ISO 20022
// camt.053.001.08. Pure; any thread. Bitcoin has no ISO 4217 code, so both are written in fiat money, each
// row at its stored price; base units stand in the entry's free text. Opening balance plus entries is the
// closing balance. A row that takes another back is an entry of its own: rows never change, so OFX's
// CORRECTFITID, which makes a reader forget a row, is not used.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/statement/row.h"

namespace fleet::statement {

struct BankHead {
    std::string statement_no;  // "2026-10/user:alice"
    std::string party;
    std::int64_t party_id = 0;  // stands for the account number
    std::string currency;
    unsigned scale = 2;
    std::int64_t from_us = 0;
    std::int64_t to_us = 0;  // exclusive; also stands for when it was made, so that a copy has the same bytes
    Signed opening = 0;      // in the currency's smallest unit
    Signed received = 0;
    Signed taken = 0;  // not negative
    std::size_t rows_received = 0;
    std::size_t rows_taken = 0;
};
void count_row(BankHead& head, const StatementRow& row);
[[nodiscard]] Signed closing_of(const BankHead& head);

// One file: begin, one append a row with a value, end.
struct BankFormat {
    std::string_view name;       // "ofx"
    std::string_view extension;  // of the file
    std::string (*begin)(const BankHead&) = nullptr;
    void (*append)(std::string&, const StatementRow&) = nullptr;
    std::string (*end)(const BankHead&) = nullptr;
};
[[nodiscard]] BankFormat ofx_format();
[[nodiscard]] BankFormat camt_format();

// The first characters of a text, never a piece of one.
[[nodiscard]] std::string cut(std::string_view text, std::size_t characters_max);

}  // namespace fleet::statement
