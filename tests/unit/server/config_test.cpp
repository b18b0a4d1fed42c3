#include "server/config.h"

#include <fstream>
#include <iterator>
#include <map>

#include "stratum/address.h"
#include "stratum/v2/authority.h"
#include "tests/catch.h"

using namespace server;

namespace {

const std::string main_address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";  // BIP173's own example

const std::string one_node = R"(
[pool]
network = "main"
payout_address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
[[node]]
rpc_url = "http://127.0.0.1:8332"
rpc_user = "u"
rpc_password_env = "NODE_PASSWORD"
)";

std::optional<std::string> known_secrets(SecretKind kind, const std::string& name) {
    const std::map<std::pair<SecretKind, std::string>, std::string> secrets{
        {{SecretKind::environment, "NODE_PASSWORD"}, "from the environment"},
        {{SecretKind::file, "/run/secret"}, "from a file"},
        {{SecretKind::file, "/run/empty"}, ""},
    };
    const auto found = secrets.find({kind, name});
    return found == secrets.end() ? std::nullopt : std::optional(found->second);
}

ParsedConfig parse(const std::string& text, const std::vector<ConfigOverride>& overrides = {}) {
    return parse_config(text, "h.toml", overrides, known_secrets);
}

Config good(const std::string& text, const std::vector<ConfigOverride>& overrides = {}) {
    auto parsed = parse(text, overrides);
    for (const auto& problem : parsed.problems) FAIL_CHECK(explain(problem));
    return parsed.config;
}

// The first problem as the operator reads it, or "".
std::string problem_of(const std::string& text, const std::vector<ConfigOverride>& overrides = {}) {
    const auto parsed = parse(text, overrides);
    return parsed.problems.empty() ? "" : explain(parsed.problems.front());
}

