#include "server/commands/command_line.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <CLI/CLI.hpp>

#include "server/commands/command_maker.h"

namespace server::commands {
namespace {

using Kind = CommandLine::Kind;

constexpr const char* description =
    "Hashyard runs a mining farm and its pool: work to miners, shares to PostgreSQL, blocks to payouts.\n"
    "Without a configuration it runs its own PostgreSQL and a development chain: try `hashyard serve`.";

// Options that only set one option of the configuration.
struct Shortcut {
    const char* option;
    const char* key;
    const char* help;
};
constexpr Shortcut shortcuts[] = {
    {"--data", "general.data_dir", "Folder where everything is kept"},
    {"--stratum-port", "stratum.plain.port", "Port for miners"},
    {"--stratum-tls-port", "stratum.tls.port",
     "Port for miners over TLS; needs pool.tls_certificate and pool.tls_key"},
    {"--stratum-v2-port", "stratum.v2.port", "Port for miners that speak Stratum V2"},
    {"--http-port", "http.port", "Port of the web page, the API and /metrics"},
    {"--http-address", "http.address", "Address the web page listens on"},
    {"--database", "database.url", "PostgreSQL URL; without one Hashyard runs its own"},
    {"--log-level", "general.log_level", "debug, info, warn or error"},
};

struct Typed {
    std::vector<std::pair<const Shortcut*, std::string>> shortcut_values;
    std::vector<std::string> sets;
    std::vector<std::string> roles;
    bool demo = false;
};

void add_config_options(CLI::App& command, CommandLine& line, Typed& typed) {
    command.add_option("-c,--config", line.config_file, "Configuration file (TOML)")->type_name("FILE");
    for (const auto& shortcut : shortcuts)
        command
            .add_option_function<std::string>(
                shortcut.option,
                [&typed, &shortcut](const std::string& value) {
                    typed.shortcut_values.emplace_back(&shortcut, value);
                },
                shortcut.help)
            ->type_name("VALUE");
    command
        .add_option("--set", typed.sets,
                    "Any option, as pool.shards=2 or stratum.0.tls=true; may be repeated")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
}

void add_serve(CLI::App& app, CommandLine& line, Typed& typed) {
    auto* serve = app.add_subcommand("serve", "Run the server; Ctrl-C stops it, a second Ctrl-C at once");
    add_config_options(*serve, line, typed);
    serve->add_option("--role", typed.roles, "pool, fleet or web; may be repeated. Default: all")
        ->type_name("ROLE")
        ->delimiter(',')
        ->check(CLI::IsMember({"pool", "fleet", "web"}));
    serve->add_flag("--demo", typed.demo, "Mark every page as a demonstration");
    serve->callback([&line] { line.kind = Kind::serve; });
}

void add_journal(CLI::App& app, CommandLine& line) {
    auto* journal =
        app.add_subcommand("journal", "Look into the share journal; safe beside a running server");
    journal->require_subcommand(1);
    journal->callback([&line] { line.kind = Kind::journal; });
    const auto add = [&](const char* name, const char* help, JournalCommand::Kind kind) {
        auto* command = journal->add_subcommand(name, help);
        command
            ->add_option("path", line.journal.path,
                         "Data folder, journal folder, shard's folder or .journal file")
            ->required()
            ->check(CLI::ExistingPath);
        command->add_option_function<unsigned>(
            "--shard", [&line](unsigned shard) { line.journal.shard = shard; }, "One shard only");
        command->add_flag("--json", line.journal.json, "One JSON object a line");
        command->callback([&line, kind] { line.journal.kind = kind; });
        return command;
    };
    add("list", "Segments and the sequences in them", JournalCommand::Kind::list);
    add("verify", "Read every frame; exit code 1 when there is a fault", JournalCommand::Kind::verify);
    auto* show = add("show", "Records in words", JournalCommand::Kind::show);
    show->add_option("--from", line.journal.from, "First sequence")->capture_default_str();
    show->add_option("--limit", line.journal.limit, "Records at most")->capture_default_str();
}

void add_user(CLI::App& app, CommandLine& line, Typed& typed) {
    auto* user = app.add_subcommand("user", "Names that miners may use instead of a payout address");
    user->require_subcommand(1);
    user->callback([&line] { line.kind = Kind::user; });
    const auto add = [&](const char* name, const char* help, UserCommand::Kind kind) {
        auto* command = user->add_subcommand(name, help);
        add_config_options(*command, line, typed);
        command->callback([&line, kind] { line.user.kind = kind; });
        return command;
    };
    auto* added = add("add", "Register a name, or give it another address", UserCommand::Kind::add);
    added->add_option("name", line.user.name, "3 to 32 letters of a-z, 0-9, '-' and '_'")->required();
    added->add_option("address", line.user.address, "Payout address on the pool's network")->required();
    add("list", "All registered names", UserCommand::Kind::list);
    add("show", "One name", UserCommand::Kind::show)->add_option("name", line.user.name)->required();
}

void add_authority(CLI::App& app, CommandLine& line) {
    auto* authority = app.add_subcommand("authority", "Keys and certificates of Stratum V2's encryption");
    authority->require_subcommand(1);
    authority->callback([&line] { line.kind = Kind::authority; });
    const auto add = [&](const char* name, const char* help, AuthorityCommand::Kind kind) {
        auto* command = authority->add_subcommand(name, help);
        command->callback([&line, kind] { line.authority.kind = kind; });
        return command;
    };
    auto* make =
        add("new", "Make a secret key in a new file; print the public key, which miners' URLs end in",
            AuthorityCommand::Kind::make);
    make->add_option("file", line.authority.file, "Where to write the secret key")->required();
    make->add_flag_callback(
        "--server", [&line] { line.authority.owner = pool::KeyOwner::server; },
        "A server's key, to be signed for, and not an authority's");
    auto* sign = add("sign", "Vouch for a server's key during some days", AuthorityCommand::Kind::sign);
    sign->add_option("file", line.authority.file, "Certificate file to write, or to renew")->required();
    sign->add_option("--authority", line.authority.authority_key_file, "The authority's key file")
        ->required()
        ->check(CLI::ExistingFile);
    sign->add_option("--key", line.authority.server_key, "The server's key file, or its public key")
        ->required();
    sign->add_option("--days", line.authority.days, "How long it is valid")
        ->capture_default_str()
        ->check(CLI::Range(1U, certificate_days_max));
    add("show", "What a key or certificate file says; exit code 1 when it does not hold now",
        AuthorityCommand::Kind::show)
        ->add_option("file", line.authority.file, "Key or certificate file")
        ->required()
        ->check(CLI::ExistingFile);
}

void add_verify(CLI::App& app, CommandLine& line) {
    auto* verify = app.add_subcommand(
        "verify", "Judge a proof file from its bytes alone; exit code 1 when something does not hold");
    verify->require_subcommand(1);
    const auto add = [&](const char* help, fleet::proof::FileKind kind) {
        auto* command = verify->add_subcommand(name_of(kind), help);
        command->add_option("file", line.verify.file, "What hashyard proof or /api/v1/proof gave")
            ->required();
        command->add_option("--key", line.verify.key, "Public key that must have signed it, in hexadecimal");
        command->callback([&line, kind] {
            line.kind = Kind::verify;
            line.verify.kind = kind;
        });
    };
    using fleet::proof::FileKind;
    add("Who got what for a block: window, weights, rounding, amounts, books", FileKind::block);
    add("A slice in the log, with shares and users in it", FileKind::slice);
    add("The whole log: nothing left out, nothing twice", FileKind::log);
    add("A party's statement, or its part in what is owed", FileKind::statement);
    add("The promise of a share, and whether it was kept", FileKind::receipt);
}

void add_small(CLI::App& app, CommandLine& line, Typed& typed) {
    auto* migrate =
        app.add_subcommand("migrate", "Bring the database's schema up to date (serve does so too)");
    add_config_options(*migrate, line, typed);
    migrate->callback([&line] { line.kind = Kind::migrate; });
    auto* check =
        app.add_subcommand("check", "Say what is well and what is not: configuration, database, node, ports");
    add_config_options(*check, line, typed);
    check->callback([&line] { line.kind = Kind::check; });
}

// Shortcuts first, so that --set can still correct them.
std::string collect_overrides(const Typed& typed, CommandLine& line) {
    for (const auto& [shortcut, value] : typed.shortcut_values)
        line.overrides.push_back({shortcut->key, value});
    if (typed.demo) line.overrides.push_back({"http.demo", "true"});
    for (const auto& set : typed.sets) {
        const auto equals = set.find('=');
        if (equals == std::string::npos || equals == 0)
            return "--set " + set + ": must be KEY=VALUE, as pool.shards=2";
        line.overrides.push_back({set.substr(0, equals), set.substr(equals + 1)});
    }
    if (!typed.roles.empty()) {
        const auto has = [&typed](const char* role) {
            return std::find(typed.roles.begin(), typed.roles.end(), role) != typed.roles.end();
        };
        line.roles = {has("pool"), has("fleet"), has("web")};
    }
    return {};
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, std::ostream& out,
                               std::ostream& error_out) {
    CommandLine line;
    Typed typed;
    CLI::App app(description, "hashyard");
    app.set_version_flag("--version", "hashyard " HASHYARD_VERSION);
    bool print_config = false;
    app.add_flag("--print-config", print_config, "Print a commented configuration with all defaults");
    app.require_subcommand(0, 1);
    app.failure_message(CLI::FailureMessage::help);
    add_serve(app, line, typed);
    add_small(app, line, typed);
    add_user(app, line, typed);
    add_journal(app, line);
    add_authority(app, line);
    add_verify(app, line);
    const CommandMaker maker{app, line, [&](CLI::App& command) { add_config_options(command, line, typed); }};
    add_books(maker);
    add_bill(maker);
    add_fund(maker);
    add_holder(maker);
    add_waterfall(maker);
    add_payout(maker);
    add_price(maker);
    add_revenue(maker);
    add_buyback(maker);
    add_proof(maker);
    add_period(maker);
    add_report(maker);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Mistakes are told in one line with where to read more; help and version go to standard output.
        if (error.get_exit_code() == 0) {
            line.exit_code = app.exit(error, out, error_out);
        } else {
            error_out << "hashyard: " << error.what()
                      << "\nRun hashyard --help, or hashyard COMMAND --help.\n";
            line.exit_code = 2;
        }
        line.kind = Kind::answered;
        return line;
    }
    if (print_config) {
        line.kind = Kind::print_config;
    } else if (app.get_subcommands().empty()) {
        out << app.help();
        line.kind = Kind::answered;
        line.exit_code = 2;
    } else if (const auto wrong = collect_overrides(typed, line); !wrong.empty()) {
        error_out << "hashyard: " << wrong << "\n";
        line.kind = Kind::answered;
        line.exit_code = 2;
    }
    return line;
}

}  // namespace server::commands
