#include "server/commands/database_commands.h"

#include <algorithm>

#include "server/commands/open_database.h"
#include "server/store/migrator.h"
#include "server/store/users.h"
#include "stratum/address.h"

namespace server::commands {
namespace {

int failed(std::ostream& error_out, const std::string& text) {
    error_out << "hashyard: " << text << "\n";
    return 1;
}

int unavailable(std::ostream& error_out, const store::Unavailable& problem) {
    return failed(error_out,
                  "PostgreSQL does not answer: " + problem.reason + " Start it, or correct database.url.");
}

int add(store::Database& database, const Config& config, const UserCommand& command, std::ostream& out,
        std::ostream& error_out) {
    const auto network = config.pool.network;
    if (!is_user_name(command.name, network))
        return failed(error_out, "\"" + command.name +
                                     "\" cannot be a name: use 3 to 32 of a-z, 0-9, '-' and '_', "
                                     "beginning with a letter");
    const auto address = stratum::parse_address(command.address, network);
    if (!address.ok) return failed(error_out, stratum::explain(address.error, network));
    const auto added = store::register_user(database, command.name, address.address.text);
    if (added.has_error()) return unavailable(error_out, added.error());
    switch (*added) {
        case store::AddUser::added:
            out << command.name << " is registered; payouts go to " << address.address.text;
            break;
        case store::AddUser::address_changed:
            out << command.name << " had another address; payouts now go to " << address.address.text;
            break;
        case store::AddUser::unchanged:
            out << command.name << " is registered so already";
            break;
        case store::AddUser::is_address:
            return failed(error_out, command.name + " is known as a payout address");
    }
    out << "\nA running server knows it within seconds.\n";
    return 0;
}

int list(store::Database& database, std::ostream& out, std::ostream& error_out) {
    const auto users = store::registered_users(database);
    if (users.has_error()) return unavailable(error_out, users.error());
    for (const auto& user : *users) out << user.name << "  " << user.payout_address << "\n";
    if (users->empty()) out << "No name is registered. Add one with: hashyard user add NAME ADDRESS\n";
    return 0;
}

int show(store::Database& database, const std::string& name, std::ostream& out, std::ostream& error_out) {
    const auto user = store::find_user(database, name);
    if (user.has_error()) return unavailable(error_out, user.error());
    if (!*user) return failed(error_out, "there is no user \"" + name + "\"");
    out << "name            " << (*user)->name << "\n"
        << "kind            " << store::name_of((*user)->kind) << "\n"
        << "payout address  " << ((*user)->payout_address.empty() ? "none" : (*user)->payout_address) << "\n";
    return 0;
}

// 0 when the schema is up to date; names of what was applied go to `out`.
int migrate(store::Database& database, std::ostream* out, std::ostream& error_out) {
    const auto outcome = store::migrate(database);
    if (outcome.has_error()) return unavailable(error_out, outcome.error());
    if (!outcome->refused.empty()) return failed(error_out, outcome->refused);
    if (out == nullptr) return 0;
    for (const auto& name : outcome->applied) *out << "applied " << name << "\n";
    *out << "The schema is up to date.\n";
    return 0;
}

}  // namespace

bool is_user_name(std::string_view text, stratum::Network network) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return text.size() >= 3 && text.size() <= 32 && letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; }) &&
           !stratum::parse_address(text, network).ok;
}

int run_migrate(const Config& config, std::ostream& out, std::ostream& error_out) {
    auto opened = OpenDatabase::open(config.store, OpenDatabase::Guest::visitor);
    if (opened.has_error()) return failed(error_out, opened.error());
    return migrate(opened->database(), &out, error_out);
}

int run_user(const Config& config, const UserCommand& command, std::ostream& out, std::ostream& error_out) {
    auto opened = OpenDatabase::open(config.store, OpenDatabase::Guest::visitor);
    if (opened.has_error()) return failed(error_out, opened.error());
    auto& database = opened->database();
    if (const int result = migrate(database, nullptr, error_out); result != 0) return result;
    switch (command.kind) {
        case UserCommand::Kind::add:
            return add(database, config, command, out, error_out);
        case UserCommand::Kind::list:
            return list(database, out, error_out);
        case UserCommand::Kind::show:
            return show(database, command.name, out, error_out);
    }
    return 2;
}

}  // namespace server::commands
