// `hashyard proof …`: the public key, and files for `hashyard verify`. Short visits to the database, also
// beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include <chrono>
#include <fstream>

#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/proof/desk.h"
#include "server/store/proof_files.h"
#include "server/store/proof_liabilities.h"

namespace server::commands {

namespace {

using fleet::proof::hex_of;
using fleet::proof::is_day;
using fleet::proof::signed_text;
using fleet::proof::text_of;
using fleet::proof::why_not_balanced;

constexpr int heads_shown_max = 10'000;

struct ProofWords {
    std::string name;  // a block's hash, an account, a party
    std::string coin = "bitcoin";
    std::string asset = "BTC";
    std::string day;
    std::string from;
    std::string to;
    std::string file;
    std::string by;
    std::string why;
    std::uint64_t number = 0;
    std::optional<std::uint64_t> slice;
    int most = 20;
};

int deliver(const Visit& visit, const std::string& file, const std::string& text) {
    if (file.empty()) {
        visit.out << text;
        return 0;
    }
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    return out ? 0 : failed(visit, "cannot write " + file);
}

template <typename Ask>
int give(const Visit& visit, const ProofWords& words, Ask ask) {
    return visit_database(visit, [&](store::Database& database) {
        const store::Stored<store::ProofFile> proof = ask(database);
        if (!proof) return unavailable(visit, proof.error());
        if (!proof->missing.empty()) return failed(visit, proof->missing);
        return deliver(visit, words.file, proof->text);
    });
}

// 00:00 UTC of a day, in microseconds; nullopt: it is none.
std::optional<std::int64_t> start_of(const std::string& day) {
    if (!is_day(day)) return std::nullopt;
    const auto date = std::chrono::sys_days(std::chrono::year(std::stoi(day.substr(0, 4))) /
                                            std::stoi(day.substr(5, 2)) / std::stoi(day.substr(8, 2)));
    return date.time_since_epoch().count() * 86'400'000'000LL;
}

int show_key(const Visit& visit, const ProofWords&) {
    const auto opened = proof::open_key(visit.config.proof);
    if (!opened.key) return failed(visit, opened.problem);
    visit.out << hex_of(opened.key->public_key()) << "\n";
    return 0;
}

int give_block(const Visit& visit, const ProofWords& words) {
    const auto hash = stratum::parse_displayed(words.name);
    if (!hash) return failed(visit, "a block is named by the 64 hexadecimal letters of its hash");
    return give(visit, words,
                [&](store::Database& database) { return store::block_proof(database, words.coin, *hash); });
}

int give_slice(const Visit& visit, const ProofWords& words) {
    return give(visit, words,
                [&](store::Database& database) { return store::slice_proof(database, words.number, {}); });
}

int give_share(const Visit& visit, const ProofWords& words) {
    return give(visit, words,
                [&](store::Database& database) { return store::share_proof(database, words.number); });
}

int give_receipt(const Visit& visit, const ProofWords& words) {
    return give(visit, words,
                [&](store::Database& database) { return store::receipt_proof(database, words.number); });
}

int give_account(const Visit& visit, const ProofWords& words) {
    if (words.slice.has_value() == !words.day.empty())
        return failed(visit, "say either --slice N or --day 2026-11-25");
    if (words.slice)
        return give(visit, words, [&](store::Database& database) {
            return store::slice_proof(database, *words.slice, words.name);
        });
    if (!is_day(words.day)) return failed(visit, "--day must be a day as 2026-11-25");
    const auto party = words.name.find(':') == std::string::npos ? "user:" + words.name : words.name;
    return give(visit, words, [&](store::Database& database) {
        return store::liabilities_proof(database, words.day, party);
    });
}

int give_statement(const Visit& visit, const ProofWords& words) {
    const auto from = start_of(words.from);
    const auto to = start_of(words.to);
    if (!from || !to || *from >= *to)
        return failed(visit, "--from and --to must be days as 2026-11-25, the first before the second");
    if (*to > wall_us()) return failed(visit, "--to is in the future: what it will say is not known yet");
    const auto opened = proof::open_key(visit.config.proof);
    if (!opened.key) return failed(visit, opened.problem);
    const auto party = words.name.find(':') == std::string::npos ? "user:" + words.name : words.name;
    return visit_database(visit, [&](store::Database& database) {
        const auto found = store::statement_of(database, party, words.asset, *from, *to);
        if (!found) return unavailable(visit, found.error());
        if (!*found) return failed(visit, party + " has no account in " + words.asset);
        if (const auto why = why_not_balanced(**found); !why.empty()) return failed(visit, why);
        return deliver(visit, words.file, text_of(signed_text(*opened.key, text_of(**found))));
    });
}

int give_consistency(const Visit& visit, const ProofWords& words) {
    return give(visit, words,
                [&](store::Database& database) { return store::consistency_proof(database, words.number); });
}

int show_heads(const Visit& visit, const ProofWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto heads = store::tree_heads(database, words.most);
        if (!heads) return unavailable(visit, heads.error());
        for (const auto& head : *heads)
            visit.out << iso_time(head.head.at_us) << "  " << head.head.size << "  " << hex_of(head.head.root)
                      << "\n";
        if (heads->empty()) visit.out << "No tree head is signed yet; the server signs one each minute.\n";
        return 0;
    });
}

