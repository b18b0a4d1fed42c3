#include "server/commands/command_line.h"

#include <algorithm>
#include <sstream>

#include "tests/catch.h"

using namespace server::commands;
using Kind = CommandLine::Kind;

namespace {

struct Answer {
    CommandLine line;
    std::string out, error;
};
Answer parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "hashyard");
    std::ostringstream out;
    std::ostringstream error;
    auto line = parse_command_line(static_cast<int>(arguments.size()), arguments.data(), out, error);
    return {std::move(line), out.str(), error.str()};
}

}  // namespace

TEST_CASE("serve takes a configuration, shortcuts, any option and roles") {
    const auto [line, out, error] =
        parse({"serve", "--config", "h.toml", "--data", "/d", "--stratum-port", "4000", "--set",
               "pool.shards=2", "--set", "pool.coinbase_tag=a=b", "--demo", "--role", "pool,web"});
    CHECK(error.empty());
    CHECK(line.kind == Kind::serve);
    CHECK(line.config_file == "h.toml");
    std::vector<std::string> seen;
    for (const auto& change : line.overrides) seen.push_back(change.key + " " + change.value);
    CHECK(seen == std::vector<std::string>{"general.data_dir /d", "stratum.plain.port 4000", "http.demo true",
                                           "pool.shards 2", "pool.coinbase_tag a=b"});
    CHECK(line.roles.pool);
    CHECK_FALSE(line.roles.fleet);
    CHECK(line.roles.web);
}

TEST_CASE("Roles are all by default") {
    const auto line = parse({"serve"}).line;
    CHECK(line.roles.pool);
    CHECK(line.roles.fleet);
    CHECK(line.roles.web);
    CHECK(line.overrides.empty());
}

TEST_CASE("The smaller commands") {
    CHECK(parse({"migrate", "--data", "x"}).line.kind == Kind::migrate);
    CHECK(parse({"check"}).line.kind == Kind::check);
    CHECK(parse({"--print-config"}).line.kind == Kind::print_config);
    const auto user = parse({"user", "add", "alice", "bc1q", "--data", "x"}).line;
    CHECK(user.kind == Kind::user);
    CHECK(user.user.kind == UserCommand::Kind::add);
    CHECK(user.user.name == "alice");
    CHECK(user.user.address == "bc1q");
    REQUIRE(user.overrides.size() == 1);
    const auto journal =
        parse({"journal", "show", "/", "--shard", "3", "--from", "9", "--limit", "2", "--json"}).line;
    CHECK(journal.kind == Kind::journal);
    CHECK(journal.journal.kind == JournalCommand::Kind::show);
    CHECK(journal.journal.path == "/");
    CHECK(journal.journal.shard == 3U);
    CHECK(journal.journal.from == 9);
    CHECK(journal.journal.limit == 2);
    CHECK(journal.journal.json);
    const auto made = parse({"authority", "new", "a.key"}).line;
    CHECK(made.kind == Kind::authority);
    CHECK(made.authority.kind == AuthorityCommand::Kind::make);
    CHECK(made.authority.owner == server::pool::KeyOwner::authority);
    CHECK(parse({"authority", "new", "--server", "a.key"}).line.authority.owner ==
          server::pool::KeyOwner::server);
    const auto sign =
        parse({"authority", "sign", "c", "--authority", "/proc/self/exe", "--key", "9x", "--days", "7"}).line;
    CHECK(sign.authority.kind == AuthorityCommand::Kind::sign);
    CHECK(sign.authority.file == "c");
    CHECK(sign.authority.server_key == "9x");
    CHECK(sign.authority.days == 7);
}

TEST_CASE("A mistake is told in a line or two and ends with 2") {
    for (const auto& wrong : std::vector<std::vector<const char*>>{{"serv"},
                                                                   {"serve", "--port", "1"},
                                                                   {"serve", "--role", "poll"},
                                                                   {"serve", "--set", "pool.shards"},
                                                                   {"serve", "extra"},
                                                                   {"user", "add", "alice"},
                                                                   {"user"},
                                                                   {"authority", "new"},
                                                                   {"authority", "sign", "c"},
                                                                   {"authority", "show", "/no/such/path"},
                                                                   {"journal", "verify", "/no/such/path"},
                                                                   {"journal", "show", "/", "--from", "x"}}) {
        const auto [line, out, error] = parse(wrong);
        CHECK(line.kind == Kind::answered);
        CHECK(line.exit_code == 2);
        CHECK(error.starts_with("hashyard: "));
        CHECK(std::count(error.begin(), error.end(), '\n') <= 2);
    }
}

TEST_CASE("Help and version go to standard output and end with 0") {
    const auto help = parse({"--help"});
    CHECK(help.line.kind == Kind::answered);
    CHECK(help.line.exit_code == 0);
    for (const auto* command :
         {"serve", "migrate", "check", "user", "journal", "authority", "--print-config"})
        CHECK(help.out.find(command) != std::string::npos);
    CHECK(parse({"serve", "--help"}).out.find("--stratum-port") != std::string::npos);
    CHECK(parse({"--version"}).out.starts_with("hashyard "));
    const auto nothing = parse({});
    CHECK(nothing.line.exit_code == 2);
    CHECK(nothing.out.find("serve") != std::string::npos);
}
