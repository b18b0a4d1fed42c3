#pragma once
// What a V1 client says, decoded. Produced by codec.h, consumed by session.h. Views point into the line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stratum/reject.h"
#include "stratum/submission.h"
#include "stratum/target.h"

namespace stratum::v1 {

struct Submit {
    std::string_view worker;              // as sent; from parse_line it is empty and Request::worker has it
    std::optional<RejectReason> refused;  // the line is a submission, but not a well-formed one
    Submission submission;
};

struct Subscribe {
    std::string agent;
    std::string session_id;  // of the session to resume; empty for a new one
};

struct Authorize {
    std::string user;
    std::string password;
};

// BIP310. Only what was asked is answered.
struct Configure {
    bool version_rolling = false;
    std::uint32_t mask = 0xffffffff;
    bool minimum_difficulty = false;
    std::optional<Difficulty> minimum_difficulty_value;
    bool subscribe_extranonce = false;
    bool info = false;
    std::vector<std::string> unknown;  // extension names we do not know, answered with false
};

struct SuggestDifficulty {
    std::optional<Difficulty> difficulty;  // empty: not a usable number
};

struct ExtranonceSubscribe {};
struct GetTransactions {};
struct Ping {};
// Methods that proxies send and that need no action: answered with true.
struct Ignored {};
// A reply to something we asked (client.get_version), or a notification we do not know.
struct Silent {};
struct Unknown {
    std::string method;
};

using Body = std::variant<Submit, Subscribe, Authorize, Configure, SuggestDifficulty, ExtranonceSubscribe,
                          GetTransactions, Ping, Ignored, Silent, Unknown>;

struct Request {
    std::string id = "null";  // JSON text to be echoed
    bool has_id = false;      // an id that is not null
    std::string worker;       // of a Submit, its escapes resolved
    Body body;
};

}  // namespace stratum::v1
