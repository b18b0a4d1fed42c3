#include "stratum/v1/login.h"

namespace stratum::v1 {

PasswordOptions parse_password(std::string_view text) {
    PasswordOptions out;
    while (!text.empty()) {
        const auto end = text.find_first_of(",; ");
        const auto option = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const auto equals = option.find('=');
        if (equals == std::string_view::npos) continue;
        const auto name = option.substr(0, equals);
        const auto value = Difficulty::parse(option.substr(equals + 1));
        if (!value) continue;
        if (name == "d" || name == "fd" || name == "diff")
            out.fixed = value;
        else if (name == "md")
            out.least = value;
    }
    return out;
}

}  // namespace stratum::v1
