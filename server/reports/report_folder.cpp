#include "server/reports/report_folder.h"

#include <stdexcept>

namespace server::reports {

ReportFolder::ReportFolder(const std::filesystem::path& folder) : folder_(folder) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error || !std::filesystem::is_directory(folder_, error))
        throw std::runtime_error("the folder " + folder_.string() + " cannot be made: choose another --out");
}

ReportFolder::~ReportFolder() {
    file_.close();
    std::error_code ignored;
    for (std::size_t i = kept_; i < names_.size(); ++i) std::filesystem::remove(part(names_[i]), ignored);
}

void ReportFolder::begin(const std::string& name) {
    names_.push_back(name);
    file_.open(part(name), std::ios::binary | std::ios::trunc);
    if (!file_) throw std::runtime_error(part(name).string() + " cannot be written: is the folder yours?");
}

void ReportFolder::write(std::string_view bytes) {
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void ReportFolder::end() {
    file_.close();
    if (!file_)
        throw std::runtime_error(part(names_.back()).string() + " cannot be written: is the disk full?");
}

void ReportFolder::keep() {
    for (; kept_ < names_.size(); ++kept_)
        std::filesystem::rename(part(names_[kept_]), folder_ / names_[kept_]);
}

}  // namespace server::reports