int export_log(const Visit& visit, const ProofWords& words) {
    return give(visit, words, [&](store::Database& database) { return store::log_proof(database); });
}

int adopt(const Visit& visit, const ProofWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        if (const auto problem = proof::Desk::adopt(database, visit.config.proof, words.by, words.why);
            !problem.empty())
            return failed(visit, problem);
        visit.out
            << "The next tree head begins a new log. Say publicly why: whoever kept an old head sees it.\n";
        return 0;
    });
}

}  // namespace

void add_proof(const CommandMaker& maker) {
    auto* proof = maker.app.add_subcommand("proof", "What the pool signs: files for hashyard verify");
    proof->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, int (*run)(const Visit&, const ProofWords&)) {
        auto* command = proof->add_subcommand(name, help);
        return std::pair{command, maker.visits<ProofWords>(*command, run)};
    };
    const auto to_file = [](CLI::App& command, ProofWords& words) {
        command.add_option("-o,--output", words.file, "Write here instead of printing");
    };
    const auto add_numbered = [&](const char* name, const char* help, const char* number,
                                  const char* number_help, int (*run)(const Visit&, const ProofWords&)) {
        auto [command, words] = add(name, help, run);
        command->add_option(number, words->number, number_help)->required();
        to_file(*command, *words);
    };
    add("key", "The public key; made on first use", show_key);
    add_numbered("slice", "A slice of the log", "index", "Its index, from 0", give_slice);
    add_numbered("share", "A share in its slice", "position", "Its position, from 1", give_share);
    add_numbered("receipt", "The promise of a share, and what became of it", "position",
                 "Its position, from 1", give_receipt);
    add_numbered("consistency", "That the log grew from a size to its newest head", "size",
                 "Size of a head you kept", give_consistency);
    auto [block, block_words] = add("block", "A block's bundle with the slices of its window", give_block);
    block->add_option("hash", block_words->name, "Block hash")->required();
    block->add_option("--coin", block_words->coin, "Chain")->capture_default_str();
    to_file(*block, *block_words);
    auto [account, account_words] =
        add("account", "An account's work in a slice, or what it was owed at a day's end", give_account);
    account->add_option("name", account_words->name, "Account; for --day also holder:NAME, owner:NAME")
        ->required();
    account->add_option("--slice", account_words->slice, "Index of a slice");
    account->add_option("--day", account_words->day, "Day (UTC), as 2026-11-25");
    to_file(*account, *account_words);
    auto [statement, statement_words] =
        add("statement", "What moved on a party's accounts, signed", give_statement);
    statement->add_option("name", statement_words->name, "Account; also holder:NAME, owner:NAME")->required();
    statement->add_option("--asset", statement_words->asset, "Asset")->capture_default_str();
    statement->add_option("--from", statement_words->from, "First day (UTC), as 2026-11-01")->required();
    statement->add_option("--to", statement_words->to, "The day after the last")->required();
    to_file(*statement, *statement_words);
    auto [heads, heads_words] = add("heads", "The newest tree heads", show_heads);
    heads->add_option("--most", heads_words->most, "How many")
        ->capture_default_str()
        ->check(CLI::Range(1, heads_shown_max));
    auto [whole, whole_words] = add("export", "All slices of the log and its head, for a mirror", export_log);
    to_file(*whole, *whole_words);
    auto [begin, begin_words] =
        add("adopt", "Begin a new log: the database differs from what was signed", adopt);
    begin->add_option("--by", begin_words->by, "Who says so")->required();
    begin->add_option("--why", begin_words->why, "The reason, kept for ever")->required();
}

}  // namespace server::commands
