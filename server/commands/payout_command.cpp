// `hashyard payout …`: what a person does about payouts, also beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/ledger.h"
#include "server/store/payout_batches.h"
#include "server/wallet/payout_copy.h"
#include "server/wallet/restore_mark.h"
#include "server/wallet/runner.h"

namespace server::commands {

namespace {

using fleet::payout::BatchState;
using store::PayoutBatch;

constexpr int steps_max = 20;

struct PayoutWords {
    std::string batch;
    std::string file;
    std::vector<std::string> files;
    std::string why;
    std::string by;
    std::string party;
    std::string reason;
    bool lift = false;
};

struct Desk {
    store::Database& database;
    wallet::Runner& runner;
};

int with_runner(const Visit& visit, const std::function<int(const Desk&)>& work,
                wallet::Signing signing = wallet::Signing::wallet) {
    if (visit.config.development_chain)
        return failed(visit, "the development chain's coins are worthless: payouts need a [[node]]");
    auto options = visit.config.payout;
    if (signing == wallet::Signing::psbt) options.signing = signing;
    return visit_database(visit, [&](store::Database& database) {
        wallet::CoreRpc rpc(options);
        wallet::Runner runner(database, rpc, options, visit.config.pool.network);
        return work({database, runner});
    });
}

// The named batch, or the only open one in one of these states.
std::optional<PayoutBatch> choose(const Visit& visit, store::Database& database, const std::string& name,
                                  const std::vector<BatchState>& states) {
    const auto batches = store::payout_batches(database, store::Which::open);
    if (!batches) {
        unavailable(visit, batches.error());
        return std::nullopt;
    }
    std::vector<PayoutBatch> fit;
    for (const auto& batch : *batches)
        if ((name.empty() || batch.id == name) &&
            std::find(states.begin(), states.end(), batch.state) != states.end())
            fit.push_back(batch);
    if (fit.size() == 1) return fit[0];
    failed(visit, fit.empty() ? "no open batch is in a state for this; see hashyard payout status"
                              : "several batches are: name one, see hashyard payout status");
    return std::nullopt;
}

int show_plan(const Visit& visit, const PayoutWords&) {
    return with_runner(visit, [&](const Desk& desk) {
        const auto plan = store::plan_due(desk.database, desk.runner.settings(), wall_us());
        if (!plan) return unavailable(visit, plan.error());
        for (const auto& item : plan->items) visit.out << item.party << " " << item.amount_sats << "\n";
        for (const auto& held : plan->held)
            visit.out << held.party << " waits: " << name_of(held.reason)
                      << (held.detail.empty() ? "" : " (" + held.detail + ")") << "\n";
        visit.out << plan->items.size() << " payees, " << plan->outputs.size() << " outputs, "
                  << plan->total_sats << " satoshis\n";
        return 0;
    });
}

int tell(const Visit& visit, const wallet::StepOutcome& outcome) {
    if (!outcome.did.empty()) visit.out << outcome.did << "\n";
    return outcome.problem.empty() ? 0 : failed(visit, outcome.problem);
}

int one_step(const Visit& visit, const PayoutWords&) {
    return with_runner(visit, [&](const Desk& desk) { return tell(visit, desk.runner.step(wall_us())); });
}

// Steps while an open batch is in one of the states.
int step_through(const Visit& visit, const Desk& desk, const std::vector<BatchState>& states) {
    for (int i = 0; i < steps_max; ++i) {
        const auto batches = store::payout_batches(desk.database, store::Which::open);
        if (!batches) return unavailable(visit, batches.error());
        const bool waits = std::any_of(batches->begin(), batches->end(), [&](const PayoutBatch& batch) {
            return std::find(states.begin(), states.end(), batch.state) != states.end();
        });
        if (!waits) return 0;
        const auto outcome = desk.runner.step(wall_us(), wallet::Runner::Plan::never);
        if (const int code = tell(visit, outcome); code != 0 || outcome.did.empty()) return code;
    }
    return failed(visit, "no end after 20 steps; see hashyard payout status");
}

int build(const Visit& visit, const PayoutWords&) {
    return with_runner(
        visit,
        [&](const Desk& desk) {
            const auto batches = store::payout_batches(desk.database, store::Which::open);
            if (!batches) return unavailable(visit, batches.error());
            for (const auto& batch : *batches)
                if (batch.state == BatchState::fully_signed)
                    return failed(visit, "batch " + batch.id + " is signed: send it first");
            if (const int code = tell(visit, desk.runner.step(wall_us(), wallet::Runner::Plan::now));
                code != 0)
                return code;
            return step_through(visit, desk, {BatchState::reserved});
        },
        wallet::Signing::psbt);
}

int sign(const Visit& visit, const PayoutWords&) {
    return with_runner(visit,
                       [&](const Desk& desk) { return step_through(visit, desk, {BatchState::built}); });
}

int send(const Visit& visit, const PayoutWords&) {
    return with_runner(visit, [&](const Desk& desk) {
        return step_through(visit, desk,
                            {BatchState::fully_signed, BatchState::broadcast, BatchState::unknown});
    });
}

int export_psbt(const Visit& visit, const PayoutWords& words) {
    return with_runner(visit, [&](const Desk& desk) {
        const auto batch = choose(visit, desk.database, words.batch, {BatchState::built});
        if (!batch) return 1;
        const auto refused = store::record_exported(desk.database, batch->id, wall_us());
        if (!refused) return unavailable(visit, refused.error());
        if (!refused->empty()) return failed(visit, *refused);
        const auto wrong =
            wallet::write_whole(std::filesystem::absolute(words.file), fleet::payout::base64_of(batch->psbt));
        if (!wrong.empty()) return failed(visit, wrong);
        visit.out << batch->id << " for " << batch->items.size() << " payees is in " << words.file
                  << ". Bring it back signed with hashyard payout import.\n";
        return 0;
    });
}

std::optional<std::string> text_of(const Visit& visit, const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad() || text.empty()) {
        failed(visit, "cannot read " + file);
        return std::nullopt;
    }
    return text;
}

int import_psbt(const Visit& visit, const PayoutWords& words) {
    return with_runner(visit, [&](const Desk& desk) {
        const auto batch = choose(visit, desk.database, words.batch, {BatchState::built});
        auto text = batch ? text_of(visit, words.file) : std::nullopt;
        if (!text) return 1;
        while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
        auto psbt = text->starts_with("psbt") ? fleet::payout::Bytes(text->begin(), text->end())
                                              : fleet::payout::bytes_of_base64(*text);
        if (!psbt) return failed(visit, words.file + " is neither a binary nor a base64 PSBT");
        const auto wrong = desk.runner.import_signed(*batch, *psbt, wall_us());
        if (!wrong.empty()) return failed(visit, wrong);
        visit.out << "signed " << batch->id << "; it is sent with the next step\n";
        return 0;
    });
}

int status(const Visit& visit, const PayoutWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto freezes = store::active_freezes(database);
        if (!freezes) return unavailable(visit, freezes.error());
        const auto batches = store::payout_batches(database, store::Which::all);
        if (!batches) return unavailable(visit, batches.error());
        for (const auto& freeze : *freezes)
            visit.out << "frozen: " << freeze.reason << " since " << freeze.since << ": " << freeze.detail
                      << "\n";
        for (const auto& batch : *batches) {
            std::int64_t total_sats = 0;
            for (const auto& item : batch.items) total_sats += item.amount_sats;
            visit.out << batch.id << " " << name_of(batch.state) << " " << batch.items.size() << " payees "
                      << total_sats << " fee " << batch.fee_sats << " "
                      << (batch.txid.empty() ? "-" : batch.txid) << "\n";
        }
        if (batches->empty()) visit.out << "No payout was made yet.\n";
        return 0;
    });
}

