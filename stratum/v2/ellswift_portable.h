#pragma once
// ElligatorSwift without libsecp256k1's module: what stands in where the system's library is older (Debian
// 12). Called by ellswift.cpp and by tests. Pure; any thread. BIP324.

#include <optional>

#include "stratum/v2/ellswift.h"
#include "stratum/v2/field.h"

namespace stratum::v2::portable {

// XSwiftEC: the x coordinate that (u, t) stands for.
Field x_of(Field u, Field t);
// XSwiftECInv: the t of branch 0 to 7 with x_of(u, t) == x, where there is one. u is not zero, x on the
// curve.
std::optional<Field> t_for(const Field& u, const Field& x, unsigned branch);

XOnlyKey decode(const EllSwift& encoding);
EllSwift encode(const XOnlyKey& key, const RandomSource& random);
Secret32 ecdh(const KeyPair& own, const EllSwift& peer, Role own_role);

}  // namespace stratum::v2::portable
