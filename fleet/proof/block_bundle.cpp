#include "fleet/proof/block_bundle.h"

namespace fleet::proof {

namespace {

constexpr std::string_view bundle_line = "hashyard block bundle 1";
constexpr std::string_view none = "none";

std::string joined(std::initializer_list<std::string> values) {
    std::string out;
    for (const auto& value : values) {
        if (!out.empty()) out += ' ';
        out += value;
    }
    return out;
}

void write_window(TextWriter& out, const BlockBundle& bundle) {
    out.line("window_limit", bundle.window_limit)
        .line("window_weight", bundle.window_weight)
        .line("oldest_position", bundle.oldest_position)
        .line("newest_position", bundle.newest_position);
    if (const auto& cut = bundle.cut)
        out.line("cut", joined({word_of(cut->account), std::to_string(cut->position), cut->network_work.str(),
                                cut->work.str(), cut->weight.str()}));
    else
        out.line("cut", none);
}

void write_lists(TextWriter& out, const BlockBundle& bundle) {
    out.line("slices", std::uint64_t(bundle.slices.size()));
    for (const auto& slice : bundle.slices)
        out.line("slice", joined({std::to_string(slice.index), std::to_string(slice.first_position),
                                  std::to_string(slice.last_position), slice.network_work.str(),
                                  slice.work.str(), hex_of(slice.leaf)}));
    out.line("works", std::uint64_t(bundle.works.size()));
    for (const auto& work : bundle.works)
        out.line("work", joined({word_of(work.account), work.network_work.str(), work.sliced.str(),
                                 work.edge.str()}));
    out.line("accounts", std::uint64_t(bundle.lines.size()));
    for (const auto& line : bundle.lines)
        out.line("account", joined({word_of(line.account), line.weight.str(), line.floor.str(),
                                    line.remainder.str(), std::to_string(line.extra), line.amount.str()}));
    out.line("transfers", std::uint64_t(bundle.transfers.size()));
    for (const auto& transfer : bundle.transfers)
        out.line("transfer", joined({word_of(transfer.id), word_of(transfer.code), word_of(transfer.debit),
                                     word_of(transfer.debit_party), word_of(transfer.credit),
                                     word_of(transfer.credit_party), transfer.amount.str()}));
    out.line("payouts", std::uint64_t(bundle.payouts.size()));
    for (const auto& payout : bundle.payouts)
        out.line("payout", joined({word_of(payout.txid), word_of(payout.party), payout.amount.str()}));
}

void read_head(TextReader& in, BlockBundle& out) {
    out.stage = in.word("stage");
    out.generation = in.number("generation");
    out.coin = in.word("coin");
    out.algorithm = in.word("algorithm");
    out.block = in.word("block");
    out.height = in.number("height");
    out.found_at_us = in.instant("found_at_us");
    out.frozen_at_us = in.instant("frozen_at_us");
    out.rule_version = in.number("rule_version");
    out.rule = in.value("rule");
    out.reward = in.integer("reward");
    out.transaction_fees = in.integer("transaction_fees");
    out.finder = in.word("finder");
}

void read_window(TextReader& in, BlockBundle& out) {
    out.window_limit = in.integer("window_limit");
    out.window_weight = in.integer("window_weight");
    out.oldest_position = in.number("oldest_position");
    out.newest_position = in.number("newest_position");
    const auto cut = in.value("cut");
    if (cut == none) return;
    const auto values = in.values_in(cut, 5);
    out.cut = BundleCut{in.word_in(values[0]), in.number_in(values[1]), in.integer_in(values[2]),
                        in.integer_in(values[3]), in.integer_in(values[4])};
}

void read_lists(TextReader& in, BlockBundle& out) {
    out.slices.resize(in.count("slices"));
    for (auto& slice : out.slices) {
        const auto values = in.values("slice", 6);
        slice = {in.number_in(values[0]),  in.number_in(values[1]),  in.number_in(values[2]),
                 in.integer_in(values[3]), in.integer_in(values[4]), in.hash_in(values[5])};
        if (!in.ok()) return;
    }
    out.works.resize(in.count("works"));
    for (auto& work : out.works) {
        const auto values = in.values("work", 4);
        work = {in.word_in(values[0]), in.integer_in(values[1]), in.integer_in(values[2]),
                in.integer_in(values[3])};
        if (!in.ok()) return;
    }
    out.lines.resize(in.count("accounts"));
    for (auto& line : out.lines) {
        const auto values = in.values("account", 6);
        line = {in.word_in(values[0]),    in.integer_in(values[1]),   in.integer_in(values[2]),
                in.integer_in(values[3]), values[4] == "1" ? 1U : 0U, in.integer_in(values[5])};
        if (!in.ok()) return;
    }
    out.transfers.resize(in.count("transfers"));
    for (auto& transfer : out.transfers) {
        const auto values = in.values("transfer", 7);
        transfer = {in.word_in(values[0]),   in.word_in(values[1]), in.word_in(values[2]),
                    in.word_in(values[3]),   in.word_in(values[4]), in.word_in(values[5]),
                    in.integer_in(values[6])};
        if (!in.ok()) return;
    }
    out.payouts.resize(in.count("payouts"));
    for (auto& payout : out.payouts) {
        const auto values = in.values("payout", 3);
        payout = {in.word_in(values[0]), in.word_in(values[1]), in.integer_in(values[2])};
        if (!in.ok()) return;
    }
}

}  // namespace

std::string text_of(const BlockBundle& bundle) {
    TextWriter out(bundle_line);
    out.word("stage", bundle.stage)
        .line("generation", bundle.generation)
        .word("coin", bundle.coin)
        .word("algorithm", bundle.algorithm)
        .word("block", bundle.block)
        .line("height", bundle.height)
        .line("found_at_us", bundle.found_at_us)
        .line("frozen_at_us", bundle.frozen_at_us)
        .line("rule_version", bundle.rule_version)
        .line("rule", bundle.rule)
        .line("reward", bundle.reward)
        .line("transaction_fees", bundle.transaction_fees)
        .word("finder", bundle.finder);
    write_window(out, bundle);
    out.line("input_hash", bundle.input_hash)
        .line("output_hash", bundle.output_hash)
        .line("fee", bundle.fee)
        .line("distributable", bundle.distributable)
        .line("log", bundle.log)
        .line("log_size", bundle.log_size)
        .line("log_root", bundle.log_root);
    write_lists(out, bundle);
    return out.take();
}

Parsed<BlockBundle> parse_block_bundle(std::string_view text) {
    TextReader in(text, bundle_line);
    BlockBundle out;
    read_head(in, out);
    read_window(in, out);
    out.input_hash = in.hash("input_hash");
    out.output_hash = in.hash("output_hash");
    out.fee = in.integer("fee");
    out.distributable = in.integer("distributable");
    out.log = in.hash("log");
    out.log_size = in.number("log_size");
    out.log_root = in.hash("log_root");
    read_lists(in, out);
    if (!in.finish()) return in.error();
    if (text_of(out) != text) return TextError{"the text is not in its one spelling"};
    return out;
}

}  // namespace fleet::proof
