#include "tests/unit/stratum/v2/key_world.h"

#include <fstream>

namespace stratum::v2 {

const nlohmann::json& vectors() {
    static const auto all = nlohmann::json::parse(std::ifstream(STRATUM_V2_VECTORS));
    return all;
}

}  // namespace stratum::v2
