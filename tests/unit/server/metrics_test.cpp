#include "server/metrics.h"

#include "tests/catch.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

using namespace std::chrono_literals;

namespace {

server::MetricNames names() {
    return {{"stale", "duplicate", "low_difficulty"},
            {"stratum_v1", "stratum_v1_tls", "stratum_v2"},
            {"timeout", "busy"}};
}

server::PoolReadings all_readings() {
    server::PoolReadings readings;
    readings.template_age_s = 1.5;
    readings.template_height = 840'000;
    readings.network_difficulty = 1e14;
    readings.journal_lag_records = 12;
    readings.import_lag_s = 0.4;
    readings.database_available = false;
    readings.blocks = {{"immature", 2}, {"orphaned", 1}};
    readings.round_effort = 0.7;
    readings.luck = 1.1;
    readings.hashrate_hps = 5e15;
    readings.certificate_left_s = 86'400;
    return readings;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Numbers of all shards add up in one exposition") {
    server::Metrics metrics(names(), 2);
    metrics.shard(0).shares_accepted.add(3);
    metrics.shard(1).shares_accepted.add(4);
    metrics.shard(0).rejects[0].add(2);
    metrics.shard(1).rejects[0].add();
    metrics.shard(1).sessions[1].add(5);
    metrics.shard(1).sessions[1].subtract(2);
    metrics.shard(0).work_hashes.add(4294967296.0);
    const std::string text = metrics.text({});
    CHECK(has_line(text, "hashyard_shares_accepted_total 7"));
    CHECK(has_line(text, "hashyard_shares_rejected_total{reason=\"stale\"} 3"));
    CHECK(has_line(text, "hashyard_shares_rejected_total{reason=\"duplicate\"} 0"));
    CHECK(has_line(text, "hashyard_sessions{protocol=\"stratum_v1_tls\"} 3"));
    CHECK(has_line(text, "hashyard_work_hashes_total 4294967296"));
    metrics.shard(0).channels.set(4);
    metrics.shard(1).channels.set(5);
    metrics.shard(1).handshakes.add(6);
    metrics.shard(0).handshakes_failed[1].add(7);
    metrics.shard(0).handshake.observe(200us);
    const std::string v2 = metrics.text({});
    CHECK(has_line(v2, "hashyard_channels 9"));
    CHECK(has_line(v2, "hashyard_handshakes_total 6"));
    CHECK(has_line(v2, "hashyard_handshakes_failed_total{reason=\"busy\"} 7"));
    CHECK(has_line(v2, "hashyard_handshakes_failed_total{reason=\"timeout\"} 0"));
    CHECK(has_line(v2, "hashyard_handshake_seconds_bucket{le=\"0.00025\"} 1"));
    CHECK(metrics.sessions() == 3);
    CHECK(metrics.shares_accepted() == 7);
    CHECK(metrics.rejects().at("stale") == 3);
}

TEST_CASE("A duration lands in the bucket whose upper bound it does not exceed") {
    server::Metrics metrics(names(), 1);
    server::ShardHistogram& notify = metrics.shard(0).notify;
    notify.observe(10us);
    notify.observe(10us + 1ns);
    notify.observe(-5s);  // a clock that went backwards counts as nothing
    notify.observe(11s);
    notify.observe(1ms, 10);
    CHECK(notify.count(0) == 2);
    CHECK(notify.count(1) == 1);
    CHECK(notify.count(6) == 10);
    CHECK(notify.count(server::duration_bounds_ns.size()) == 1);
    const std::string text = metrics.text({});
    CHECK(has_line(text, "hashyard_notify_seconds_bucket{le=\"1e-05\"} 2"));
    CHECK(has_line(text, "hashyard_notify_seconds_bucket{le=\"0.001\"} 13"));
    CHECK(has_line(text, "hashyard_notify_seconds_bucket{le=\"10\"} 13"));
    CHECK(has_line(text, "hashyard_notify_seconds_bucket{le=\"+Inf\"} 14"));
    CHECK(has_line(text, "hashyard_notify_seconds_count 14"));
    CHECK(notify.sum_s() == Catch::Approx(11.01002));
}

TEST_CASE("A reading that is not known leaves its family out rather than saying nought") {
    const server::Metrics metrics(names(), 1);
    const std::string nothing = metrics.text({});
    CHECK(nothing.find("hashyard_template_age_seconds") == std::string::npos);
    CHECK(nothing.find("hashyard_blocks{") == std::string::npos);
    const std::string all = metrics.text(all_readings());
    CHECK(has_line(all, "hashyard_template_age_seconds 1.5"));
    CHECK(has_line(all, "hashyard_blocks{state=\"orphaned\"} 1"));
    CHECK(has_line(all, "hashyard_database_up 0"));
    CHECK(nothing.find("hashyard_certificate_left_seconds") == std::string::npos);
    CHECK(has_line(all, "hashyard_certificate_left_seconds 86400"));
}

TEST_CASE("More names than a shard has room for refuse to start") {
    server::MetricNames too_many = names();
    too_many.reject_reasons.resize(server::reject_reasons_max + 1, "reason");
    CHECK_THROWS_AS(server::Metrics(too_many, 1), std::logic_error);
}

TEST_CASE("The process tells its processor time, memory, descriptors, start and build") {
    const std::string text = server::Metrics(names(), 1).text({});
    for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ",
                             "process_open_fds ", "process_max_fds ", "process_threads ",
                             "process_start_time_seconds ", "hashyard_build_info{version=\""}) {
        INFO(name);
        CHECK(text.find(std::string("\n") + name) != std::string::npos);
    }
    const auto at = text.find("\nprocess_start_time_seconds ");
    CHECK(std::stod(text.substr(at + 28)) > 1.6e9);
}

TEST_CASE("promtool finds nothing to object to") {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
        WARN("promtool is not installed (Debian package prometheus): the exposition was not linted");
        return;
    }
    server::Metrics metrics(names(), 2);
    metrics.shard(1).submit.observe(3us);
    metrics.first_full_template().observe(40ms);
    prometheus::BuildCounter()
        .Name("hashyard_example_total")
        .Help("A family made by another room.")
        .Register(metrics.registry())
        .Add({{"state", "ok"}})
        .Increment();
    const auto file = std::filesystem::temp_directory_path() /
                      ("hashyard-metrics-" + std::to_string(std::random_device{}()) + ".txt");
    std::ofstream(file) << metrics.text(all_readings());
    const int code = std::system(("promtool check metrics <" + file.string()).c_str());
    std::filesystem::remove(file);
    CHECK(code == 0);
}
