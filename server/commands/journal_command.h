#pragma once
// `hashyard journal list|verify|show`: what the share journal holds, for people and programs. Reads only;
// safe beside a running server, which may be writing the last frames. Kept apart from main.cpp because it
// wires nothing.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>

namespace server::commands {

struct JournalCommand {
    enum class Kind { list, verify, show } kind = Kind::list;
    // The data folder, its journal folder, a shard's folder, or one segment file.
    std::filesystem::path path{};
    std::optional<unsigned> shard{};
    std::uint64_t from = 1;    // show: first sequence
    std::uint64_t limit = 20;  // show: records
    bool json = false;         // one JSON object a line
};

// list: segments. verify: reads everything and tells each fault. show: records. Returns the exit code: 0, or
// 1 when there is a fault or nothing to read.
int run_journal_command(const JournalCommand& command, std::ostream& out);

}  // namespace server::commands
