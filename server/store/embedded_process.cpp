#include "server/store/embedded_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <system_error>
#include <thread>

#include "server/store/embedded_cluster.h"

namespace server::store {

namespace fs = std::filesystem;
using boost::system::result;

namespace {

std::optional<RunUser> find_user(const std::string& name) {
    std::array<char, 16'384> text{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
        return std::nullopt;
    return RunUser{name, entry.pw_uid, entry.pw_gid, true};
}

// The threads that serve miners go first on a busy machine; what the database lags, the journal holds.
constexpr int cluster_niceness = 10;

// Runs in the child between fork and exec: system calls only.
[[noreturn]] void become(const std::vector<char*>& arguments, const RunUser& user, int log) {
    static const std::array<const char*, 3> environment{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
                                                        nullptr};
    setsid();
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    // Sockets and journals of this process are opened with O_CLOEXEC; this closes what a library may have
    // left open.
    close_range(3, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) signal(number, SIG_DFL);
    if (user.change && (setgroups(0, nullptr) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0))
        _exit(126);
    setpriority(PRIO_PROCESS, 0, cluster_niceness);
    umask(0077);
    if (chdir("/") != 0) _exit(126);
    execve(arguments.front(), arguments.data(), const_cast<char* const*>(environment.data()));
    _exit(127);
}

}  // namespace

result<RunUser, ClusterProblem> choose_run_user(const std::string& wanted) {
    if (geteuid() != 0) {
        passwd* entry = getpwuid(geteuid());
        return RunUser{entry != nullptr ? entry->pw_name : std::to_string(geteuid()), geteuid(), getegid(),
                       false};
    }
    if (!wanted.empty()) {
        auto user = find_user(wanted);
        if (!user)
            return ClusterProblem{
                fmt::format("there is no system user \"{}\"; create it or change embedded_user", wanted)};
        if (user->uid == 0)
            return ClusterProblem{
                "PostgreSQL does not run as root; set embedded_user to an unprivileged user"};
        return *user;
    }
    for (const auto* name : {"postgres", "hashyard"})
        if (auto user = find_user(name)) return *user;
    const RunUser root{"root", 0, 0, false};
    const auto added = run_program({"/usr/sbin/useradd", "--system", "--user-group", "--no-create-home",
                                    "--shell", "/usr/sbin/nologin", "hashyard"},
                                   root, "/dev/null");
    auto user = find_user("hashyard");
    if (!added || *added != 0 || !user)
        return ClusterProblem{
            "no unprivileged user for PostgreSQL: useradd failed; create one and set embedded_user"};
    return *user;
}

std::optional<fs::path> first_closed_folder(const fs::path& path, const RunUser& user) {
    fs::path folder;
    for (const auto& part : path) {
        folder /= part;
        struct stat facts {};
        if (stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) return folder;
        const mode_t bit = facts.st_uid == user.uid ? S_IXUSR : facts.st_gid == user.gid ? S_IXGRP : S_IXOTH;
        if ((facts.st_mode & bit) == 0) return folder;
    }
    return std::nullopt;
}

result<pid_t, ClusterProblem> start_program(const std::vector<std::string>& arguments, const RunUser& user,
                                            const fs::path& log_file) {
    std::vector<std::string> copies = arguments;
    std::vector<char*> pointers;
    for (auto& argument : copies) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        return ClusterProblem{fmt::format("cannot write {}: {}", log_file.string(), std::strerror(errno))};
    const pid_t child = fork();
    if (child == 0) become(pointers, user, log);
    const int error = errno;
    close(log);
    if (child < 0)
        return ClusterProblem{fmt::format("cannot start {}: {}", arguments.front(), std::strerror(error))};
    return child;
}

result<int, ClusterProblem> run_program(const std::vector<std::string>& arguments, const RunUser& user,
                                        const fs::path& log_file) {
    const auto child = start_program(arguments, user, log_file);
    if (!child) return child.error();
    int status = 0;
    while (waitpid(*child, &status, 0) < 0)
        if (errno != EINTR) return ClusterProblem{fmt::format("lost sight of {}", arguments.front())};
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool works_in(pid_t process, const fs::path& folder) {
    std::error_code unreadable;
    const auto link = fs::read_symlink(fmt::format("/proc/{}/cwd", process), unreadable);
    if (unreadable) return false;
    std::error_code gone;
    return fs::equivalent(link, folder, gone) && !is_gone(process);
}

bool any_process_works_in(const fs::path& folder) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator("/proc", failed)) {
        const auto name = entry.path().filename().string();
        pid_t process = 0;
        const auto read = std::from_chars(name.data(), name.data() + name.size(), process);
        if (read.ec == std::errc{} && read.ptr == name.data() + name.size() && works_in(process, folder))
            return true;
    }
    return false;
}

bool is_gone(pid_t process) {
    int status = 0;
    if (waitpid(process, &status, WNOHANG) == process) return true;
    return kill(process, 0) != 0 && errno == ESRCH;
}

bool wait_until_gone(pid_t process, std::chrono::milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!is_gone(process)) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace server::store
