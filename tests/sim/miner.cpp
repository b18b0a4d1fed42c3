#include "tests/sim/miner.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "stratum/sha256.h"
#include "stratum/target.h"
#include "tests/sim/require.h"

namespace sim {

using nlohmann::json;
using stratum::Bytes;
using stratum::Hash256;
using stratum::Uint256;

namespace {

constexpr std::size_t works_kept = 40;
constexpr std::size_t past_kept = 30;
constexpr int tries_max = 60;

Bytes bytes_of_hex(const std::string& text) {
    const auto bytes = stratum::parse_hex(text);
    require(bytes.has_value(), "hex in a notify is hex: " + text);
    return *bytes;
}

std::uint32_t number_of_hex(const std::string& text) {
    require(text.size() == 8, "numbers in a notify have eight letters");
    return static_cast<std::uint32_t>(std::stoul(text, nullptr, 16));
}

std::string hex_of(std::uint32_t number) {
    std::string out;
    stratum::append_hex_u32(out, number);
    return out;
}

Work work_of(const json& params) {
    Work work;
    work.job = params[0];
    const auto swapped = bytes_of_hex(params[1]);
    for (std::size_t i = 0; i < 32; ++i) work.previous.bytes[i] = swapped[i / 4 * 4 + 3 - i % 4];
    work.coinbase_head = bytes_of_hex(params[2]);
    work.coinbase_tail = bytes_of_hex(params[3]);
    for (const auto& branch : params[4]) {
        const auto bytes = bytes_of_hex(branch);
        std::copy_n(bytes.begin(), 32, work.branches.emplace_back().bytes.begin());
    }
    work.version = number_of_hex(params[5]);
    work.nbits = number_of_hex(params[6]);
    work.ntime = number_of_hex(params[7]);
    require(params.size() == 9 && params[8].is_boolean(), "a notify ends in clean_jobs");
    return work;
}

// The difficulty as text stands for a power of two below one: the pool rounds it in the sixth digit.
Uint256 target_of_difficulty(double difficulty) {
    const int bits = static_cast<int>(std::lround(-std::log2(difficulty)));
    if (bits <= 0) return (Uint256{0xffff} << 208) / Uint256{static_cast<std::uint64_t>(difficulty)};
    return (Uint256{0xffff} << 208) << bits;
}

}  // namespace

Miner::Miner(Pool& pool, std::string user, Habit habit)
    : pool_(pool),
      random_(pool.random),
      user_(std::move(user)),
      habit_(habit),
      rolls_(one_in(pool.random, 2)) {}

std::string Miner::greeting(bool resume) {
    std::string out;
    mask_ = 0;
    works_.clear();
    if (rolls_)
        out += R"({"id":"c","method":"mining.configure",)"
               R"("params":[["version-rolling"],{"version-rolling.mask":"1fffe000"}]})"
               "\n";
    out += R"({"id":"s","method":"mining.subscribe","params":["sim/1")" +
           (resume && !session_id_.empty() ? ",\"" + session_id_ + "\"" : std::string()) + "]}\n";
    out += R"({"id":"a","method":"mining.authorize","params":[")" + user_ + R"(.one","x"]})" + "\n";
    if (one_in(random_, 3))
        out += R"({"id":"b","method":"mining.authorize","params":[")" + user_ + R"(.two","x"]})" + "\n";
    if (one_in(random_, 3))
        out += R"({"id":"d","method":"mining.suggest_difficulty","params":[)" +
               std::to_string(std::ldexp(1.0, -static_cast<int>(random_() % 8))) + "e-8]}\n";
    return out;
}

void Miner::hear(const std::string& text) {
    const auto line = json::parse(text, nullptr, false);
    require(line.is_object(), "every line is a JSON object: " + text);
    const auto method = line.value("method", "");
    if (method == "mining.notify") {
        require(!extranonce_.empty(), "no job before the answer to subscribe");
        news_.push_back(work_of(line["params"]));
        news_.back().mask = mask_;
        works_.push_back(news_.back());
        if (works_.size() > works_kept) works_.pop_front();
    } else if (method == "mining.set_difficulty") {
        targets_.push_back(target_of_difficulty(line["params"][0].get<double>()));
    } else if (method == "mining.set_version_mask") {
        mask_ = number_of_hex(line["params"][0]);
    } else if (method.empty()) {
        require(line["error"].is_null(), "a greeting is not refused: " + text);
        if (line["id"] == "s") {
            session_id_ = line["result"][0][0][1];
            const auto extranonce = line["result"][1].get<std::string>();
            if (extranonce_ != extranonce) past_.clear();
            extranonce_ = extranonce;
        } else if (line["id"] == "c") {
            mask_ = number_of_hex(line["result"]["version-rolling.mask"]);
        }
    }
}

std::string Miner::line_of(const Share& share) const {
    auto line = R"({"id":@,"method":"mining.submit","params":[")" + share.worker + "\",\"" + share.sent.job +
                "\",\"" + stratum::to_hex(share.rest) + "\",\"" + hex_of(share.ntime) + "\",\"" +
                hex_of(share.nonce) + "\"";
    if (share.bits != 0 || rolls_) line += ",\"" + hex_of(share.bits) + "\"";
    return line + "]}\n";
}

