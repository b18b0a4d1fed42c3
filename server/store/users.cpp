#include "server/store/users.h"

#include "server/store/transaction.h"

namespace server::store {

namespace {

User user_of(const pqxx::row& row) {
    return {row[0].as<std::int32_t>(),
            row[1].as<std::string>() == "address" ? UserKind::address : UserKind::name,
            row[2].as<std::string>(), row[3].as<std::string>("")};
}

constexpr const char* select_user = "select id, kind, name, payout_address from users ";

}  // namespace

const char* name_of(UserKind kind) { return kind == UserKind::address ? "address" : "name"; }

Stored<AddUser> register_user(Database& database, std::string_view name, std::string_view payout_address) {
    return transact(database, [&](pqxx::work& transaction) {
        const std::string wanted(name);
        const std::string address(payout_address);
        const auto added = transaction.exec_params(
            "insert into users (kind, name, payout_address) values ('name', $1, $2) on conflict (name) do "
            "nothing",
            wanted, address);
        if (added.affected_rows() == 1) return AddUser::added;
        const auto user = user_of(
            transaction.exec_params1(std::string(select_user) + "where name = $1 for update", wanted));
        if (user.kind == UserKind::address) return AddUser::is_address;
        if (user.payout_address == address) return AddUser::unchanged;
        transaction.exec_params("update users set payout_address = $2 where id = $1", user.id, address);
        return AddUser::address_changed;
    });
}

Stored<std::optional<User>> find_user(Database& database, std::string_view name) {
    return transact(database, [&](pqxx::work& transaction) -> std::optional<User> {
        const auto rows =
            transaction.exec_params(std::string(select_user) + "where name = $1", std::string(name));
        if (rows.empty()) return std::nullopt;
        return user_of(rows[0]);
    });
}

Stored<std::vector<User>> registered_users(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<User> users;
        for (const auto& row :
             transaction.exec(std::string(select_user) + "where kind = 'name' order by name"))
            users.push_back(user_of(row));
        return users;
    });
}

}  // namespace server::store
