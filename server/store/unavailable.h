#pragma once
// How the store says that PostgreSQL cannot answer now: a value, so that callers keep mining and try again.

#include <boost/system/result.hpp>

#include <initializer_list>
#include <ostream>
#include <string>

namespace server::store {

// PostgreSQL is away, starting, stopping, out of a resource or too slow; nothing of the call stands, or
// (rare, after a lost connection at commit) all of it. Functions that write can be called again: they are
// idempotent or check what stands.
struct Unavailable {
    // Braces only: being constructible from a string would make result<std::string, Unavailable> ambiguous.
    Unavailable() = default;
    Unavailable(std::initializer_list<std::string> text) : reason(*text.begin()) {}
    std::string reason;  // a sentence for the operator; no secret
    // PostgreSQL answers, but did not finish this in its time limit, or waited too long for a lock.
    bool too_slow = false;
};

inline std::ostream& operator<<(std::ostream& out, const Unavailable& error) { return out << error.reason; }

template <typename T>
using Stored = boost::system::result<T, Unavailable>;

// Lets value() on a failed result throw; found by argument-dependent lookup.
[[noreturn]] void throw_exception_from_error(const Unavailable& error, const boost::source_location& where);

}  // namespace server::store
