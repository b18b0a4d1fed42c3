#include "server/http/static_files.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace server::http {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> content_types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string content_type_of(std::string_view path) {
    for (const auto& [ending, type] : content_types) {
        if (path.ends_with(ending)) return std::string(type);
    }
    return "application/octet-stream";
}

std::string etag_of(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int digest_bytes = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &digest_bytes, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available in this OpenSSL: repair the OpenSSL installation");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (std::size_t i = 0; i < digest_bytes; ++i) {
        out.push_back(digits[digest[i] >> 4]);
        out.push_back(digits[digest[i] & 15]);
    }
    return out + '"';
}

// RFC 9110 13.1.2: "*" or a list of entity tags, compared weakly.
bool names_etag(std::string_view if_none_match, std::string_view etag) {
    while (!if_none_match.empty()) {
        const std::size_t comma = if_none_match.find(',');
        std::string_view one = if_none_match.substr(0, comma);
        if_none_match =
            comma == std::string_view::npos ? std::string_view() : if_none_match.substr(comma + 1);
        while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
        while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
        if (one == "*") return true;
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == etag) return true;
    }
    return false;
}

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("web_dir: cannot read " + path.string() + ": check its permissions");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

StaticFiles::StaticFiles(const std::filesystem::path& web_dir) {
    if (web_dir.empty()) {
        for (const EmbeddedFile& file : embedded_files())
            add(std::string(file.path), std::string(file.bytes));
        return;
    }
    std::error_code error;
    std::filesystem::recursive_directory_iterator it(web_dir, error);
    if (error) {
        throw std::runtime_error("web_dir: cannot open " + web_dir.string() + " (" + error.message() +
                                 "): name the folder that holds index.html, or leave web_dir empty");
    }
    for (const auto end = std::filesystem::recursive_directory_iterator(); it != end; ++it) {
        if (it->symlink_status().type() != std::filesystem::file_type::regular) continue;
        if (it->file_size() > bytes_max)
            throw std::runtime_error("web_dir: " + it->path().string() + " is too large");
        add(it->path().lexically_relative(web_dir).generic_string(), read_whole(it->path()));
    }
    if (find("") == nullptr) {
        throw std::runtime_error("web_dir: there is no index.html in " + web_dir.string() +
                                 ": build the web app first, or leave web_dir empty");
    }
}

void StaticFiles::add(std::string path, std::string bytes) {
    bytes_ += bytes.size();
    if (files_.size() == files_max || bytes_ > bytes_max) {
        throw std::runtime_error(
            "web_dir: more than 1,000 files or 32 MiB: name the folder of the built web app");
    }
    StaticFile file;
    file.content_type = content_type_of(path);
    file.etag = etag_of(bytes);
    file.bytes = std::move(bytes);
    files_.insert_or_assign(std::move(path), std::move(file));
}

const StaticFile* StaticFiles::find(std::string_view path) const {
    const auto it = files_.find(path.empty() ? std::string_view("index.html") : path);
    return it == files_.end() ? nullptr : &it->second;
}

Reply reply_of(const StaticFile& file, std::string_view if_none_match) {
    Reply out;
    out.fields = {{"ETag", file.etag}, {"Cache-Control", "no-cache"}};
    if (names_etag(if_none_match, file.etag)) {
        out.status = 304;
        return out;
    }
    out.content_type = file.content_type;
    out.body = file.bytes;
    return out;
}

}  // namespace server::http
