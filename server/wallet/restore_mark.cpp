#include "server/wallet/restore_mark.h"

#include <fstream>

#include "server/wallet/payout_copy.h"

namespace server::wallet {

namespace {

std::filesystem::path file_of(const std::filesystem::path& data_dir) { return data_dir / "payout-mark"; }

}  // namespace

std::string why_not_trusted(const std::filesystem::path& data_dir, const store::PayoutMark& database) {
    std::ifstream in(file_of(data_dir));
    store::PayoutMark kept;
    if (!in) {
        if (database.epoch == 0) return {};
        return "the data folder has no payout-mark, but the database has signed payouts";
    }
    if (!(in >> kept.database_id >> kept.epoch)) return "the file payout-mark cannot be read";
    if (kept.database_id != database.database_id) return "the data folder belongs to another database";
    if (kept.epoch > database.epoch)
        return "the database knows " + std::to_string(database.epoch) + " signed payouts, the data folder " +
               std::to_string(kept.epoch) + ": it is older";
    return {};
}

std::string write_mark(const std::filesystem::path& data_dir, const store::PayoutMark& mark) {
    return write_whole(file_of(data_dir), mark.database_id + " " + std::to_string(mark.epoch) + "\n");
}

}  // namespace server::wallet
