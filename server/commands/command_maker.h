#pragma once
// How a command with a file of its own joins the command line: command_line.cpp calls its add_…(), which
// declares options and leaves what is to be run in CommandLine::visit. Main thread.

#include <functional>
#include <memory>
#include <string>

#include "server/commands/command_line.h"

namespace CLI {
class App;
}

namespace server::commands {

struct CommandMaker {
    CLI::App& app;
    CommandLine& line;
    std::function<void(CLI::App&)> add_config_options;  // -c, --set, --database and their kin

    // The words typed into `Options` stay alive as long as the command line. Needs CLI/CLI.hpp where it is
    // called.
    template <typename Options, typename Run>
    std::shared_ptr<Options> visits(CLI::App& command, Run run) const;
};

// "run" is called with the configuration, the options and where to write: int(const Visit&, const Options&).
template <typename Options, typename Run>
std::shared_ptr<Options> CommandMaker::visits(CLI::App& command, Run run) const {
    add_config_options(command);
    auto options = std::make_shared<Options>();
    command.callback([&line = line, options, run] {
        line.kind = CommandLine::Kind::visit;
        line.visit = [options, run](const Visit& visit) { return run(visit, *options); };
    });
    return options;
}

void add_bill(const CommandMaker& maker);
void add_books(const CommandMaker& maker);
void add_buyback(const CommandMaker& maker);
void add_fund(const CommandMaker& maker);
void add_holder(const CommandMaker& maker);
void add_payout(const CommandMaker& maker);
void add_price(const CommandMaker& maker);
void add_revenue(const CommandMaker& maker);
void add_waterfall(const CommandMaker& maker);
void add_proof(const CommandMaker& maker);
void add_buyback(const CommandMaker& maker);
void add_period(const CommandMaker& maker);
void add_report(const CommandMaker& maker);

}  // namespace server::commands
