#include "tests/integration/books/farm_world.h"

#include "server/store/transaction.h"

namespace integration {

std::string FarmWorld::refusal_of(const std::string& sql) {
    try {
        static_cast<void>(
            server::store::transact(*database, [&](pqxx::work& transaction) { transaction.exec(sql); }));
    } catch (const std::exception& failure) {
        return failure.what();
    }
    return {};
}

void FarmWorld::damage(const std::string& sql) {
    REQUIRE(server::store::transact(*database, [&](pqxx::work& transaction) {
                transaction.exec("set local session_replication_role = replica");
                transaction.exec(sql);
                return true;
            }).value());
}

}  // namespace integration
