// hashyard-v2-hostile: a client that breaks the rules of Stratum V2, one way a run. Loopback only. Exit 0:
// the pool did what it must and still serves an honest miner. Driven by tests/integration/v2_hostile.py.
//
//   hashyard-v2-hostile --list [KIND]      names, of one kind: plain, waits, blocks
//   hashyard-v2-hostile URL USER CASE...

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "tests/integration/v2_hostile/cases.h"

namespace hostile {

namespace {

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (const auto& group :
         {handshake_cases(), setup_cases(), channel_cases(), share_cases(), flood_cases()})
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

const char* kind_of(const Case& one) {
    if (one.finds_blocks) return "blocks";
    return one.waits ? "waits" : "plain";
}

bool run(const Case& one, const Arena& arena) {
    const auto started = Clock::now();
    const char* part = one.name;
    try {
        one.run(arena);
        part = "service after it";
        require_service(arena);
    } catch (const std::exception& error) {
        std::printf("%s: %s: %s\n", one.name, part, error.what());
        return false;
    }
    std::printf("%s: ok, %.1f s\n", one.name, std::chrono::duration<double>(Clock::now() - started).count());
    std::fflush(stdout);
    return true;
}

int main_of(const std::vector<std::string>& words) {
    const auto all = all_cases();
    if (!words.empty() && words[0] == "--list") {
        for (const Case& one : all)
            if (words.size() < 2 || words[1] == kind_of(one)) std::puts(one.name);
        return 0;
    }
    if (words.size() < 3 || words[0].find("://127.") == std::string::npos) {
        std::fputs("usage: hashyard-v2-hostile --list | stratum2+tcp://127.x.x.x:PORT/KEY USER CASE...\n",
                   stderr);
        return 2;
    }
    const Arena arena{.url = words[0], .user = words[1]};
    std::size_t ran = 0;
    bool well = true;
    for (const Case& one : all)
        if (std::find(words.begin() + 2, words.end(), one.name) != words.end()) {
            ++ran;
            well = run(one, arena) && well;
        }
    return well && ran == words.size() - 2 ? 0 : 1;
}

}  // namespace
}  // namespace hostile

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return hostile::main_of({argv + 1, argv + argc});
}
