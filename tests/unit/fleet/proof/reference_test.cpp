// Proof files of blocks as a second program sees them, which shares nothing with ours but the description.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/unit/fleet/proof/sample_world.h"

using namespace proof_samples;
using tests::TemporaryFolder;

namespace {

std::string ask_reference(const TemporaryFolder& folder, const std::string& file) {
    const auto path = folder.path() / "block";
    std::ofstream(path, std::ios::binary) << file;
    FILE* pipe = popen(("python3 " BUNDLE_REFERENCE " " + path.string() + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string answer;
    std::array<char, 4096> chunk{};
    while (const auto bytes = fread(chunk.data(), 1, chunk.size(), pipe)) answer.append(chunk.data(), bytes);
    pclose(pipe);
    return answer;
}

}  // namespace

TEST_CASE("a second implementation in Python agrees that bundles hold, and when they do not") {
    if (std::system("python3 -c pass > /dev/null 2>&1") != 0) {
        std::cerr << "skipped: python3 is not installed, so the second reader of bundles cannot be asked\n";
        return;
    }
    const TemporaryFolder folder;
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    const SampleWorld world(seed);
    for (const std::uint64_t frozen : {520U, 477U, 130U}) {
        const auto bundle = world.bundle(frozen);
        CHECK(ask_reference(folder, world.block_file(bundle)) ==
              "holds " + std::to_string(bundle.lines.size()) + " " + std::to_string(bundle.slices.size()) +
                  "\n");
    }
    CHECK(ask_reference(folder, world.block_file(world.empty_bundle())) == "holds 1 0\n");
    auto bent = world.bundle(520);
    bent.lines[0].amount += 1;
    CHECK_THAT(ask_reference(folder, world.block_file(bent)),
               Catch::Matchers::ContainsSubstring("another amount"));
    bent = world.bundle(520);
    bent.works[0].edge += 1;
    CHECK_THAT(ask_reference(folder, world.block_file(bent)),
               Catch::Matchers::ContainsSubstring("weighs another"));
}
