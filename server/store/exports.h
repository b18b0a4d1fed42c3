#pragma once
// What was exported, with its hash. Any thread; one transaction each. An export of closed months comes out
// the same for ever (I12); one that does not is kept as a finding and freezes payouts.

#include <cstdint>
#include <string>
#include <vector>

#include "server/store/database.h"

namespace server::store {

struct ExportRecord {
    std::string kind;
    std::string format;
    std::string parameters;  // canonical: the same question, the same text
    std::string sha256;      // hex, of the manifest, which holds those of the files
    std::int64_t rows = 0;
    std::string sums;  // JSON
    bool closed = false;
};
// Empty, or why it may not be handed out.
[[nodiscard]] Stored<std::string> note_export(Database& database, const ExportRecord& record);

}  // namespace server::store
