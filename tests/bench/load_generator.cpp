// hashyard-load-generator: loads a Stratum server (V1 or V2) on this machine with shares that are valid by
// the protocol, and measures it. It speaks to loopback addresses only and ends by itself.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>

#include "tests/bench/modes.h"

namespace bench {

void deliver(const Report& report, const RunOptions& run) {
    const std::string text = report.json();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    if (!run.json_file.empty()) std::ofstream(run.json_file, std::ios::trunc) << text;
}

namespace {

void add_v2(CLI::App& app, WireOptions& wire) {
    using simulators::ChannelKind;
    const std::map<std::string, WireProtocol> protocols{{"v1", WireProtocol::v1}, {"v2", WireProtocol::v2}};
    app.add_option("--protocol", wire.protocol, "v1 or v2")->transform(CLI::CheckedTransformer(protocols));
    app.add_option("--channels", wire.channels, "V2: on each connection")->check(CLI::Range(1, 20000));
    const std::map<std::string, ChannelKind> kinds{{"standard", ChannelKind::standard},
                                                   {"extended", ChannelKind::extended}};
    app.add_option("--channel", wire.channel, "V2: standard or extended")
        ->transform(CLI::CheckedTransformer(kinds));
    app.add_flag("--standard-jobs", wire.standard_jobs, "V2: asks for a job for each channel, no group");
    app.add_option("--hash-rate", wire.hash_rate, "V2: told when a channel is opened");
}

void add_common(CLI::App& app, RunOptions& run, std::string& preset) {
    app.add_option("--host", run.swarm.host, "loopback address of the server");
    app.add_option("--port", run.swarm.port, "its port for the protocol");
    app.add_option("--connections", run.swarm.clients)->check(CLI::Range(1, 20000));
    app.add_option("--at-once", run.swarm.set_up_at_once, "set-ups under way at a time");
    app.add_option("--source-addresses", run.swarm.source_addresses, "127.0.0.1 up")
        ->check(CLI::Range(1, 200));
    app.add_option("--user", run.swarm.user, "address or account name")->required();
    app.add_option("--worker-prefix", run.swarm.worker_prefix);
    app.add_option("--workers", run.swarm.workers, "distinct worker names; 0: one per connection");
    app.add_option("--password", run.swarm.wire.password, "Hashyard reads d=DIFFICULTY in it");
    app.add_option("--suggest-difficulty", run.swarm.wire.suggest_difficulty, "sent after authorize");
    app.add_option("--agent", run.swarm.wire.agent);
    app.add_option("--difficulty-scale", run.swarm.wire.difficulty_scale,
                   "for a peer built with another difficulty 1");
    app.add_option("--server", preset, "hashyard, ckpool or datum: takes that server's quirks")
        ->check(CLI::IsMember({"hashyard", "ckpool", "datum"}));
    app.add_flag("--version-rolling,!--no-version-rolling", run.swarm.wire.version_rolling);
    add_v2(app, run.swarm.wire);
    app.add_flag("--avoid-blocks,!--take-blocks", run.avoid_blocks, "choose shares that are no blocks");
    app.add_option("--server-pid", run.server_processes, "processes whose CPU and memory count");
    app.add_option("--json", run.json_file, "write the report here too");
    app.add_option("--shares-file", run.shares_file, "write the fate and hash of every submission here");
    app.add_option("--seed", run.seed);
}

// DATUM loses wake-ups when many set-ups come at once; Hashyard takes the difficulty from the password.
void apply_preset(const std::string& preset, RunOptions& run) {
    if (preset == "datum") run.swarm.set_up_at_once = std::min<std::size_t>(run.swarm.set_up_at_once, 8);
    if (preset == "hashyard" && run.swarm.wire.password == "x")
        run.swarm.wire.password = "d=0.00000000023283064365386963";
}

int main_of(int argc, char** argv) {
    CLI::App app{"Loads a Stratum server on this machine and measures it"};
    app.require_subcommand(1);
    app.fallthrough();
    RunOptions run;
    std::string preset;
    add_common(app, run, preset);
    ClosedLoop closed;
    auto* closed_app = app.add_subcommand("closed", "a fixed number of shares under way per connection");
    closed_app->add_option("--shares", closed.shares)->check(CLI::Range(1, 20'000'000));
    closed_app->add_option("--in-flight", closed.in_flight)->check(CLI::Range(1, 1000));
    OpenLoop open;
    auto* open_app = app.add_subcommand("open", "a fixed rate of shares");
    open_app->add_option("--rate", open.rate)->check(CLI::Range(1.0, 1e6));
    open_app->add_option("--seconds", open.seconds)->check(CLI::Range(0.1, 600.0));
    SetUp set_up;
    auto* set_up_app = app.add_subcommand("setup", "sets connections up and holds them");
    set_up_app->add_option("--hold", set_up.hold_seconds, "seconds")->check(CLI::Range(0.0, 3600.0));
    Tip tip;
    auto* tip_app = app.add_subcommand("tip", "times the notify of a new block");
    tip_app->add_option("--rounds", tip.rounds)->check(CLI::Range(1, 1000));
    tip_app->add_option("--pause", tip.pause_seconds)->check(CLI::Range(0.0, 60.0));
    tip_app->add_option("--wait", tip.wait_seconds)->check(CLI::Range(0.1, 60.0));
    tip_app->add_option("--trigger", tip.trigger_address,
                        "127.0.0.1:PORT; without it a block share is submitted");
    tip_app->add_option("--trigger-file", tip.trigger_file, "the bytes to send there");
    Fault fault;
    auto* fault_app = app.add_subcommand("fault", "submits through lost connections");
    fault_app->add_option("--seconds", fault.seconds)->check(CLI::Range(0.1, 3600.0));
    fault_app->add_option("--in-flight", fault.in_flight)->check(CLI::Range(1, 1000));
    fault_app->add_option("--rate-max", fault.rate_max)->check(CLI::Range(1.0, 1e6));
    CLI11_PARSE(app, argc, argv);
    apply_preset(preset, run);
    raise_open_files();
    if (*closed_app) return run_closed(run, closed);
    if (*open_app) return run_open(run, open);
    if (*set_up_app) return run_set_up(run, set_up);
    if (*tip_app) return run_tip(run, tip);
    return run_fault(run, fault);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    try {
        return bench::main_of(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "load generator: %s\n", error.what());
        return 2;
    }
}
