#include "server/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "server/process_metrics.h"

namespace server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type) {
    MetricFamily out;
    out.name = std::move(name);
    out.help = std::move(help);
    out.type = type;
    return out;
}

ClientMetric sample(MetricType type, double value) {
    ClientMetric out;
    (type == MetricType::Counter ? out.counter.value : out.gauge.value) = value;
    return out;
}

ClientMetric labelled(MetricType type, const char* label, const std::string& label_value, double value) {
    ClientMetric out = sample(type, value);
    out.label.push_back({label, label_value});
    return out;
}

void put(std::vector<MetricFamily>& out, MetricType type, const char* name, const char* help, double value) {
    out.push_back(family(name, help, type));
    out.back().metric.push_back(sample(type, value));
}

void put_gauge(std::vector<MetricFamily>& out, const char* name, const char* help,
               const std::optional<double>& value) {
    if (value) put(out, MetricType::Gauge, name, help, *value);
}

MetricFamily histogram(const char* name, const char* help, const std::vector<const ShardHistogram*>& parts) {
    MetricFamily out = family(name, help, MetricType::Histogram);
    ClientMetric metric;
    std::uint64_t cumulative = 0;
    for (std::size_t bucket = 0; bucket < duration_bounds_ns.size(); ++bucket) {
        for (const ShardHistogram* part : parts) cumulative += part->count(bucket);
        metric.histogram.bucket.push_back(
            {cumulative, static_cast<double>(duration_bounds_ns[bucket]) / 1e9});
    }
    for (const ShardHistogram* part : parts) {
        cumulative += part->count(duration_bounds_ns.size());
        metric.histogram.sample_sum += part->sum_s();
    }
    metric.histogram.bucket.push_back({cumulative, std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = cumulative;
    out.metric.push_back(std::move(metric));
    return out;
}

void collect_readings(std::vector<MetricFamily>& out, const PoolReadings& readings) {
    put_gauge(out, "hashyard_template_age_seconds", "Age of the template that miners work on.",
              readings.template_age_s);
    put_gauge(out, "hashyard_template_height", "Block height of the template that miners work on.",
              readings.template_height);
    put_gauge(out, "hashyard_network_difficulty", "Difficulty of the template's network target.",
              readings.network_difficulty);
    put_gauge(out, "hashyard_hashrate_hashes_per_second",
              "Accepted work of the pool per second, over its own window.", readings.hashrate_hps);
    put_gauge(out, "hashyard_journal_lag_records", "Journal records that are not yet in PostgreSQL.",
              readings.journal_lag_records);
    put_gauge(out, "hashyard_import_lag_seconds",
              "Age of the oldest journal record that is not yet in PostgreSQL.", readings.import_lag_s);
    put_gauge(out, "hashyard_round_effort_ratio",
              "Work of the running round over the expected work of a block.", readings.round_effort);
    put_gauge(out, "hashyard_luck_ratio", "Expected over actual work of the latest finished rounds.",
              readings.luck);
    put_gauge(out, "hashyard_certificate_left_seconds",
              "Until the certificate shown to Stratum V2 clients ends; below 0 when it has.",
              readings.certificate_left_s);
    if (readings.database_available) {
        put(out, MetricType::Gauge, "hashyard_database_up", "1 when PostgreSQL answers, 0 when it is away.",
            *readings.database_available ? 1 : 0);
    }
    if (!readings.blocks.empty()) {
        out.push_back(
            family("hashyard_blocks", "Blocks found by the pool, by their state now.", MetricType::Gauge));
        for (const auto& [state, count] : readings.blocks) {
            out.back().metric.push_back(
                labelled(MetricType::Gauge, "state", state, static_cast<double>(count)));
        }
    }
}

void throw_if_more(std::size_t names, std::size_t names_max, const char* what) {
    if (names > names_max) throw std::logic_error(std::string("metrics: more names than room for ") + what);
}

}  // namespace

Metrics::Metrics(MetricNames names, std::size_t shards)
    : names_(std::move(names)), registry_(std::make_shared<prometheus::Registry>()) {
    throw_if_more(names_.reject_reasons.size(), reject_reasons_max, "reject reasons");
    throw_if_more(names_.protocols.size(), session_protocols_max, "protocols");
    throw_if_more(names_.handshake_failures.size(), handshake_failures_max, "handshake failures");
    for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<ShardMetrics>());
}

Metrics::~Metrics() = default;

ShardMetrics& Metrics::shard(std::size_t index) { return *shards_.at(index); }

std::uint64_t Metrics::sessions() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards_) {
        for (const ShardCounter& open : shard->sessions) sum += open.value();
    }
    return sum;
}

std::uint64_t Metrics::channels() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards_) sum += shard->channels.value();
    return sum;
}

