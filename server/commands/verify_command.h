#pragma once
// `hashyard verify block|slice|statement|receipt FILE`: judges a proof file. Needs no configuration, no
// database and no network. Main thread.

#include <filesystem>
#include <iosfwd>
#include <string>

#include "fleet/proof/verify.h"

namespace server::commands {

struct VerifyCommand {
    fleet::proof::FileKind kind = fleet::proof::FileKind::block;
    std::filesystem::path file;
    std::string key;  // hex; empty: any
};

// Prints what was checked. 0: all holds; 1: something does not; 2: the file or the key cannot be read.
int run_verify_command(const VerifyCommand& command, std::ostream& out, std::ostream& error_out);

}  // namespace server::commands
