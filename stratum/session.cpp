#include "stratum/session.h"

namespace stratum {

std::string_view name_of(CloseReason reason) {
    switch (reason) {
        case CloseReason::none:
            return "none";
        case CloseReason::line_too_long:
            return "line_too_long";
        case CloseReason::not_stratum:
            return "not_stratum";
        case CloseReason::junk:
            return "junk";
        case CloseReason::misbehaviour:
            return "misbehaviour";
        case CloseReason::login_timeout:
            return "login_timeout";
        case CloseReason::idle:
            return "idle";
        case CloseReason::slow_reader:
            return "slow_reader";
        case CloseReason::prefixes_exhausted:
            return "prefixes_exhausted";
        case CloseReason::handshake_failed:
            return "handshake_failed";
        case CloseReason::protocol_error:
            return "protocol_error";
        case CloseReason::setup_refused:
            return "setup_refused";
    }
    return "none";
}

}  // namespace stratum
