#include "fleet/proof/statement.h"

namespace fleet::proof {

namespace {

constexpr std::string_view statement_line = "hashyard statement 1";
constexpr std::string_view batch_line = "hashyard receipt batch 1";

}  // namespace

std::string text_of(const Statement& statement) {
    TextWriter out(statement_line);
    out.word("party", statement.party)
        .word("asset", statement.asset)
        .line("from_us", statement.from_us)
        .line("to_us", statement.to_us)
        .line("opening", statement.opening)
        .line("lines", std::uint64_t(statement.lines.size()));
    for (const auto& line : statement.lines)
        out.line("line", word_of(line.transfer) + " " + std::to_string(line.booked_at_us) + " " +
                             word_of(line.purpose) + " " + word_of(line.code) + " " +
                             (line.credit ? "credit " : "debit ") + line.amount.str() + " " +
                             line.balance.str());
    return out.line("closing", statement.closing).take();
}

Parsed<Statement> parse_statement(std::string_view text) {
    TextReader in(text, statement_line);
    Statement out;
    out.party = in.word("party");
    out.asset = in.word("asset");
    out.from_us = in.instant("from_us");
    out.to_us = in.instant("to_us");
    out.opening = in.integer("opening");
    out.lines.resize(in.count("lines"));
    for (auto& line : out.lines) {
        const auto values = in.values("line", 7);
        line = {in.word_in(values[0]),   in.instant_in(values[1]), in.word_in(values[2]),
                in.word_in(values[3]),   values[4] == "credit",    in.integer_in(values[5]),
                in.integer_in(values[6])};
        if (!in.ok()) return in.error();
    }
    out.closing = in.integer("closing");
    if (!in.finish()) return in.error();
    if (text_of(out) != text) return TextError{"the text is not in its one spelling"};
    return out;
}

std::string why_not_balanced(const Statement& statement) {
    const auto last = statement.lines.empty() ? statement.opening : statement.lines.back().balance;
    if (statement.closing != last) return "the closing balance is not that of the last line";
    auto balance = statement.opening;
    for (const auto& line : statement.lines) {
        const auto name = "transfer " + line.transfer;
        if (line.booked_at_us < statement.from_us || line.booked_at_us >= statement.to_us)
            return name + " is not of this time";
        if (!line.credit && line.amount > balance) return name + " takes more than is owed";
        const auto next = ledger::checked(
            [&] { return line.credit ? Integer(balance + line.amount) : Integer(balance - line.amount); });
        if (!next || *next != line.balance) return name + " does not lead to the balance beside it";
        balance = *next;
    }
    return {};
}

std::string text_of(const ReceiptBatch& batch) {
    return TextWriter(batch_line)
        .line("log", batch.log)
        .line("number", batch.number)
        .line("previous", batch.previous)
        .line("first_position", batch.first_position)
        .line("last_position", batch.last_position)
        .line("root", batch.root)
        .line("at_us", batch.at_us)
        .take();
}

Parsed<ReceiptBatch> parse_receipt_batch(std::string_view text) {
    TextReader in(text, batch_line);
    ReceiptBatch out;
    out.log = in.hash("log");
    out.number = in.number("number");
    out.previous = in.hash("previous");
    out.first_position = in.number("first_position");
    out.last_position = in.number("last_position");
    out.root = in.hash("root");
    out.at_us = in.instant("at_us");
    if (!in.finish()) return in.error();
    if (text_of(out) != text) return TextError{"the text is not in its one spelling"};
    return out;
}

}  // namespace fleet::proof
