#pragma once
// The signing key: one line of 64 hexadecimal letters in a file that only its owner may read. Books thread
// and commands.

#include <filesystem>
#include <memory>
#include <string>

#include "fleet/proof/signature.h"
#include "server/proof/options.h"

namespace server::proof {

inline constexpr std::size_t key_file_bytes_max = 1024;

struct OpenedKey {
    std::unique_ptr<fleet::proof::SigningKey> key;
    std::string problem;  // why there is none, and what to do
    bool made = false;    // just now
};
[[nodiscard]] std::filesystem::path key_path(const ProofOptions& options);
// A configured file has to exist; the one in the data folder is made when missing.
[[nodiscard]] OpenedKey open_key(const ProofOptions& options);

// Replaces a file at once or not at all; on disk when it returns. Empty, or what went wrong.
[[nodiscard]] std::string write_durably(const std::filesystem::path& file, const std::string& text);

}  // namespace server::proof
