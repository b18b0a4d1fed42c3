#pragma once
// The browser's files, all in memory from the start: a request can only ever name a key of this map, so no
// path leads to the disk. Made once by the server, then read on the web thread.

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "server/http/reply.h"
#include "server/http/request.h"

namespace server::http {

struct EmbeddedFile {
    std::string_view path;  // as in the URL, without the first slash
    std::string_view bytes;
};

// Compiled in from web/static by embed_files.cmake.
std::span<const EmbeddedFile> embedded_files();

struct StaticFile {
    std::string content_type;
    std::string etag;  // strong: quoted SHA-256 of the bytes
    std::string bytes;
};

class StaticFiles {
  public:
    static constexpr std::size_t files_max = 1'000;
    static constexpr std::size_t bytes_max = 32 << 20;  // of all files together

    // From a folder (symbolic links are not followed; throws std::runtime_error with a remedy when it cannot
    // be read or is too large), or with an empty path those compiled in.
    explicit StaticFiles(const std::filesystem::path& web_dir);

    // "" is index.html. Null when there is none of that name.
    [[nodiscard]] const StaticFile* find(std::string_view path) const;

  private:
    void add(std::string path, std::string bytes);

    std::map<std::string, StaticFile, std::less<>> files_;
    std::size_t bytes_ = 0;
};

// 200, or 304 when If-None-Match names the file's ETag.
Reply reply_of(const StaticFile& file, std::string_view if_none_match);

}  // namespace server::http
