#include "tests/simulators/v1_work.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace simulators {

namespace {

std::optional<std::uint32_t> hex_u32(const nlohmann::json& value) {
    if (!value.is_string() || value.get_ref<const std::string&>().size() != 8) return std::nullopt;
    return stratum::parse_hex_u32(value.get_ref<const std::string&>());
}

bool read_branches(const nlohmann::json& value, V1Job& job) {
    if (!value.is_array() || value.size() > 32) return false;
    for (const auto& item : value) {
        Hash256 branch;
        if (!item.is_string() || !stratum::decode_hex(item.get_ref<const std::string&>(), branch.bytes))
            return false;
        job.branches.push_back(branch);
    }
    return true;
}

}  // namespace

std::optional<Hash256> parse_previous(std::string_view text) {
    Hash256 sent;
    if (!stratum::decode_hex(text, sent.bytes)) return std::nullopt;
    for (std::size_t word = 0; word < 32; word += 4) std::reverse(&sent.bytes[word], &sent.bytes[word] + 4);
    return sent;
}

std::optional<V1Job> parse_notify(std::string_view line) {
    const auto message = nlohmann::json::parse(line, nullptr, false);
    if (!message.is_object() || message.value("method", "") != "mining.notify") return std::nullopt;
    const auto params = message.find("params");
    if (params == message.end() || !params->is_array() || params->size() < 9) return std::nullopt;
    const auto& p = *params;
    for (const std::size_t text : {0U, 1U, 2U, 3U})
        if (!p[text].is_string()) return std::nullopt;
    V1Job job;
    job.id = p[0].get<std::string>();
    const auto previous = parse_previous(p[1].get_ref<const std::string&>());
    const auto prefix = stratum::parse_hex(p[2].get_ref<const std::string&>());
    const auto suffix = stratum::parse_hex(p[3].get_ref<const std::string&>());
    const auto version = hex_u32(p[5]);
    const auto nbits = hex_u32(p[6]);
    const auto ntime = hex_u32(p[7]);
    if (!previous || !prefix || !suffix || !version || !nbits || !ntime) return std::nullopt;
    if (!read_branches(p[4], job) || !p[8].is_boolean()) return std::nullopt;
    job.previous = *previous;
    job.coinbase_prefix = *prefix;
    job.coinbase_suffix = *suffix;
    job.version = *version;
    job.nbits = *nbits;
    job.ntime = *ntime;
    job.clean = p[8].get<bool>();
    return job;
}

std::string submit_line(const V1Submission& submission, const FoundShare& share) {
    std::string line = "{\"id\":";
    line += std::to_string(submission.id);
    line += ",\"method\":\"mining.submit\",\"params\":[\"";
    line += submission.worker;
    line += "\",\"";
    line += submission.job;
    line += "\",\"";
    stratum::append_hex(line, share.rest);
    line += "\",\"";
    stratum::append_hex_u32(line, share.ntime);
    line += "\",\"";
    stratum::append_hex_u32(line, share.nonce);
    if (submission.version_mask != 0) {
        line += "\",\"";
        stratum::append_hex_u32(line, share.version & submission.version_mask);
    }
    line += "\"]}\n";
    return line;
}

}  // namespace simulators