std::string file_text(const std::string& name) {
    std::ifstream in(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("An empty configuration is the development chain with a listener for each protocol") {
    const auto config = good("");
    CHECK(config.development_chain);
    CHECK(config.pool.network == stratum::Network::regtest);
    CHECK(config.payout_address.starts_with("bcrt1q"));
    CHECK(config.pool.payout_script.size() == 22);
    CHECK(config.node.payout_script == config.pool.payout_script);
    REQUIRE(config.pool.listeners.size() == 2);
    CHECK(config.pool.listeners[0].port == 3333);
    CHECK(config.pool.listeners[0].accepts == pool::Accepts::v1);
    CHECK(config.pool.listeners[1].port == 3336);
    CHECK(config.pool.listeners[1].accepts == pool::Accepts::v2);
    CHECK(config.pool.listeners[0].difficulty_start == *stratum::Difficulty::fraction(10));
    CHECK(config.http.port == 8080);
    CHECK(config.store.database_url.empty());
    CHECK(config.pool.data_dir == "data");
}

TEST_CASE("The example is printed from the table and says the defaults") {
    const auto example = example_config();
    CHECK(file_text(HASHYARD_EXAMPLE_CONFIG) == example);
    // Each option without its '#': the same configuration as none, but that there is no such node.
    std::string all;
    std::size_t options = 0;
    for (std::size_t at = 0; at < example.size();) {
        const auto end = example.find('\n', at);
        const auto line = example.substr(at, end - at);
        at = end + 1;
        const bool commented_out = line.starts_with("#") && !line.starts_with("# ");
        if (commented_out) ++options;
        all += (commented_out ? line.substr(1) : line) + "\n";
    }
    CHECK(options > 50);
    all.replace(all.find("[[node]]"), 8, "[[ignored]]");
    const auto parsed = parse(all);
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems[0].key == "ignored");
    const auto config = good(example);
    CHECK(config.pool.listeners.size() == 2);
    CHECK(config.development_chain);
}

TEST_CASE("A node with its secrets from environment, file and cookie") {
    auto config = good(one_node);
    CHECK_FALSE(config.development_chain);
    CHECK(config.payout_address == main_address);
    REQUIRE(config.node.nodes.size() == 1);
    CHECK(config.node.nodes[0].name == "node-1");
    CHECK(config.node.nodes[0].rpc_password == "from the environment");
    CHECK(config.node.network == stratum::Network::main);
    CHECK(config.pool.listeners[0].difficulty_start == *stratum::Difficulty::whole(1024));
    config =
        good(one_node +
             "[[node]]\nname = \"b\"\nrpc_url = \"http://[::1]:8332\"\nrpc_password_file = \"/run/secret\"\n"
             "[[node]]\nrpc_url = \"http://host:1\"\nrpc_cookie_file = \"/c\"\n"
             "zmq_hashblock = \"tcp://127.0.0.1:28332\"\n");
    REQUIRE(config.node.nodes.size() == 3);
    CHECK(config.node.nodes[1].rpc_password == "from a file");
    CHECK(config.node.nodes[2].rpc_cookie_file == "/c");
}

TEST_CASE("What is wrong is named with file, line, key and remedy") {
    CHECK(problem_of("[pool]\n\nshard = 1\n") ==
          "h.toml:3: pool.shard: there is no such option; did you mean \"shards\"?");
    CHECK(problem_of("[pools]\n")
              .starts_with("h.toml:1: pools: there is no such section; did you mean \"pool\"?"));
    CHECK(problem_of("[pool]\nshards = \"2\"\n") ==
          "h.toml:2: pool.shards: must be a whole number from 0 to 256, not text");
    CHECK(problem_of("[pool]\nshards = 257\n") ==
          "h.toml:2: pool.shards: must be a whole number from 0 to 256, not 257");
    CHECK(problem_of("[http]\nport = 80.5\n").starts_with("h.toml:2: http.port: must be a whole number"));
    CHECK(problem_of("[http]\ndemo = 1\n") == "h.toml:2: http.demo: must be true or false, not 1");
    CHECK(problem_of("[general]\ndata_dir = 5\n") ==
          "h.toml:2: general.data_dir: must be text in quotes, not 5");
    CHECK(problem_of("[general]\ndata_dir = \"\"\n") == "h.toml:2: general.data_dir: must name a folder");
    CHECK(problem_of("[general]\nlog_level = \"loud\"\n") ==
          "h.toml:2: general.log_level: must be one of \"debug\", \"info\", \"warn\", \"error\"");
    CHECK(problem_of("[pool]\nname = \"Pool 1\"\n").find("must be made of") != std::string::npos);
    CHECK(problem_of("[pool]\nversion_mask = \"xyz\"\n").find("eight hexadecimal") != std::string::npos);
    CHECK(problem_of("[templates]\ndevelopment_nbits = \"217fffff\"\n").find("compact target") !=
          std::string::npos);
    CHECK(problem_of("[templates]\ndevelopment_nbits = \"1d87ffff\"\n").find("compact target") !=
          std::string::npos);
    CHECK(problem_of("[templates]\ndevelopment_nbits = \"207fffff\"\n").empty());
    CHECK(problem_of("[pool]\nname = \"" + std::string(65, 'a') + "\"\n").find("at most 64 bytes") !=
          std::string::npos);
    CHECK(problem_of("a b\n").starts_with("h.toml:1: "));
    CHECK(problem_of("pool = 5\n") == "h.toml:1: pool: must be a section, [pool]");
    CHECK(problem_of("[stratum]\nport = 1\n").find("[[stratum]]") != std::string::npos);
    CHECK(problem_of("[[stratum]]\nproxy_trusted = [1]\n").find("list of texts") != std::string::npos);
    CHECK(problem_of("[[stratum]]\ndifficulty_start = \"many\"\n")
              .starts_with("h.toml:2: stratum.0.difficulty_start"));
    CHECK(problem_of("[[stratum]]\ndifficulty_start = 4\ndifficulty_min = 8\n")
              .find("above difficulty_start") != std::string::npos);
    CHECK(problem_of("[[stratum]]\ntls = true\n") ==
          "h.toml:2: stratum.0.tls: needs pool.tls_certificate and pool.tls_key");
    CHECK(problem_of("[[stratum]]\n[[stratum]]\n").starts_with("h.toml:2: stratum.1.port: another listener"));
    CHECK(problem_of("[[stratum]]\nport = 8080\n").find("http.port") != std::string::npos);
    CHECK(problem_of(std::string(config_text_bytes_max + 1, ' ')).find("1 MiB") != std::string::npos);
}

TEST_CASE("All problems are told at once, up to a limit") {
    CHECK(parse("[pool]\na = 1\nb = 2\n[http]\nport = -1\n").problems.size() == 3);
    std::string many = "[pool]\n";
    for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + " = 1\n";
    CHECK(parse(many).problems.size() == 100);
    // What only the cross checks see: each of these nodes has no secret and a bad notification address.
    std::string nodes = "[pool]\nnetwork = \"main\"\npayout_address = \"" + main_address + "\"\n";
    for (int i = 0; i < 64; ++i) nodes += "[[node]]\nzmq_hashblock = \"x\"\n";
    CHECK(parse(nodes).problems.size() == 100);
}

TEST_CASE("Money: network and payout address must be there and agree") {
    const auto without = [](std::string text, const std::string& word) {
        const auto from = text.find(word);
        return text.erase(from, text.find('\n', from) - from);
    };
    CHECK(problem_of(without(one_node, "network")).find("pool.network: missing") != std::string::npos);
    CHECK(problem_of(without(one_node, "payout_address")).find("pool.payout_address: missing") !=
          std::string::npos);
    auto regtest = one_node;
    regtest.replace(regtest.find("\"main\""), 6, "\"regtest\"");
    CHECK(problem_of(regtest).starts_with("h.toml:4: pool.payout_address: "));
    CHECK(problem_of("[pool]\npayout_address = \"" + main_address + "\"\n").find("worthless") !=
          std::string::npos);
    CHECK(problem_of("[pool]\nnetwork = \"main\"\n").find("no [[node]]") != std::string::npos);
    CHECK(
        problem_of("[pool]\npayout_address = \"nonsense\"\n").starts_with("h.toml:2: pool.payout_address: "));
    auto low = one_node + "[[stratum]]\ndifficulty_start = 0.5\ndifficulty_min = 0.5\n";
    CHECK(problem_of(low).find("test networks only") != std::string::npos);
}

TEST_CASE("A missing secret stops the start, and a password does not stand in the file") {
    const std::string node =
        "[pool]\nnetwork = \"main\"\npayout_address = \"" + main_address + "\"\n[[node]]\n";
    const std::string url = "rpc_url = \"http://a:1\"\n";
    CHECK(problem_of(node + url) ==
          "h.toml:4: node.0: has no secret: name rpc_cookie_file, or rpc_user and rpc_password_file");
    CHECK(problem_of(node + url + "rpc_password_env = \"NOT_SET\"\n") ==
          "h.toml:6: node.0.rpc_password_env: the environment variable NOT_SET is not set: set it before the "
          "start");
    CHECK(
        problem_of(node + url + "rpc_password_file = \"/run/empty\"\n").find("cannot be read or is empty") !=
        std::string::npos);
    CHECK(problem_of(node + url + "rpc_password = \"x\"\n").find("a password does not stand here") !=
          std::string::npos);
    CHECK(problem_of(node + "rpc_url = \"https://a\"\nrpc_cookie_file = \"c\"\n").find("rpc_url") !=
          std::string::npos);
    CHECK(problem_of("[database]\nurl_env = \"NOT_SET\"\n").starts_with("h.toml:2: database.url_env: "));
    CHECK(good("[database]\nurl_file = \"/run/secret\"\n").store.database_url == "from a file");
    CHECK(problem_of("[database]\nurl = \"a\"\nurl_file = \"/run/secret\"\n").find("keep one") !=
          std::string::npos);
}

TEST_CASE("A template provider beside a node: its address, its key, and the node's own RPC") {
    // The specification's own key, and the reference code's published one.
    const std::string key = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
    const std::string example = "9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72";
    const std::string place = "template_provider = \"127.0.0.1:8442\"\n";
    const auto with_key = [](const std::string& text) {
        return "template_provider_key = \"" + text + "\"\n";
    };
    const auto config = good(one_node + place + with_key(key));
    CHECK(config.node.nodes[0].template_provider == "127.0.0.1:8442");
    CHECK(config.node.nodes[0].template_provider_key.has_value());
    CHECK(problem_of(one_node + place) ==
          "h.toml:5: node.0.template_provider_key: missing: give the authority key that the template "
          "provider prints");
    CHECK(problem_of(one_node + place + with_key("9bXi")).find("template_provider_key: ") !=
          std::string::npos);
    CHECK(problem_of(one_node + place + with_key(example)).find("published example") != std::string::npos);
    CHECK(problem_of(one_node + with_key(key)).find("there is no template_provider") != std::string::npos);
    CHECK(problem_of(one_node + "template_provider = \"8442\"\n" + with_key(key)).find("as 127.0.0.1:8442") !=
          std::string::npos);

    auto alone = one_node + place + with_key(key);
    alone.erase(alone.find("rpc_url"), alone.find("rpc_user") - alone.find("rpc_url"));
    const auto problems = parse(alone).problems;
    REQUIRE(problems.size() == 1);
    CHECK(explain(problems[0]).starts_with("h.toml:8: node.0.template_provider: needs rpc_url too"));

    auto regtest = one_node + place;
    regtest.replace(regtest.find("\"main\""), 6, "\"regtest\"");
    regtest.replace(regtest.find(main_address), main_address.size(),
                    "bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85");
    CHECK_FALSE(good(regtest).node.nodes[0].template_provider_key.has_value());
    CHECK(good(regtest + with_key(example)).node.nodes[0].template_provider_key.has_value());
}

TEST_CASE("The command line wins over the file") {
    const auto config = good("[pool]\nshards = 1\n[[stratum]]\nport = 4000\n",
                             {{"pool.shards", "2"},
                              {"pool.name", "north"},
                              {"general.data_dir", "/srv/my yard"},
                              {"http.port", "0"},
                              {"stratum.plain.port", "4001"},
                              {"stratum.1.port", "4002"},
                              {"stratum.1.difficulty_start", "0.25"},
                              {"stratum.1.proxy_trusted", "[\"10.0.0.0/8\"]"},
                              {"journal.strict", "true"}});
    CHECK(config.pool.shards == 2);
    CHECK(config.pool.node_name == "north");
    CHECK(config.data_dir == "/srv/my yard");
    CHECK(config.http.port == 0);
    REQUIRE(config.pool.listeners.size() == 2);
    CHECK(config.pool.listeners[0].port == 4001);
    CHECK(config.pool.listeners[1].port == 4002);
    CHECK(config.pool.listeners[1].difficulty_start == *stratum::Difficulty::fraction(2));
    CHECK(config.pool.listeners[1].proxy_trusted == std::vector<std::string>{"10.0.0.0/8"});
    CHECK(config.pool.journal_strict);
}

TEST_CASE("Listeners are those of the file, or else the usual ones but for what the command line names") {
    const auto ports = [](const std::string& text, const std::vector<ConfigOverride>& overrides) {
        std::string out;
        constexpr const char* names[] = {"v1", "v2", "auto"};
        for (const auto& listener : good(text, overrides).pool.listeners)
            out += std::string(names[static_cast<std::size_t>(listener.accepts)]) +
                   (listener.tls ? "/tls:" : ":") + std::to_string(listener.port) + " ";
        return out;
    };
    const std::string tls = "[pool]\ntls_certificate = \"c\"\ntls_key = \"k\"\n";
    CHECK(ports("", {}) == "v1:3333 v2:3336 ");
    CHECK(ports("", {{"stratum.plain.port", "4001"}}) == "v1:4001 v2:3336 ");
    CHECK(ports("", {{"stratum.v2.port", "0"}}) == "v2:0 v1:3333 ");
    CHECK(ports(tls, {{"stratum.tls.port", "4002"}}) == "v1/tls:4002 v2:3336 ");
    CHECK(ports("", {{"stratum.plain.port", "1"}, {"stratum.v2.port", "2"}}) == "v1:1 v2:2 ");
    CHECK(ports("", {{"stratum.0.port", "5"}}) == "v1:5 ");
    CHECK(ports("[[stratum]]\n", {}) == "v1:3333 ");
    CHECK(ports("[[stratum]]\nprotocol = \"v2\"\n", {}) == "v2:3336 ");
    CHECK(ports("[[stratum]]\nprotocol = \"v2\"\nport = 3333\n", {}) == "v2:3333 ");
    CHECK(ports("[[stratum]]\nprotocol = \"auto\"\n", {}) == "auto:3333 ");
    CHECK(ports("[[stratum]]\n", {{"stratum.v2.port", "7"}}) == "v1:3333 v2:7 ");
    CHECK(ports("[[stratum]]\nprotocol = \"v2\"\n", {{"stratum.v2.port", "7"}}) == "v2:7 ");
}

TEST_CASE("What is wrong about Stratum V2 is told with its line") {
    CHECK(problem_of("[[stratum]]\nprotocol = \"v3\"\n")
              .find(":2: stratum.0.protocol: must be one of \"v1\", \"v2\", \"auto\"") != std::string::npos);
    CHECK(problem_of("[pool]\ntls_certificate = \"c\"\ntls_key = \"k\"\n"
                     "[[stratum]]\nprotocol = \"v2\"\ntls = true\n")
              .find(":6: stratum.0.tls: is for protocol = \"v1\"") != std::string::npos);
    CHECK(problem_of("[stratum_v2]\ncertificate_file = \"c\"\n").find("go together") != std::string::npos);
    CHECK(problem_of("[stratum_v2]\nserver_key_file = \"k\"\n").find("go together") != std::string::npos);
    const std::string key = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
    const auto authority = [](const std::string& text) {
        return "[stratum_v2]\nauthority_public_key = \"" + text + "\"\n";
    };
    CHECK(problem_of(authority(key)).find(":2: stratum_v2.authority_public_key: needs certificate_file") !=
          std::string::npos);
    CHECK(problem_of(authority("9" + key)).find("stratum_v2.authority_public_key: ") != std::string::npos);
    const auto config = good(authority(key) + "certificate_file = \"c\"\nserver_key_file = \"k\"\n");
    REQUIRE(config.pool.v2.authority);
    CHECK(stratum::v2::public_key_text(*config.pool.v2.authority) == key);
    CHECK(good("").pool.v2.version_mask == 0x1fffffe0);
    CHECK(good("[stratum_v2]\nversion_mask = \"1fffe000\"\n").pool.v2.version_mask == 0x1fffe000);
}

TEST_CASE("A wrong override is named as such") {
    CHECK(problem_of("", {{"pool.shard", "1"}})
              .starts_with("command line: pool.shard: there is no such option"));
    CHECK(problem_of("", {{"pool", "1"}}).starts_with("command line: pool: "));
    CHECK(problem_of("", {{"pool.shards", "many"}}) ==
          "command line: pool.shards: must be a whole number from 0 to 256, not text");
    CHECK(problem_of("", {{"stratum.7.port", "1"}}).find("must name an entry") != std::string::npos);
    CHECK(problem_of("", {{"stratum.tls.port", "3334"}}) ==
          "command line: stratum.0.tls: needs pool.tls_certificate and pool.tls_key");
    CHECK(problem_of("", {{"pool.shards", "1\nname = \"x\""}}).find("whole number") != std::string::npos);
    CHECK(problem_of("", {{"....", ""}}).starts_with("command line: "));
}

TEST_CASE("the scheme is pplns or solo, nothing else") {
    CHECK(parse("").config.store.scheme == fleet::ledger::Scheme::pplns);
    CHECK(parse("[pool]\nscheme = \"solo\"").config.store.scheme == fleet::ledger::Scheme::solo);
    const auto wrong = parse("[pool]\nscheme = \"pps\"").problems;
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].key == "pool.scheme");
    CHECK(wrong[0].text.find("\"pplns\", \"solo\"") != std::string::npos);
}
