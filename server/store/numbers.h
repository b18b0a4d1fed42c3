#pragma once
// Inside the store only: numbers between PostgreSQL's numeric, stratum's 256 bits and the ledger's.

#include <pqxx/pqxx>

#include "fleet/ledger/integer.h"
#include "stratum/uint256.h"

namespace server::store {

inline fleet::ledger::Integer integer_of(const pqxx::field& field) {
    return fleet::ledger::Integer(field.c_str());
}

inline fleet::ledger::Integer integer_of(const stratum::Uint256& value) {
    fleet::ledger::Integer out = 0;
    for (std::size_t i = 4; i-- > 0;) out = (out << 64) | value.limb(i);
    return out;
}

inline stratum::Uint256 uint256_of(const fleet::ledger::Integer& value) {
    const fleet::ledger::Integer mask = ~0ULL;
    const auto limb = [&](unsigned index) {
        return static_cast<std::uint64_t>((value >> (64 * index)) & mask);
    };
    return {limb(0), limb(1), limb(2), limb(3)};
}

}  // namespace server::store
