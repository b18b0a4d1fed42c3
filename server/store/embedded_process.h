#pragma once
// Inside the store only: the system calls under the embedded cluster. Programs run as a given user in a
// session of their own (Ctrl-C at the terminal does not reach them), and what /proc says about processes in a
// folder. Linux. Any thread.

#include <sys/types.h>

#include <boost/system/result.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace server::store {

struct ClusterProblem;  // embedded_cluster.h

// The system user that owns the cluster.
struct RunUser {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    bool change = false;  // true when this process is root and has to become it
};

// The process's own user, or, as root, `wanted`, else "postgres", else a new system user "hashyard".
boost::system::result<RunUser, ClusterProblem> choose_run_user(const std::string& wanted);

// The first folder on the way to `path` that `user` may not enter; nullopt when the way is free.
std::optional<std::filesystem::path> first_closed_folder(const std::filesystem::path& path,
                                                         const RunUser& user);

// Starts a program with standard output and error appended to `log_file`. Its environment is PATH and
// LC_ALL=C.
boost::system::result<pid_t, ClusterProblem> start_program(const std::vector<std::string>& arguments,
                                                           const RunUser& user,
                                                           const std::filesystem::path& log_file);
// As start_program, but waits. The value is the exit status (128 + signal when killed).
boost::system::result<int, ClusterProblem> run_program(const std::vector<std::string>& arguments,
                                                       const RunUser& user,
                                                       const std::filesystem::path& log_file);

// True when the process exists and works in `folder` (a postmaster and its children all do).
bool works_in(pid_t process, const std::filesystem::path& folder);
bool any_process_works_in(const std::filesystem::path& folder);
// Collects the process if it is a child that ended. True when it is gone, whoever's child it was.
bool is_gone(pid_t process);
// Polls is_gone until the time is up.
bool wait_until_gone(pid_t process, std::chrono::milliseconds at_most);

}  // namespace server::store
