#pragma once
// Inside this room: the files of a report under way, hashed and counted as they are written. One thread.

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fleet/statement/manifest.h"
#include "server/reports/report.h"

namespace server::reports {

// Ends a report; the text is for a person.
struct ReportRefusal : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class ReportFiles {
  public:
    explicit ReportFiles(ReportOutput& output) : output_(output) {}

    void begin(const std::string& name);
    void write(std::string_view bytes);
    // Pending bytes; writers append here and call flush_if_long() between rows.
    std::string& buffer() { return buffer_; }
    void flush_if_long();
    void count(const fleet::statement::Columns& columns, const fleet::statement::Line& line);
    void count_row() { ++file_.rows; }
    void end();

    [[nodiscard]] bool is_open() const { return open_; }
    [[nodiscard]] std::size_t rows_of_file() const { return file_.rows; }
    [[nodiscard]] std::vector<fleet::statement::ManifestFile> take() { return std::move(files_); }

  private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    ReportOutput& output_;
    std::unique_ptr<EVP_MD_CTX, Free> digest_;
    std::string buffer_;
    bool open_ = false;
    fleet::statement::ManifestFile file_;
    std::vector<fleet::statement::ManifestFile> files_;
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace server::reports
