#pragma once
// A folder that reports are written to: files have the ending .part until all of them are there, so nobody
// takes half a report for a whole one. One thread.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/reports/report.h"

namespace server::reports {

class ReportFolder final : public ReportOutput {
  public:
    // Throws std::runtime_error with a remedy when the folder cannot be had; so do the others.
    explicit ReportFolder(const std::filesystem::path& folder);
    ~ReportFolder() override;  // removes what was not kept
    ReportFolder(const ReportFolder&) = delete;
    ReportFolder& operator=(const ReportFolder&) = delete;

    void begin(const std::string& name) override;
    void write(std::string_view bytes) override;
    void end() override;
    // All files get their names, in the order they were made.
    void keep();

    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  private:
    [[nodiscard]] std::filesystem::path part(const std::string& name) const {
        return folder_ / (name + ".part");
    }

    const std::filesystem::path folder_;
    std::ofstream file_;
    std::vector<std::string> names_;
    std::size_t kept_ = 0;
};

}  // namespace server::reports
