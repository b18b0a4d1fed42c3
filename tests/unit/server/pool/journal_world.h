#pragma once
// Records and folders for the journal's tests.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "server/pool/journal.h"
#include "server/pool/journal_folder.h"
#include "server/pool/journal_reader.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace server::pool {

using tests::TemporaryFolder;

inline stratum::Hash256 hash_of(std::uint8_t first) {
    stratum::Hash256 hash;
    for (std::size_t i = 0; i < 32; ++i) hash.bytes[i] = static_cast<std::uint8_t>(first + i);
    return hash;
}

inline ShareRecord a_share(std::uint32_t nonce, std::uint32_t worker = 1, std::uint64_t job = 7) {
    ShareRecord share;
    share.received_at_us = 1'800'000'000'000'000 + nonce;
    share.job = job;
    share.worker = worker;
    share.ntime = 0x65000000;
    share.nonce = nonce;
    share.version = 0x20000004;
    share.prefix_bytes = 4;
    share.rest_bytes = 8;
    share.flags = share_flag_block;
    for (std::size_t i = 0; i < 12; ++i) share.extranonce[i] = static_cast<std::uint8_t>(0xa0 + i);
    share.target = stratum::Uint256::max() >> 33;
    share.hash = hash_of(9);
    return share;
}

inline JobRecord a_job(std::uint64_t number = 7, std::size_t branches = 12) {
    JobRecord job;
    job.job = number;
    job.issued_at_us = 1'799'999'999'000'000;
    job.height = 840'000;
    job.version = 0x20000000;
    job.nbits = 0x17034219;
    job.time = 0x65000000;
    job.coinbase_value_sats = 312'500'000;
    job.fees_sats = -1;
    job.previous = hash_of(1);
    job.coinbase_prefix.assign(100, 0x11);
    job.coinbase_suffix.assign(220, 0x22);
    for (std::size_t i = 0; i < branches; ++i)
        job.merkle_branches.push_back(hash_of(static_cast<std::uint8_t>(i)));
    return job;
}

inline WorkerRecord a_worker(std::uint32_t number = 1) {
    return {number, UserKind::name, "alice", "rack1.unit7"};
}

inline BlockRecord a_block() {
    return {1'800'000'000'000'001, 7,          1,         840'000, 0x17034219, 312'500'000, 1234,
            1'799'999'999'000'000, hash_of(9), hash_of(1)};
}

inline std::unique_ptr<JournalWriter> open_writer(const JournalFolder& folder,
                                                  JournalWriterOptions options = {}) {
    auto writer = JournalWriter::open(folder, 0, options);
    if (writer.has_error()) FAIL(writer.error().text);
    return std::move(*writer);
}

inline JournalFolder open_folder(const std::filesystem::path& path) {
    auto folder = JournalFolder::open(path);
    if (folder.has_error()) FAIL(folder.error().text);
    return std::move(*folder);
}

// Everything a reader yields from `from` on; stops at a fault.
struct ReadAll {
    std::vector<JournalEntry> entries;
    std::vector<std::uint32_t> nonces;  // of the shares, in order
    bool faulted = false;
    JournalFault fault;
};
inline ReadAll read_all(const std::filesystem::path& shard_folder, std::uint64_t from = 1,
                        std::uint64_t limit = UINT64_MAX) {
    ReadAll all;
    JournalReader reader(shard_folder, from);
    JournalEntry entry;
    auto state = JournalReader::State::record;
    while ((state = reader.next(limit, entry)) == JournalReader::State::record) {
        if (const auto* share = std::get_if<ShareRecord>(&entry.record)) all.nonces.push_back(share->nonce);
        all.entries.push_back(entry);
    }
    all.faulted = state == JournalReader::State::fault;
    if (all.faulted) all.fault = reader.fault();
    return all;
}

inline std::string file_text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_text(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace server::pool
