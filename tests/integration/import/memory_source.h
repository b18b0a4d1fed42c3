#pragma once
// A journal in memory: the importer's tests write it and the importer reads it.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/pool/share_source.h"
#include "stratum/sha256.h"
#include "stratum/target.h"

namespace integration {

using namespace server::pool;

// Outlives the sources over it, as files outlive a process.
struct MemoryJournal {
    std::uint16_t shard = 0;
    std::vector<SourceRecord> records;
    std::uint64_t synced = ~0ULL;  // nothing behind it is read
    std::uint64_t imported = 0;

    void add(Record record) { records.push_back({records.size() + 1, std::move(record)}); }
    [[nodiscard]] std::uint64_t written() const { return records.size(); }
};

class MemorySource : public ShareSource {
  public:
    explicit MemorySource(MemoryJournal& journal) : journal_(journal) {}
    [[nodiscard]] std::uint16_t shard() const override { return journal_.shard; }
    void start_after(std::uint64_t sequence) override {
        next_ = 0;
        start_ = position_ = sequence;
    }
    bool read(std::size_t records_max, std::vector<SourceRecord>& out) override {
        for (std::size_t taken = 0; next_ < journal_.records.size() && taken < records_max; ++next_) {
            const auto& record = journal_.records[next_];
            if (record.last > journal_.synced) return false;
            const bool credit = std::holds_alternative<ShareRecord>(record.record) ||
                                std::holds_alternative<BlockRecord>(record.record);
            if (record.last <= start_ && credit) continue;
            out.push_back(record);
            position_ = std::max(position_, record.last);
            ++taken;
        }
        return next_ < journal_.records.size();
    }
    [[nodiscard]] std::uint64_t position() const override { return position_; }
    [[nodiscard]] std::uint64_t written_sequence() const override { return journal_.written(); }
    void imported_through(std::uint64_t sequence) override { journal_.imported = sequence; }

  private:
    MemoryJournal& journal_;
    std::size_t next_ = 0;
    std::uint64_t start_ = 0;
    std::uint64_t position_ = 0;
};

// Difficulty 1: 4,295,032,833 hashes.
inline const stratum::Uint256 share_target = *stratum::Uint256::parse_hex("ffff" + std::string(52, '0'));
inline constexpr std::uint32_t nbits_1 = 0x1d00ffff;   // network difficulty 1
inline constexpr std::uint32_t nbits_16 = 0x1c0ffff0;  // network difficulty 16
// Two and a half hours ago on a five-minute boundary: interval rows of long ago are dropped by the importer's
// housekeeping.
inline const std::int64_t start_us =
    (std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
             .count() /
         300 -
     30) *
    300 * 1'000'000;

inline WorkerRecord worker_record(std::uint32_t number, std::string user, std::string name = "rig") {
    return {number, UserKind::address, std::move(user), std::move(name)};
}

inline JobRecord job_record(std::uint64_t job, std::uint32_t nbits = nbits_1,
                            std::int64_t issued_at_us = start_us) {
    JobRecord record;
    record.job = job;
    record.issued_at_us = issued_at_us;
    record.height = 7;
    record.nbits = nbits;
    record.coinbase_value_sats = 312'500'000;
    record.coinbase_prefix = {1, 2};
    record.coinbase_suffix = {3};
    record.merkle_branches.resize(2);
    return record;
}

inline ShareRecord share_record(std::uint64_t job, std::uint32_t worker, std::int64_t received_at_us,
                                const stratum::Uint256& target = share_target) {
    ShareRecord record;
    record.received_at_us = received_at_us;
    record.job = job;
    record.worker = worker;
    record.nonce = 0xfffffffe;
    record.prefix_bytes = 4;
    record.rest_bytes = 8;
    record.target = target;
    // Different for different shares.
    std::array<std::uint8_t, 20> text{};
    stratum::store_le64(text.data(), static_cast<std::uint64_t>(received_at_us));
    stratum::store_le64(text.data() + 8, job);
    stratum::store_le32(text.data() + 16, worker);
    record.hash = stratum::sha256(text);
    return record;
}

inline BlockRecord block_record(std::uint64_t job, std::uint32_t worker, std::int64_t found_at_us,
                                std::int64_t job_issued_at_us, std::uint32_t nbits = nbits_1) {
    BlockRecord record;
    record.found_at_us = found_at_us;
    record.job = job;
    record.worker = worker;
    record.height = 7;
    record.nbits = nbits;
    record.coinbase_value_sats = 316'687'321;
    record.fees_sats = 4'187'321;
    record.job_issued_at_us = job_issued_at_us;
    std::array<std::uint8_t, 16> text{};
    stratum::store_le64(text.data(), static_cast<std::uint64_t>(found_at_us));
    stratum::store_le64(text.data() + 8, job);
    record.hash = stratum::sha256d(text);
    return record;
}

}  // namespace integration
