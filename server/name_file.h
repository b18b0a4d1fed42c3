#pragma once
// The registered user names as the database last told them, in a file of the data folder: a pool that starts
// while PostgreSQL is away still knows who may log in by name. Owned by serve(); used by its thread before
// the keeper starts, by the keeper's thread after.
//
//   hashyard-names 1      then one name a line, in order, then
//   sha256d <64 hex letters>      over everything before it
//
// A file is replaced as a whole (temporary file, fsync, rename), so a crash leaves the old set or
// the new one.

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_set>

namespace server {

class NameFile {
  public:
    using Names = std::unordered_set<std::string>;
    static constexpr std::size_t name_bytes_max = 90;      // as in the table of users
    static constexpr std::size_t names_default = 500'000;  // 45 MB of file at most

    // Names beyond `names_max` are not kept: the file stays as it was, and the log says so.
    explicit NameFile(std::filesystem::path path, std::size_t names_max = names_default);

    // Null when there is no file, or a damaged one (the log says so).
    [[nodiscard]] std::shared_ptr<const Names> read() const;
    // Writes when the set is another one than the last written. A failure is told once; the next call tries
    // again.
    void keep(std::shared_ptr<const Names> names);

  private:
    [[nodiscard]] std::string write(const std::string& text) const;  // empty, or what failed

    const std::filesystem::path path_;
    const std::size_t names_max_;
    std::shared_ptr<const Names> kept_;  // what the file holds, as far as this object wrote it
    bool told_failure_ = false;
};

}  // namespace server