int adopt(const Visit& visit, const PayoutWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        int code = 0;
        std::vector<PayoutBatch> copies;
        std::vector<std::string> files;
        for (const auto& file : words.files) {
            const auto text = text_of(visit, file);
            if (!text) return 1;
            auto copy = wallet::parse_copy(*text);
            if (!copy.wrong.empty()) {
                code = failed(visit, file + ": " + copy.wrong);
                continue;
            }
            copies.push_back(std::move(copy.batch));
            files.push_back(file);
        }
        const auto refused = store::adopt_payouts(database, copies, wall_us());
        if (!refused) return unavailable(visit, refused.error());
        for (std::size_t i = 0; i < copies.size(); ++i) {
            if (!(*refused)[i].empty())
                code = failed(visit, files[i] + ": " + (*refused)[i]);
            else
                visit.out << copies[i].txid << " is known as batch " << copies[i].id << "\n";
        }
        return code;
    });
}

int resume(const Visit& visit, const PayoutWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto freezes = store::active_freezes(database);
        const auto mark = store::payout_mark(database);
        const auto batches = store::payout_batches(database, store::Which::all);
        if (!freezes) return unavailable(visit, freezes.error());
        if (!mark) return unavailable(visit, mark.error());
        if (!batches) return unavailable(visit, batches.error());
        if (const auto unknown = wallet::unknown_copies(visit.config.data_dir, *batches); !unknown.empty())
            return failed(visit, std::to_string(unknown.size()) +
                                     " signed payouts are not in the books, such as " +
                                     unknown.front().string() + ": hashyard payout adopt " +
                                     unknown.front().parent_path().string() + "/*.payout first");
        const auto wrong = wallet::write_mark(visit.config.data_dir, *mark);
        if (!wrong.empty()) return failed(visit, wrong);
        for (const auto& freeze : *freezes) {
            if (!words.reason.empty() && freeze.reason != words.reason) continue;
            const auto thawed = store::thaw_payouts(database, freeze.reason, words.by, words.why);
            if (!thawed) return unavailable(visit, thawed.error());
            visit.out << "lifted: " << freeze.reason << "\n";
        }
        return 0;
    });
}

