#pragma once
// What the proof room is told; filled from the section [proof] of the configuration.

#include <filesystem>

namespace server::proof {

struct ProofOptions {
    std::filesystem::path data_dir = "data";
    std::filesystem::path key_file;  // empty: proof-key in the data folder, made when missing
    bool receipts = false;           // promise shares before their slice is closed
};

}  // namespace server::proof
