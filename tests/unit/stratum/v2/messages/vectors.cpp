#include "tests/unit/stratum/v2/messages/vectors.h"

#include <fstream>

namespace stratum::v2 {

const nlohmann::json& vectors() {
    static const auto all = [] {
        std::ifstream in(V2_VECTORS);
        return nlohmann::json::parse(in);
    }();
    return all;
}

}  // namespace stratum::v2
