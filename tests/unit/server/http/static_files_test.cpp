#include "server/http/static_files.h"

#include "tests/catch.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

using server::http::reply_of;
using server::http::StaticFile;
using server::http::StaticFiles;

namespace {

class Folder {
  public:
    Folder()
        : path(std::filesystem::temp_directory_path() /
               ("hashyard-web-" + std::to_string(std::random_device{}()))) {
        std::filesystem::create_directories(path / "deep");
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    void write(const char* name, const std::string& bytes) const { std::ofstream(path / name) << bytes; }
    const std::filesystem::path path;
};

}  // namespace

TEST_CASE("A web folder that is missing or has no index is refused with what to do") {
    CHECK_THROWS_WITH(StaticFiles("/nonexistent-web-folder"),
                      Catch::Matchers::ContainsSubstring("leave web_dir empty"));
    const Folder folder;
    CHECK_THROWS_WITH(StaticFiles(folder.path), Catch::Matchers::ContainsSubstring("no index.html"));
}

TEST_CASE("Only regular files inside the folder can be named, a link out of it cannot") {
    const Folder folder;
    folder.write("index.html", "<!doctype html>");
    folder.write("deep/app.js", "1");
    std::filesystem::create_symlink("/etc/passwd", folder.path / "passwd.txt");
    std::filesystem::create_directory_symlink("/etc", folder.path / "etc");
    const StaticFiles files(folder.path);
    CHECK(files.find("deep/app.js")->content_type == "text/javascript; charset=utf-8");
    CHECK(files.find("passwd.txt") == nullptr);
    CHECK(files.find("etc/passwd") == nullptr);
    CHECK(files.find("../index.html") == nullptr);
    CHECK(files.find("deep") == nullptr);
    CHECK(files.find("")->bytes == "<!doctype html>");
}

TEST_CASE("The compiled-in page is there with its style and script") {
    const StaticFiles files({});
    REQUIRE(files.find("") != nullptr);
    CHECK(files.find("")->bytes.starts_with("<!doctype html>"));
    CHECK(files.find("status.css") != nullptr);
    CHECK(files.find("status.js") != nullptr);
    CHECK(files.find("icon.svg")->content_type == "image/svg+xml");
}

TEST_CASE("A file that the browser has is answered 304 without a body") {
    const Folder folder;
    folder.write("index.html", "abc");
    const StaticFiles files(folder.path);
    const StaticFile& file = *files.find("index.html");
    // SHA-256 of "abc", FIPS 180-2 appendix B.1.
    CHECK(file.etag == "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    CHECK(reply_of(file, "").status == 200);
    CHECK(reply_of(file, "").body == "abc");
    CHECK(reply_of(file, "\"other\"").status == 200);
    for (const std::string& match :
         {file.etag, "W/" + file.etag, std::string("*"), "\"x\" , " + file.etag + ",\"y\""}) {
        const server::http::Reply reply = reply_of(file, match);
        CHECK(reply.status == 304);
        CHECK(reply.body.empty());
    }
}
