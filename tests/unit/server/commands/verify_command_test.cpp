// `hashyard verify` as a stranger runs it: what it prints and how it ends.

#include "server/commands/verify_command.h"

#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/unit/fleet/proof/sample_world.h"

using namespace proof_samples;
using server::commands::run_verify_command;
using tests::TemporaryFolder;

TEST_CASE("verify ends with 0 for what holds, 1 for what does not, 2 for what cannot be read") {
    const TemporaryFolder folder;
    const SampleWorld world(1, 200);
    const auto file = folder.path() / "slice";
    const auto run = [&](const std::string& text, const std::string& key) {
        std::ofstream(file, std::ios::binary) << text;
        std::ostringstream out;
        std::ostringstream error;
        const int result = run_verify_command({FileKind::slice, file, key}, out, error);
        return std::to_string(result) + "\n" + out.str() + error.str();
    };
    const auto whole = world.slice_file(1, 4, 60);
    const auto good = run(whole, hex_of(world.key.public_key()));
    CHECK(good.starts_with("0\nholds  The tree head is signed\nholds  Slice 1 can be\n"));
    CHECK(good.ends_with("the key you gave.\nAll of it holds.\n"));
    CHECK_THAT(run(whole, ""),
               Catch::Matchers::ContainsSubstring("Is that the pool's key? Give it with --key."));
    const auto wrong_key = run(whole, std::string(64, '0'));
    CHECK(wrong_key.starts_with("1\n"));
    CHECK(wrong_key.ends_with("It does NOT hold.\n"));
    auto bent = whole;
    bent.replace(bent.find("\nwork "), 6, "\nwork 1");
    CHECK(run(bent, "").starts_with("1\n"));
    CHECK(run("nothing", "").starts_with("2\n"));
    CHECK(run(whole.substr(0, 400), "").starts_with("2\n"));
    CHECK(run(whole, "ABC").starts_with("2\nhashyard: --key takes"));
    std::ostringstream out;
    std::ostringstream error;
    CHECK(run_verify_command({FileKind::slice, folder.path() / "absent", {}}, out, error) == 2);
}
