#pragma once
// The one integer of the ledger: 256 bits, unsigned, checked. Pure; any thread.
// Money in a coin's base units, work in expected hashes, weight in 2^-112 units of network work. The greatest
// product is amount times weight: 2^73 (5,000 ether in wei) times 2^120 (a window of 256 units) leaves 63
// bits of room. Arithmetic that does not fit throws std::range_error or std::overflow_error inside the
// ledger; its public functions turn that into LedgerError::overflow.

#include <boost/multiprecision/cpp_int.hpp>
#include <boost/system/result.hpp>

#include <map>
#include <ostream>
#include <stdexcept>
#include <string>

namespace fleet::ledger {

using Integer = boost::multiprecision::checked_uint256_t;

// An account is named by its bytes (a payout address or a registered name); order is by unsigned bytes.
using Weights = std::map<std::string, Integer>;

// A class and not an enum, because Integer converts to and from every enum, which makes a result of the two
// ambiguous.
struct LedgerError {
    enum class Kind { overflow, no_network_work, no_weight, bad_rule } kind = Kind::overflow;

    static const LedgerError overflow;  // a number does not fit 256 bits; nothing is paid on a wrapped number
    static const LedgerError no_network_work;  // network work of zero
    static const LedgerError no_weight;        // there is something to share and nobody to share it among
    static const LedgerError bad_rule;         // a payout rule outside its limits

    friend bool operator==(const LedgerError&, const LedgerError&) = default;
};
inline constexpr LedgerError LedgerError::overflow{Kind::overflow};
inline constexpr LedgerError LedgerError::no_network_work{Kind::no_network_work};
inline constexpr LedgerError LedgerError::no_weight{Kind::no_weight};
inline constexpr LedgerError LedgerError::bad_rule{Kind::bad_rule};
const char* name_of(LedgerError error);
inline std::ostream& operator<<(std::ostream& out, LedgerError error) { return out << name_of(error); }

template <typename T>
using LedgerResult = boost::system::result<T, LedgerError>;

// Found by argument-dependent lookup when value() is called on an error.
[[noreturn]] void throw_exception_from_error(LedgerError error, const boost::source_location& where);

// Runs arithmetic and turns what does not fit into an error.
template <typename Function>
auto checked(Function function) -> LedgerResult<decltype(function())> {
    try {
        return function();
    } catch (const std::range_error&) {
    } catch (const std::overflow_error&) {
    }
    return LedgerError::overflow;
}

}  // namespace fleet::ledger