double Metrics::work_hashes() const {
    double sum = 0;
    for (const auto& shard : shards_) sum += shard->work_hashes.value();
    return sum;
}

std::uint64_t Metrics::shares_accepted() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards_) sum += shard->shares_accepted.value();
    return sum;
}

std::map<std::string, std::uint64_t> Metrics::rejects() const {
    std::map<std::string, std::uint64_t> out;
    for (std::size_t reason = 0; reason < names_.reject_reasons.size(); ++reason) {
        std::uint64_t& sum = out[names_.reject_reasons[reason]];
        for (const auto& shard : shards_) sum += shard->rejects[reason].value();
    }
    return out;
}

void Metrics::collect_shards(std::vector<MetricFamily>& out) const {
    double work = 0;
    std::uint64_t blocks = 0;
    std::vector<const ShardHistogram*> notify;
    std::vector<const ShardHistogram*> submit;
    for (const auto& shard : shards_) {
        work += shard->work_hashes.value();
        blocks += shard->blocks_found.value();
        notify.push_back(&shard->notify);
        submit.push_back(&shard->submit);
    }
    constexpr auto counter = MetricType::Counter;
    put(out, counter, "hashyard_shares_accepted_total", "Accepted submissions.",
        static_cast<double>(shares_accepted()));
    put(out, counter, "hashyard_work_hashes_total", "Expected hashes of accepted shares.", work);
    put(out, counter, "hashyard_block_candidates_total", "Shares that met the network target.",
        static_cast<double>(blocks));
    out.push_back(family("hashyard_shares_rejected_total", "Refused submissions, by reason.", counter));
    for (const auto& [reason, count] : rejects()) {
        out.back().metric.push_back(labelled(counter, "reason", reason, static_cast<double>(count)));
    }
    collect_sessions(out);
    collect_handshakes(out);
    out.push_back(histogram("hashyard_notify_seconds",
                            "From the template's arrival to the notify handed to the kernel, per session.",
                            notify));
    out.push_back(histogram("hashyard_submit_seconds",
                            "From a submission's bytes read to its answer handed to the kernel.", submit));
    out.push_back(histogram("hashyard_first_full_template_seconds",
                            "From the first notice of a tip to its first template with transactions.",
                            {&first_full_template_}));
}

void Metrics::collect_sessions(std::vector<MetricFamily>& out) const {
    constexpr auto counter = MetricType::Counter;
    MetricFamily open = family("hashyard_sessions", "Sessions open now, by protocol.", MetricType::Gauge);
    MetricFamily opened = family("hashyard_sessions_opened_total", "Sessions opened, by protocol.", counter);
    for (std::size_t protocol = 0; protocol < names_.protocols.size(); ++protocol) {
        std::uint64_t now = 0;
        std::uint64_t ever = 0;
        for (const auto& shard : shards_) {
            now += shard->sessions[protocol].value();
            ever += shard->sessions_opened[protocol].value();
        }
        open.metric.push_back(
            labelled(MetricType::Gauge, "protocol", names_.protocols[protocol], static_cast<double>(now)));
        opened.metric.push_back(
            labelled(counter, "protocol", names_.protocols[protocol], static_cast<double>(ever)));
    }
    out.push_back(std::move(open));
    out.push_back(std::move(opened));
    put(out, MetricType::Gauge, "hashyard_channels", "Channels open now: streams of jobs and shares.",
        static_cast<double>(channels()));
}

void Metrics::collect_handshakes(std::vector<MetricFamily>& out) const {
    constexpr auto counter = MetricType::Counter;
    std::uint64_t answered = 0;
    std::vector<const ShardHistogram*> durations;
    for (const auto& shard : shards_) {
        answered += shard->handshakes.value();
        durations.push_back(&shard->handshake);
    }
    put(out, counter, "hashyard_handshakes_total", "Stratum V2 handshakes answered.",
        static_cast<double>(answered));
    MetricFamily failed = family("hashyard_handshakes_failed_total",
                                 "Stratum V2 connections without a session, by reason.", counter);
    for (std::size_t reason = 0; reason < names_.handshake_failures.size(); ++reason) {
        std::uint64_t sum = 0;
        for (const auto& shard : shards_) sum += shard->handshakes_failed[reason].value();
        failed.metric.push_back(
            labelled(counter, "reason", names_.handshake_failures[reason], static_cast<double>(sum)));
    }
    out.push_back(std::move(failed));
    out.push_back(histogram("hashyard_handshake_seconds",
                            "From a V2 client's first message read to its answer ready to be sent.",
                            durations));
}

std::string Metrics::text(const PoolReadings& readings) const {
    std::vector<MetricFamily> families = registry_->Collect();
    collect_shards(families);
    collect_readings(families, readings);
    collect_process(families);
    std::erase_if(families, [](const MetricFamily& one) { return one.metric.empty(); });
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
}

}  // namespace server
