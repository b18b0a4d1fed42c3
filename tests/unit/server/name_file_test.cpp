#include "server/name_file.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using server::NameFile;
namespace fs = std::filesystem;

namespace {

struct Folder : tests::TemporaryFolder {
    [[nodiscard]] fs::path file() const { return path() / "registered-names"; }
    [[nodiscard]] std::string text() const {
        std::ifstream in(file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    void put(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
};

std::shared_ptr<const NameFile::Names> set(NameFile::Names names) {
    return std::make_shared<const NameFile::Names>(std::move(names));
}

}  // namespace

TEST_CASE("Names that were kept are read back, also an empty set, and leave no other file") {
    Folder folder;
    CHECK(NameFile(folder.file()).read() == nullptr);
    for (const NameFile::Names& names : {NameFile::Names{"ann", "bob-2"}, NameFile::Names{}}) {
        NameFile(folder.file()).keep(set(names));
        const auto read = NameFile(folder.file()).read();
        REQUIRE(read != nullptr);
        CHECK(*read == names);
    }
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("Every file that was cut short, lengthened or changed in one bit is refused") {
    Folder folder;
    NameFile(folder.file()).keep(set({"ann", "bob"}));
    const auto good = folder.text();
    for (std::size_t length = 0; length < good.size(); ++length) {
        folder.put(good.substr(0, length));
        CHECK(NameFile(folder.file()).read() == nullptr);
    }
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto changed = good;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        folder.put(changed);
        CHECK(NameFile(folder.file()).read() == nullptr);
    }
    folder.put(good + "x");
    CHECK(NameFile(folder.file()).read() == nullptr);
    folder.put(good);
    CHECK(NameFile(folder.file()).read() != nullptr);
}

TEST_CASE("A set that is too large or does not fit lines leaves the last one standing") {
    Folder folder;
    NameFile file(folder.file(), 2);
    file.keep(set({"ann", "bob"}));
    file.keep(set({"ann", "bob", "cyd"}));
    file.keep(set({"two\nlines"}));
    file.keep(set({std::string(91, 'x')}));
    CHECK(*file.read() == NameFile::Names{"ann", "bob"});
    folder.put(std::string(1000, 'x'));  // larger than two names can be
    CHECK(file.read() == nullptr);
}

TEST_CASE("The file is written again only when the set changed, and after a failure") {
    Folder folder;
    NameFile file(folder.file());
    file.keep(set({"ann"}));
    fs::remove(folder.file());
    file.keep(set({"ann"}));
    CHECK(!fs::exists(folder.file()));
    fs::create_directory(folder.file());  // rename cannot replace it
    file.keep(set({"ann", "bob"}));
    CHECK(fs::is_directory(folder.file()));
    fs::remove(folder.file());
    file.keep(set({"ann", "bob"}));
    CHECK(*file.read() == NameFile::Names{"ann", "bob"});
}
