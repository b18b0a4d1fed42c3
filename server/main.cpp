// The program: reads the command line and the configuration, then hands over to the command. `serve`
// (serve.h) wires the rooms together.

#include <chrono>
#include <exception>
#include <iostream>

#include "server/commands/authority_command.h"
#include "server/commands/check_command.h"
#include "server/commands/command_line.h"
#include "server/commands/database_commands.h"
#include "server/commands/journal_command.h"
#include "server/commands/verify_command.h"
#include "server/config.h"
#include "server/log.h"
#include "server/random_bytes.h"
#include "server/serve.h"

namespace {

using server::commands::CommandLine;

constexpr int exit_code_of_bad_input = 2;

int run_with_config(const CommandLine& line) {
    const auto parsed = server::load_config(line.config_file, line.overrides);
    if (line.kind == CommandLine::Kind::check)
        return server::commands::run_check(parsed, line.config_file, std::cout);
    for (const auto& problem : parsed.problems) std::cerr << "hashyard: " << explain(problem) << "\n";
    if (!parsed.problems.empty()) return exit_code_of_bad_input;
    const auto& config = parsed.config;
    server::log::configure(config.log_level, config.log_format);
    if (line.kind == CommandLine::Kind::migrate)
        return server::commands::run_migrate(config, std::cout, std::cerr);
    if (line.kind == CommandLine::Kind::user)
        return server::commands::run_user(config, line.user, std::cout, std::cerr);
    if (line.kind == CommandLine::Kind::visit) return line.visit({config, std::cout, std::cerr});
    return server::serve(config, {line.roles.pool, line.roles.fleet, line.roles.web});
}

int run(const CommandLine& line) {
    switch (line.kind) {
        case CommandLine::Kind::answered:
            return line.exit_code;
        case CommandLine::Kind::journal:
            return server::commands::run_journal_command(line.journal, std::cout);
        case CommandLine::Kind::authority:
            return server::commands::run_authority_command(
                line.authority,
                {std::chrono::system_clock::now(), server::fill_random, std::cout, std::cerr});
        case CommandLine::Kind::verify:
            return server::commands::run_verify_command(line.verify, std::cout, std::cerr);
        case CommandLine::Kind::print_config:
            std::cout << server::example_config();
            return 0;
        case CommandLine::Kind::serve:
        case CommandLine::Kind::migrate:
        case CommandLine::Kind::check:
        case CommandLine::Kind::user:
        case CommandLine::Kind::visit:
            break;
    }
    return run_with_config(line);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(server::commands::parse_command_line(argc, argv, std::cout, std::cerr));
    } catch (const std::exception& error) {
        std::cerr << "hashyard: " << error.what() << "\n";
        return 1;
    }
}
