#include "server/node/block_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "server/log.h"
#include "server/node/transaction.h"
#include "stratum/sha256.h"

namespace server::node {
namespace {

using stratum::Bytes;
using stratum::ByteView;

bool write_all(int file, ByteView bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

std::optional<StoredBlock> read_block(const std::filesystem::path& path) {
    StoredBlock out;
    const auto hash = stratum::parse_displayed(path.stem().string());
    if (!hash || std::filesystem::file_size(path) > block_weight_max) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    out.bytes = Bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    out.hash = *hash;
    if (out.bytes.size() <= 80 || stratum::sha256d(ByteView(out.bytes).first(80)) != out.hash)
        return std::nullopt;
    out.height = height_of_block(out.bytes).value_or(0);
    return out;
}

}  // namespace

BlockFiles::BlockFiles(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
}

std::filesystem::path BlockFiles::path_of(const stratum::Hash256& hash) const {
    return folder_ / (stratum::displayed(hash) + ".block");
}

bool BlockFiles::write(const stratum::Hash256& hash, ByteView bytes) const {
    const auto path = path_of(hash);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    const bool written = file >= 0 && write_all(file, bytes);
    if (!written)
        log::error("block_file_failed", {{"file", path.string()}, {"reason", std::strerror(errno)}});
    if (file >= 0) ::close(file);
    return written;
}

void BlockFiles::sync(const stratum::Hash256& hash) const {
    for (const auto& path : {path_of(hash), folder_}) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        if (::fsync(file) != 0)
            log::error("block_file_failed", {{"file", path.string()}, {"reason", std::strerror(errno)}});
        ::close(file);
    }
}

void BlockFiles::settle(const stratum::Hash256& hash, const std::string& fate) const {
    std::error_code error;
    const auto path = path_of(hash);
    if (!std::filesystem::exists(path, error)) return;
    auto settled = path;
    std::filesystem::rename(path, settled.replace_extension(fate), error);
    if (error) log::warn("block_file_failed", {{"file", path.string()}, {"reason", error.message()}});
}

std::vector<StoredBlock> BlockFiles::open_blocks() const {
    std::vector<StoredBlock> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        if (entry.path().extension() != ".block" || out.size() == open_block_files_max) continue;
        auto block = read_block(entry.path());
        if (block)
            out.push_back(std::move(*block));
        else
            log::error("block_file_damaged", {{"file", entry.path().string()}});
    }
    return out;
}

std::optional<std::uint32_t> height_of_block(ByteView block) {
    if (block.size() <= 80) return std::nullopt;
    stratum::ByteReader reader(block.subspan(80));
    static_cast<void>(reader.compact_size());
    const auto coinbase = read_transaction(reader);
    if (!coinbase || coinbase->inputs[0].script.empty()) return std::nullopt;
    const auto script = coinbase->inputs[0].script;
    if (script[0] >= 0x51 && script[0] <= 0x60) return script[0] - 0x50U;
    if (script[0] == 0 || script[0] > 4 || script.size() <= script[0]) return std::nullopt;
    std::uint32_t height = 0;
    for (std::size_t i = script[0]; i > 0; --i) height = height << 8 | script[i];
    return height;
}

}  // namespace server::node
