#include "server/commands/journal_command.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/pool/journal_folder.h"
#include "server/pool/journal_reader.h"
#include "stratum/target.h"

namespace server::commands {
namespace {

using nlohmann::ordered_json;
using pool::BlockRecord;
using pool::frame_bytes;
using pool::JobRecord;
using pool::JournalEntry;
using pool::JournalFault;
using pool::JournalReader;
using pool::Segment;
using pool::segments_of;
using pool::ShareRecord;
using pool::WorkerRecord;

struct ShardFolder {
    std::string name;
    std::filesystem::path path;
};

// The shard folders that `path` means; a segment file means its folder.
std::vector<ShardFolder> shard_folders(const JournalCommand& command) {
    auto path = command.path;
    if (std::filesystem::is_regular_file(path)) path = std::filesystem::absolute(path).parent_path();
    if (std::filesystem::is_directory(path / "journal")) path /= "journal";
    if (!segments_of(path).empty()) return {{path.filename().string(), path}};
    std::vector<ShardFolder> found;
    for (const auto shard : pool::shards_of(path))
        if (!command.shard || shard == *command.shard)
            found.push_back({std::to_string(shard), pool::shard_path(path, shard)});
    return found;
}

std::vector<Segment> segments_meant(const JournalCommand& command, const ShardFolder& shard) {
    auto segments = segments_of(shard.path);
    if (std::filesystem::is_regular_file(command.path))
        std::erase_if(segments,
                      [&](const Segment& s) { return s.file.filename() != command.path.filename(); });
    return segments;
}

struct ToJson {
    ordered_json operator()(const ShareRecord& share) const {
        const stratum::ByteView extranonce(share.extranonce.data(),
                                           std::size_t{share.prefix_bytes} + share.rest_bytes);
        return {{"kind", "share"},
                {"received_at_us", share.received_at_us},
                {"job", share.job},
                {"worker", share.worker},
                {"hash", stratum::displayed(share.hash)},
                {"target", share.target.hex()},
                {"work", stratum::work_of_target(share.target).decimal()},
                {"version", share.version},
                {"ntime", share.ntime},
                {"nonce", share.nonce},
                {"extranonce", stratum::to_hex(extranonce)},
                {"prefix_bytes", share.prefix_bytes},
                {"is_block", (share.flags & pool::share_flag_block) != 0}};
    }
    ordered_json operator()(const JobRecord& job) const {
        ordered_json branches = ordered_json::array();
        for (const auto& branch : job.merkle_branches) branches.push_back(stratum::to_hex(branch.bytes));
        return {{"kind", "job"},
                {"job", job.job},
                {"issued_at_us", job.issued_at_us},
                {"height", job.height},
                {"version", job.version},
                {"nbits", job.nbits},
                {"time", job.time},
                {"coinbase_value_sats", job.coinbase_value_sats},
                {"fees_sats", job.fees_sats},
                {"previous", stratum::displayed(job.previous)},
                {"coinbase_prefix", stratum::to_hex(job.coinbase_prefix)},
                {"coinbase_suffix", stratum::to_hex(job.coinbase_suffix)},
                {"merkle_branches", branches}};
    }
    ordered_json operator()(const WorkerRecord& worker) const {
        return {{"kind", "worker"},
                {"worker", worker.worker},
                {"user_kind", worker.user_kind == pool::UserKind::address ? "address" : "name"},
                {"user", worker.user},
                {"worker_name", worker.worker_name}};
    }
    ordered_json operator()(const BlockRecord& block) const {
        return {{"kind", "block"},
                {"found_at_us", block.found_at_us},
                {"job", block.job},
                {"worker", block.worker},
                {"height", block.height},
                {"hash", stratum::displayed(block.hash)},
                {"previous", stratum::displayed(block.previous)},
                {"nbits", block.nbits},
                {"coinbase_value_sats", block.coinbase_value_sats},
                {"fees_sats", block.fees_sats},
                {"job_issued_at_us", block.job_issued_at_us}};
    }
};

// "name=value" of each field; lists and long texts by their size.
std::string text_of(const ordered_json& fields) {
    constexpr std::size_t shown_max = 90;
    std::string out;
    for (const auto& [name, value] : fields.items()) {
        if (name == "kind") continue;
        auto shown = value.is_array()    ? fmt::format("({})", value.size())
                     : value.is_string() ? value.get<std::string>()
                                         : value.dump();
        if (shown.size() > shown_max) shown = fmt::format("({} bytes)", shown.size() / 2);
        // A worker's name is a stranger's text: control letters must not reach the terminal.
        std::replace_if(
            shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
        out += fmt::format(" {}={}", name, shown);
    }
    return out;
}

void print_line(const JournalCommand& command, std::ostream& out, const ordered_json& fields,
                const std::string& text) {
    // Names may hold bytes that are no UTF-8: replaced, so that the line is always JSON.
    if (command.json) {
        out << fields.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
    } else {
        out << text << '\n';
    }
}

ordered_json json_of(const JournalFault& fault) {
    return {{"kind", "fault"},        {"fault", name_of(fault.kind)}, {"file", fault.file.string()},
            {"offset", fault.offset}, {"sequence", fault.sequence},   {"detail", fault.detail}};
}

int list(const JournalCommand& command, const ShardFolder& shard, std::ostream& out) {
    for (const auto& segment : segments_meant(command, shard)) {
        std::error_code failed;
        const auto bytes = std::filesystem::file_size(segment.file, failed);
        const auto frames = failed ? 0 : bytes / frame_bytes;
        print_line(
            command, out,
            {{"shard", shard.name},
             {"file", segment.file.string()},
             {"first_sequence", segment.first_sequence},
             {"frames", frames},
             {"bytes", failed ? 0 : bytes}},
            fmt::format("shard {}  {}  sequences {} to {}  {} bytes", shard.name, segment.file.string(),
                        segment.first_sequence, segment.first_sequence + frames - 1, bytes));
    }
    return 0;
}

struct Counts {
    std::uint64_t shares = 0, jobs = 0, workers = 0, blocks = 0, faults = 0, sequences_lost = 0;
    void operator()(const ShareRecord&) { ++shares; }
    void operator()(const JobRecord&) { ++jobs; }
    void operator()(const WorkerRecord&) { ++workers; }
    void operator()(const BlockRecord&) { ++blocks; }
};

int verify(const JournalCommand& command, const ShardFolder& shard, std::ostream& out) {
    const auto segments = segments_meant(command, shard);
    if (segments.empty()) return 0;
    const bool one_file = segments.size() != segments_of(shard.path).size();
    JournalReader reader(shard.path, segments.front().first_sequence);
    JournalEntry entry;
    Counts counts;
    std::uint64_t stuck_at = 0;
    while (true) {
        const auto state = reader.next(UINT64_MAX, entry);
        if (state == JournalReader::State::end) break;
        if (one_file && !reader.file().empty() && reader.file() != segments.front().file) break;
        if (state == JournalReader::State::record) {
            std::visit([&counts](const auto& record) { counts(record); }, entry.record);
            continue;
        }
        ++counts.faults;
        print_line(command, out, json_of(reader.fault()), "FAULT " + explain(reader.fault()));
        const auto skipped = reader.skip_fault();
        counts.sequences_lost += skipped;
        // A fault that cannot be passed (a file that cannot be read at all) ends the walk.
        if (skipped == 0 && std::exchange(stuck_at, reader.position()) == reader.position()) break;
    }
    print_line(command, out,
               {{"kind", "verified"},
                {"shard", shard.name},
                {"first_sequence", segments.front().first_sequence},
                {"last_sequence", reader.position() - 1},
                {"shares", counts.shares},
                {"jobs", counts.jobs},
                {"workers", counts.workers},
                {"blocks", counts.blocks},
                {"faults", counts.faults},
                {"sequences_lost", counts.sequences_lost}},
               fmt::format(
                   "shard {}: sequences {} to {}: {} shares, {} blocks, {} job and {} worker definitions, {}",
                   shard.name, segments.front().first_sequence, reader.position() - 1, counts.shares,
                   counts.blocks, counts.jobs, counts.workers,
                   counts.faults == 0 ? "no fault"
                                      : fmt::format("{} FAULTS, {} sequences passed over", counts.faults,
                                                    counts.sequences_lost)));
    return counts.faults == 0 ? 0 : 1;
}

int show(const JournalCommand& command, const ShardFolder& shard, std::ostream& out) {
    const auto segments = segments_meant(command, shard);
    if (segments.empty()) return 0;
    const auto from = std::max(command.from, segments.front().first_sequence);
    JournalReader reader(shard.path, from);
    JournalEntry entry;
    for (std::uint64_t shown = 0; shown < command.limit;) {
        const auto state = reader.next(UINT64_MAX, entry);
        if (state == JournalReader::State::end) return 0;
        if (state == JournalReader::State::fault) {
            print_line(command, out, json_of(reader.fault()), "FAULT " + explain(reader.fault()));
            return 1;
        }
        if (entry.sequence < from) continue;
        ++shown;
        auto fields = std::visit(ToJson{}, entry.record);
        const auto text =
            fmt::format("{} {}{}", entry.sequence, fields["kind"].get<std::string>(), text_of(fields));
        ordered_json line{{"shard", shard.name}, {"sequence", entry.sequence}};
        line.update(fields);
        print_line(command, out, line, text);
    }
    return 0;
}

}  // namespace

int run_journal_command(const JournalCommand& command, std::ostream& out) {
    const auto shards = shard_folders(command);
    if (shards.empty()) {
        out << command.path.string()
            << ": no journal here. Name the data folder, its journal folder, a shard's folder or a .journal "
               "file.\n";
        return 1;
    }
    int result = 0;
    for (const auto& shard : shards) {
        const auto one = command.kind == JournalCommand::Kind::list     ? list(command, shard, out)
                         : command.kind == JournalCommand::Kind::verify ? verify(command, shard, out)
                                                                        : show(command, shard, out);
        result = std::max(result, one);
    }
    return result;
}

}  // namespace server::commands
