#include "server/name_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "server/log.h"
#include "stratum/bytes.h"
#include "stratum/sha256.h"

namespace server {
namespace {

constexpr std::string_view head = "hashyard-names 1\n";
constexpr std::string_view seal_word = "sha256d ";
constexpr std::size_t seal_bytes = seal_word.size() + 64 + 1;

std::string seal_of(std::string_view text) {
    const auto hash =
        stratum::sha256d({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return std::string(seal_word) + stratum::to_hex(hash.bytes) + "\n";
}

std::string text_of(const NameFile::Names& names) {
    std::vector<std::string_view> sorted(names.begin(), names.end());
    std::sort(sorted.begin(), sorted.end());
    std::string text(head);
    for (const auto name : sorted) (text += name) += '\n';
    return text += seal_of(text);
}

std::optional<NameFile::Names> names_of(std::string_view text) {
    if (!text.starts_with(head) || text.size() < head.size() + seal_bytes) return std::nullopt;
    const auto sealed = text.substr(0, text.size() - seal_bytes);
    if (seal_of(sealed) != text.substr(sealed.size())) return std::nullopt;
    NameFile::Names names;
    for (auto rest = sealed.substr(head.size()); !rest.empty();) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos || end == 0 || end > NameFile::name_bytes_max) return std::nullopt;
        names.emplace(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    return names;
}

std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// The folder: a renamed file has its new name on the disk only after this.
bool sync_folder(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool synced = ::fsync(file) == 0;
    ::close(file);
    return synced;
}

bool fits_a_line(const std::string& name) {
    return !name.empty() && name.size() <= NameFile::name_bytes_max && name.find('\n') == std::string::npos;
}

}  // namespace

NameFile::NameFile(std::filesystem::path path, std::size_t names_max)
    : path_(std::move(path)), names_max_(names_max) {}

std::shared_ptr<const NameFile::Names> NameFile::read() const {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path_, missing);
    if (missing) return nullptr;
    std::optional<Names> names;
    if (bytes <= head.size() + names_max_ * (name_bytes_max + 1) + seal_bytes) {
        std::ifstream in(path_, std::ios::binary);
        names = names_of(std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
    }
    if (names) return std::make_shared<const Names>(std::move(*names));
    log::warn("names_file_damaged",
              {{"file", path_.string()}, {"effect", "names are unknown until the database answers"}});
    return nullptr;
}

void NameFile::keep(std::shared_ptr<const Names> names) {
    if (kept_ && *kept_ == *names) return;
    std::string problem;
    if (names->size() > names_max_)
        problem = "more names than " + std::to_string(names_max_) + "; the last smaller set stays";
    else if (!std::all_of(names->begin(), names->end(), fits_a_line))
        problem = "a name is empty, too long or holds a newline; the last set stays";
    else
        problem = write(text_of(*names));
    if (problem.empty())
        kept_ = std::move(names);
    else if (!told_failure_)
        log::warn("names_not_kept", {{"file", path_.string()}, {"reason", problem}});
    told_failure_ = !problem.empty();
}

std::string NameFile::write(const std::string& text) const {
    auto fresh = path_;
    fresh += ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) return failed("open " + fresh.string());
    std::string problem;
    if (!write_all(file, text) || ::fsync(file) != 0) problem = failed("write " + fresh.string());
    ::close(file);
    if (problem.empty() && ::rename(fresh.c_str(), path_.c_str()) != 0)
        problem = failed("rename to " + path_.string());
    if (problem.empty() && !sync_folder(path_.parent_path())) problem = failed("sync the folder");
    return problem;
}

}  // namespace server
