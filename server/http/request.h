#pragma once
// A request reduced to what handlers need, checked and decoded. Pure; RFC 9112 chapter 3 and RFC 3986.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

namespace server::http {

enum class Verb { get, head, post, put, patch, del, options, other };
const char* name_of(Verb verb);
Verb parse_verb(std::string_view text);

struct Target {
    std::vector<std::string> segments;         // of the path, percent-decoded UTF-8, none empty, "." or ".."
    std::map<std::string, std::string> query;  // decoded; the last of equal names stands
};

enum class TargetError { malformed, too_many_parts };

inline constexpr std::size_t target_segments_max = 16;
inline constexpr std::size_t target_query_max = 16;

// Takes the origin form ("/a/b?c=d") and the absolute form ("http://host/a/b?c=d").
boost::system::result<Target, TargetError> parse_target(std::string_view text);

// The name or address of a Host field, in brackets for IPv6; empty for what cannot be one. RFC 9110 7.2.
std::string parse_host(std::string_view field);

struct Request {
    Verb verb = Verb::get;
    Target target;
    std::string if_none_match;
    std::string authorization;            // a secret
    std::string host;                     // of the Host field, without its port; empty: none that can be one
    std::vector<std::string> parameters;  // what stood in the route's {braces}, in order
};

}  // namespace server::http
