#pragma once
// Registered names and their payout addresses. Any thread; one transaction each. Used by the command line
// (add, list) and by the pool's cache of names. A miner may also use a payout address as user name; such
// users appear by themselves on import.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/database.h"

namespace server::store {

enum class UserKind { address, name };
const char* name_of(UserKind kind);

struct User {
    std::int32_t id = 0;
    UserKind kind = UserKind::name;
    std::string name;            // 1 to 90 bytes
    std::string payout_address;  // empty: none yet
};

enum class AddUser {
    added,
    address_changed,  // the name was there with another address
    unchanged,
    is_address  // somebody mines under this text as a payout address
};

// The caller has validated both texts (stratum::parse_address for the chain).
[[nodiscard]] Stored<AddUser> register_user(Database& database, std::string_view name,
                                            std::string_view payout_address);
[[nodiscard]] Stored<std::optional<User>> find_user(Database& database, std::string_view name);
// Users of kind name in order of their names.
[[nodiscard]] Stored<std::vector<User>> registered_users(Database& database);

}  // namespace server::store
