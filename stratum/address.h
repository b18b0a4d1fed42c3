#pragma once
// Payout addresses: text to output script and back, for one network. Pure; any thread. Base58Check, BIP173,
// BIP350.

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "stratum/bytes.h"
#include "stratum/template.h"

namespace stratum {

enum class AddressError { not_an_address, bad_checksum, wrong_network, unsupported_kind };
// A sentence for a miner's screen: what is wrong and what to use instead.
std::string explain(AddressError error, Network network);

struct Address {
    std::string text;  // canonical: bech32 in lower case
    Bytes script;      // scriptPubKey: P2PKH, P2SH, P2WPKH, P2WSH or P2TR
};

struct ParsedAddress {
    AddressError error{};
    bool ok = false;
    Address address;
};
// Takes P2PKH, P2SH (base58check), witness v0 (bech32) and v1 of 32 bytes (bech32m); other witness versions
// are unsupported_kind. test, signet share prefixes "tb"; regtest has "bcrt" and the base58 versions of test.
[[nodiscard]] ParsedAddress parse_address(std::string_view text, Network network);

// The address of a script, empty when it has none. Tests and status pages.
std::string address_of_script(ByteView script, Network network);

}  // namespace stratum
