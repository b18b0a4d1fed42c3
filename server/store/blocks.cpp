#include "server/store/blocks.h"

#include "server/store/transaction.h"

namespace server::store {

const char* name_of(BlockState state) {
    switch (state) {
        case BlockState::submitted:
            return "submitted";
        case BlockState::immature:
            return "immature";
        case BlockState::mature:
            return "mature";
        case BlockState::orphaned:
            return "orphaned";
    }
    return "unknown";
}

Stored<NewsTaken> record_block_news(Database& database, const BlockNews& news) {
    return transact(database, [&](pqxx::work& transaction) {
        const std::string state = name_of(news.state);
        const auto hash = bytea(news.hash);
        const auto confirmations = static_cast<std::int32_t>(news.confirmations);
        const auto rows = transaction.exec_params(
            "select state from blocks where coin = $1 and hash = $2::bytea for update", news.coin, hash);
        if (rows.empty()) return NewsTaken::unknown;
        transaction.exec_params(
            "update blocks set state = $3, confirmations = $4 where coin = $1 and hash = $2::bytea",
            news.coin, hash, state, confirmations);
        if (rows[0][0].as<std::string>() == state) return NewsTaken::repeated;
        transaction.exec_params(
            "insert into block_events (coin, hash, state, confirmations, node, detail, at) values ($1, "
            "$2::bytea, $3, $4, $5, $6, coalesce(to_timestamp(nullif($7::bigint, 0) / 1000000.0), now()))",
            news.coin, hash, state, confirmations, news.node, news.detail, news.at_us);
        return NewsTaken::recorded;
    });
}

Stored<std::vector<stratum::Hash256>> open_blocks(Database& database, std::string_view coin) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<stratum::Hash256> hashes;
        for (const auto& row :
             transaction.exec_params("select encode(hash, 'hex') from blocks where coin = $1 and "
                                     "state in ('submitted', 'immature') order by found_at_us",
                                     std::string(coin)))
            hashes.push_back(hash_of(row[0]));
        return hashes;
    });
}

}  // namespace server::store