int abandon(const Visit& visit, const PayoutWords& words) {
    return with_runner(visit, [&](const Desk& desk) {
        const auto batch = choose(visit, desk.database, words.batch,
                                  {BatchState::reserved, BatchState::built, BatchState::fully_signed,
                                   BatchState::broadcast, BatchState::unknown, BatchState::confirming});
        if (!batch) return 1;
        const auto refused = desk.runner.abandon(*batch, words.why, wall_us());
        if (!refused.empty()) return failed(visit, refused);
        visit.out << "abandoned " << batch->id << "; its amounts are free again\n";
        return 0;
    });
}

int hold(const Visit& visit, const PayoutWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto refused = words.lift ? store::release_payee(database, words.party, words.by)
                                        : store::quarantine_payee(database, words.party, words.why, words.by);
        if (!refused) return unavailable(visit, refused.error());
        return refused->empty() ? 0 : failed(visit, *refused);
    });
}

}  // namespace

void add_payout(const CommandMaker& maker) {
    auto* payout =
        maker.app.add_subcommand("payout", "Coins to users: plan, sign, send, and what became of it");
    payout->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, int (*run)(const Visit&, const PayoutWords&)) {
        auto* command = payout->add_subcommand(name, help);
        return std::pair(command, maker.visits<PayoutWords>(*command, run));
    };
    add("plan", "Who would be paid now, and why others wait", show_plan);
    add("build", "Set the amounts aside and build the transaction", build);
    add("sign", "Let the wallet sign what is built", sign);
    add("send", "Send what is signed, and find out what became of what is not certain", send);
    add("step", "The one next thing of each batch, as the server does it", one_step);
    add("status", "All batches, and why payouts stand still", status);
    {
        const auto [command, words] =
            add("export", "Write the PSBT of a built batch for a signer", export_psbt);
        command->add_option("file", words->file, "File to write")->required();
        command->add_option("--batch", words->batch, "Which one, when there are several");
    }
    {
        const auto [command, words] = add("import", "Take a signed PSBT back and check it", import_psbt);
        command->add_option("file", words->file, "Signed PSBT, base64 or binary")->required();
        command->add_option("--batch", words->batch, "Which one, when there are several");
    }
    {
        const auto [command, words] =
            add("adopt", "Book payouts from their copies after a database was restored", adopt);
        command->add_option("files", words->files, "Copies made by payout.copy_command")->required();
    }
    {
        const auto [command, words] = add("resume", "Lift freezes; adopt copies first", resume);
        command->add_option("--reason", words->reason, "Only the freeze of this name; without it all");
        command->add_option("--why", words->why, "What was checked")->required();
        command->add_option("--by", words->by, "Who says so")->default_val("operator");
    }
    {
        const auto [command, words] =
            add("abandon", "Drop a batch; never one that may still be paid", abandon);
        command->add_option("batch", words->batch, "Which one, when there are several");
        command->add_option("--why", words->why, "The reason")->required();
    }
    {
        const auto [command, words] = add("hold", "One payee waits, the others are paid", hold);
        command->add_option("party", words->party, "As user:NAME")->required();
        command->add_option("--why", words->why, "The reason")->default_val("by hand");
        command->add_option("--by", words->by, "Who says so")->default_val("operator");
        command->add_flag("--lift", words->lift, "Pay this one again");
    }
}

}  // namespace server::commands