void Miner::finish(Share& share, const Work& work) const {
    Bytes coinbase = work.coinbase_head;
    const auto head = bytes_of_hex(extranonce_);
    for (const Bytes* part : std::initializer_list<const Bytes*>{&head, &share.rest, &work.coinbase_tail})
        coinbase.insert(coinbase.end(), part->begin(), part->end());
    auto root = stratum::sha256d(coinbase);
    for (const auto& branch : work.branches) {
        Bytes joined(root.bytes.begin(), root.bytes.end());
        joined.insert(joined.end(), branch.bytes.begin(), branch.bytes.end());
        root = stratum::sha256d(joined);
    }
    share.sent.job = work.job;
    share.sent.header.clear();
    stratum::ByteWriter out(share.sent.header);
    out.le32(work.version ^ share.bits);
    out.bytes(work.previous.bytes);
    out.bytes(root.bytes);
    out.le32(share.ntime);
    out.le32(work.nbits);
    out.le32(share.nonce);
    share.sent.hash = stratum::sha256d(share.sent.header);
}

Share Miner::share_of(const Work& work, const Uint256& target) {
    Share share;
    share.rest.resize(8);
    for (auto& byte : share.rest) byte = static_cast<std::uint8_t>(random_());
    share.bits = static_cast<std::uint32_t>(random_()) & work.mask & (one_in(random_, 2) ? 0 : 0xffffffff);
    share.ntime = work.ntime + static_cast<std::uint32_t>(random_() % 100);
    share.nonce = static_cast<std::uint32_t>(random_());
    share.worker = user_ + ".one";
    bool lazy = habit_ != Habit::honest && one_in(random_, 8);  // sends a nonce it did not try
    if (const auto* proof = pool_.any_proof();
        habit_ == Habit::liar && proof != nullptr && one_in(random_, 6)) {
        share.rest = proof->rest;
        share.rest.resize(8);
        share.bits = proof->bits & work.mask;
        share.nonce = proof->nonce;
        lazy = true;
    }
    if (habit_ == Habit::liar && one_in(random_, 10)) {
        switch (random_() % 4) {
            case 0:
                share.ntime = one_in(random_, 2) ? work.ntime + 100'000 : 5;
                share.sent.time_fits = false;
                break;
            case 1:
                share.bits |= 1;
                share.sent.version_fits = false;
                break;
            case 2:
                share.worker = user_ + ".stranger";
                share.sent.worker_known = false;
                break;
            default:
                share.rest.pop_back();
                share.sent.extranonce_fits = false;
                break;
        }
    }
    finish(share, work);
    for (int tries = 1; !lazy && tries < tries_max && Uint256::from_hash(share.sent.hash) > target; ++tries) {
        ++share.nonce;
        finish(share, work);
    }
    share.line = line_of(share);
    return share;
}

std::optional<Share> Miner::mine(const Uint256& target) {
    if (works_.empty()) return std::nullopt;
    if (habit_ != Habit::honest && !past_.empty() && one_in(random_, 6)) {
        auto again = past_[random_() % past_.size()];
        if (habit_ == Habit::liar && one_in(random_, 3)) {
            switch (random_() % 2) {
                case 0: {  // the same number in other letters
                    auto at = again.line.find(again.sent.job, again.line.find("\"params\"")) +
                              again.sent.job.size();
                    for (; at < again.line.size(); ++at)
                        again.line[at] = static_cast<char>(std::toupper(again.line[at]));
                    break;
                }
                default:  // old work under a new job's name
                    if (!again.sent.time_fits || !again.sent.version_fits ||
                        (again.bits & ~works_.back().mask) != 0)
                        break;
                    finish(again, works_.back());
                    again.line = line_of(again);
            }
        }
        return again;
    }
    const bool late = works_.size() > 1 && one_in(random_, habit_ == Habit::honest ? 10 : 4);
    const auto& work = late ? works_[random_() % works_.size()] : works_.back();
    auto share = share_of(work, target);
    if (habit_ == Habit::honest && Uint256::from_hash(share.sent.hash) > target) return std::nullopt;
    past_.push_back(share);
    pool_.remember({share.rest, share.ntime, share.nonce, share.bits});
    if (past_.size() > past_kept) past_.pop_front();
    if (habit_ == Habit::liar && one_in(random_, 40)) {
        share.sent.job = "deadbeef00";
        share.line = line_of(share);
    }
    return share;
}

}  // namespace sim
