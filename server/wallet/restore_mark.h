#pragma once
// Notices a database that was brought back from a backup: the data folder keeps which database it belongs to
// and how many payouts that had signed; a database that knows less is older than the folder. Written before
// anything is sent. Books thread, or a command's.

#include <filesystem>
#include <string>

#include "server/store/payout_batches.h"

namespace server::wallet {

// Empty: folder and database belong together.
[[nodiscard]] std::string why_not_trusted(const std::filesystem::path& data_dir,
                                          const store::PayoutMark& database);
// Empty: written.
[[nodiscard]] std::string write_mark(const std::filesystem::path& data_dir, const store::PayoutMark& mark);

}  // namespace server::wallet
