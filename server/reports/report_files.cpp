#include "server/reports/report_files.h"

#include <array>

namespace server::reports {

namespace {

constexpr std::size_t flush_bytes = 64 * 1024;

std::string finish(EVP_MD_CTX* digest) {
    std::array<unsigned char, 32> hash{};
    if (EVP_DigestFinal_ex(digest, hash.data(), nullptr) != 1) throw std::runtime_error("SHA-256 failed");
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::string out;
    for (const auto byte : hash) {
        out += hexadecimal[byte >> 4];
        out += hexadecimal[byte & 0xfU];
    }
    return out;
}

}  // namespace

void ReportFiles::begin(const std::string& name) {
    digest_.reset(EVP_MD_CTX_new());
    if (!digest_ || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    file_ = {name, {}, 0, {}};
    open_ = true;
    output_.begin(name);
}

void ReportFiles::write(std::string_view bytes) {
    if (bytes.empty()) return;
    if (EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size()) != 1)
        throw std::runtime_error("SHA-256 failed");
    output_.write(bytes);
}

void ReportFiles::flush_if_long() {
    if (buffer_.size() < flush_bytes) return;
    write(buffer_);
    buffer_.clear();
}

void ReportFiles::count(const fleet::statement::Columns& columns, const fleet::statement::Line& line) {
    ++file_.rows;
    file_.sums.add(columns, line);
}

void ReportFiles::end() {
    write(buffer_);
    buffer_.clear();
    file_.sha256 = finish(digest_.get());
    output_.end();
    open_ = false;
    files_.push_back(std::move(file_));
}

std::string sha256_hex(std::string_view bytes) {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1 ||
        EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size()) != 1)
        throw std::runtime_error("SHA-256 failed");
    return finish(digest.get());
}

}  // namespace server::reports
