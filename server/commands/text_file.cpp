#include "server/commands/text_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/commands/database_visit.h"

namespace server::commands {

std::optional<std::string> text_of_file(const Visit& visit, const std::string& file, std::size_t bytes_max) {
    std::error_code unknown;
    const auto size = std::filesystem::file_size(file, unknown);
    std::ifstream in(file, std::ios::binary);
    if (unknown || !in) {
        failed(visit, file + " cannot be read");
        return std::nullopt;
    }
    if (size > bytes_max) {
        failed(visit, file + " is too large: at most " + std::to_string(bytes_max) + " bytes; split it");
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace server::commands
