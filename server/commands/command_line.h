#pragma once
// What the user typed. Pure but for CLI11's help text; knows no command's work. Called once by main().

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "server/commands/authority_command.h"
#include "server/commands/journal_command.h"
#include "server/commands/verify_command.h"
#include "server/config.h"

namespace server::commands {

struct UserCommand {
    enum class Kind { add, list, show } kind = Kind::list;
    std::string name;
    std::string address;
};

// What a command that reads the configuration gets.
struct Visit {
    const Config& config;
    std::ostream& out;
    std::ostream& error_out;
};

struct CommandLine {
    enum class Kind {
        serve,
        migrate,
        check,
        journal,
        user,
        authority,
        verify,
        visit,
        print_config,
        answered
    };
    Kind kind = Kind::serve;
    int exit_code = 0;  // answered: help, version or a mistake was printed
    std::filesystem::path config_file;
    std::vector<ConfigOverride> overrides;
    struct Roles {
        bool pool = true;
        bool fleet = true;
        bool web = true;
    } roles;
    JournalCommand journal;
    UserCommand user;
    AuthorityCommand authority;
    VerifyCommand verify;
    std::function<int(const Visit&)> visit;  // Kind::visit: what to run; gives the exit code
};

// Prints help, version and mistakes itself.
CommandLine parse_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& error_out);

}  // namespace server::commands
