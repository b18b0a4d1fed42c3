#pragma once
// A signed payout as a text file: what `copy_command` takes away before anything is sent, and what
// `hashyard payout adopt` reads after a database was lost. Any thread.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/payout_batches.h"

namespace server::wallet {

[[nodiscard]] std::string copy_text(const store::PayoutBatch& batch);
// Whole and true to itself: the transaction pays exactly the items named. `wrong` says why not.
struct ParsedCopy {
    store::PayoutBatch batch;
    std::string wrong;
};
[[nodiscard]] ParsedCopy parse_copy(std::string_view text);

// Copies that the data folder keeps, by name.
[[nodiscard]] std::vector<std::filesystem::path> copies_in(const std::filesystem::path& data_dir);
// Those of them that no batch in `known` has, damaged ones among them: sent or about to be, and forgotten by
// a database that was restored. While there are any, payouts do not go on.
[[nodiscard]] std::vector<std::filesystem::path> unknown_copies(const std::filesystem::path& data_dir,
                                                                const std::vector<store::PayoutBatch>& known);

// Writes a file that is either whole on the disk or not there. Empty: done.
[[nodiscard]] std::string write_whole(const std::filesystem::path& file, const std::string& text);
// Runs `command FILE` by the shell, at most a minute. Empty: it ended with 0.
[[nodiscard]] std::string run_copy_command(const std::string& command, const std::filesystem::path& file);

}  // namespace server::wallet
