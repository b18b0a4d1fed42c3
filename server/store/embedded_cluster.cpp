#include "server/store/embedded_cluster.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "server/store/embedded_process.h"

namespace server::store {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using boost::system::result;

struct EmbeddedCluster::Plan {
    fs::path root;  // data_dir/postgresql
    fs::path data;  // the cluster
    fs::path log_file;
    fs::path programs;  // <version>/bin
    fs::path socket_dir;
    RunUser user;
    int version = 0;
};

namespace {

constexpr int version_min = 15;
constexpr const char* database_user = "hashyard";

std::optional<int> number_of(const std::string& text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

// The version that made the cluster, or nullopt when there is none yet.
std::optional<int> version_of_cluster(const fs::path& data) {
    std::ifstream file(data / "PG_VERSION");
    int version = 0;
    if (file >> version) return version;
    return std::nullopt;
}

result<int, ClusterProblem> choose_version(const fs::path& programs_root, std::optional<int> existing) {
    const auto has = [&](int version) {
        return fs::exists(programs_root / std::to_string(version) / "bin" / "postgres");
    };
    if (existing) {
        if (has(*existing)) return *existing;
        return ClusterProblem{
            fmt::format("the database in the data folder was made by PostgreSQL {0}; install it: apt install "
                        "postgresql-{0}",
                        *existing)};
    }
    int newest = 0;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(programs_root, missing))
        if (const auto version = number_of(entry.path().filename().string()); version && has(*version))
            newest = std::max(newest, *version);
    if (newest >= version_min) return newest;
    return ClusterProblem{fmt::format("no PostgreSQL {} or newer in {}; install it: apt install postgresql",
                                      version_min, programs_root.string())};
}

bool own(const fs::path& folder, const RunUser& user) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    return !failed && (!user.change || chown(folder.c_str(), user.uid, user.gid) == 0) &&
           chmod(folder.c_str(), 0700) == 0;
}

// sockaddr_un holds 107 letters of path; "/.s.PGSQL.5432" is 14 of them. A longer folder is replaced by a
// short one named after it, in /run when that can be written (root), else in /tmp. It must be a folder that
// the user owns alone.
result<std::string, ClusterProblem> make_socket_dir(const fs::path& root, const RunUser& user) {
    constexpr std::size_t path_letters_max = 107 - 14;
    fs::path folder = root / "socket";
    if (folder.string().size() > path_letters_max) {
        const fs::path base = access("/run", W_OK) == 0 ? "/run" : "/tmp";
        folder = base / fmt::format("hashyard-{:016x}", std::hash<std::string>{}(root.string()));
    }
    struct stat facts {};
    if (lstat(folder.c_str(), &facts) == 0 && (!S_ISDIR(facts.st_mode) || facts.st_uid != user.uid))
        return ClusterProblem{fmt::format("{} belongs to somebody else; remove it", folder.string())};
    if (!own(folder, user))
        return ClusterProblem{fmt::format("cannot make {}: {}", folder.string(), std::strerror(errno))};
    return folder.string();
}

std::string tail_of(const fs::path& log_file) {
    std::ifstream file(log_file);
    std::string line, last;
    while (std::getline(file, line))
        if (!line.empty()) last = line;
    return last;
}

std::string url_of(const fs::path& socket_dir, const char* database) {
    return fmt::format("host='{}' port=5432 dbname={} user={} connect_timeout=5", socket_dir.string(),
                       database, database_user);
}

bool answers(const fs::path& socket_dir) {
    try {
        pqxx::connection connection(url_of(socket_dir, "postgres"));
        pqxx::nontransaction(connection).exec("select 1");
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

// The database itself; `create database` cannot run in a transaction.
void ensure_database(const fs::path& socket_dir) {
    pqxx::connection connection(url_of(socket_dir, "postgres"));
    pqxx::nontransaction direct(connection);
    if (direct.exec("select from pg_database where datname = 'hashyard'").empty())
        direct.exec("create database hashyard");
}

struct LockFile {
    pid_t process = 0;
    fs::path socket_dir;
};

// postmaster.pid: line 1 the process, line 5 the socket's folder (PostgreSQL's miscadmin.h).
std::optional<LockFile> read_lock_file(const fs::path& data) {
    std::ifstream file(data / "postmaster.pid");
    std::vector<std::string> lines;
    for (std::string line; lines.size() < 5 && std::getline(file, line);) lines.push_back(line);
    if (lines.empty()) return std::nullopt;
    const auto process = number_of(lines[0]);
    if (!process) return std::nullopt;
    return LockFile{*process, lines.size() == 5 ? fs::path(lines[4]) : fs::path()};
}

}  // namespace

void throw_exception_from_error(const ClusterProblem& error, const boost::source_location&) {
    throw std::runtime_error(error.reason);
}

EmbeddedCluster::EmbeddedCluster(std::unique_ptr<Plan> plan)
    : plan_(std::move(plan)), socket_dir_(plan_->socket_dir) {}

EmbeddedCluster::~EmbeddedCluster() { stop(); }

std::string EmbeddedCluster::url() const { return url_of(socket_dir_, "hashyard"); }

namespace {

// initdb works in a folder beside and the result is renamed, so that an interrupted first start leaves no
// half cluster.
std::optional<ClusterProblem> make_cluster(const fs::path& data, const fs::path& programs,
                                           const RunUser& user, const fs::path& log_file) {
    const fs::path fresh = data.string() + ".new";
    std::error_code failed;
    fs::remove_all(fresh, failed);
    const auto status = run_program(
        {(programs / "initdb").string(), "--pgdata=" + fresh.string(), "--encoding=UTF8", "--locale=C",
         "--auth-local=trust", "--auth-host=reject", std::string("--username=") + database_user},
        user, log_file);
    if (!status) return status.error();
    if (*status != 0)
        return ClusterProblem{
            fmt::format("initdb failed: {} (see {})", tail_of(log_file), log_file.string())};
    fs::rename(fresh, data, failed);
    if (failed) return ClusterProblem{fmt::format("cannot rename {}: {}", fresh.string(), failed.message())};
    return std::nullopt;
}

// A quarter of the memory up to 512 MB: the working set is the open share partition and the slices.
std::string shared_buffers() {
    const auto bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return fmt::format("{}MB", std::clamp<std::uint64_t>(bytes / 4 >> 20, 32, 512));
}

// synchronous_commit stays on: one fsync a batch is nothing beside its COPY, and the journal may drop a
// segment as soon as the import of it is committed.
std::vector<std::string> server_arguments(const fs::path& programs, const fs::path& data,
                                          const fs::path& socket_dir) {
    std::vector<std::string> arguments{(programs / "postgres").string(), "-D", data.string()};
    for (const auto& setting :
         {std::string("listen_addresses="), "unix_socket_directories=" + socket_dir.string(),
          std::string("unix_socket_permissions=0700"), std::string("port=5432"),
          std::string("max_connections=40"), "shared_buffers=" + shared_buffers(),
          std::string("work_mem=32MB"), std::string("maintenance_work_mem=128MB"),
          std::string("checkpoint_timeout=15min"), std::string("max_wal_size=2GB"),
          std::string("wal_compression=on"), std::string("jit=off"), std::string("timezone=UTC"),
          std::string("log_timezone=UTC"), std::string("logging_collector=off"),
          std::string("log_min_messages=warning"), std::string("log_checkpoints=off"),
          std::string("log_autovacuum_min_duration=-1")}) {
        arguments.emplace_back("-c");
        arguments.push_back(setting);
    }
    return arguments;
}

// PostgreSQL tells nobody when it is ready or gone: it has to be asked again and again.
void wait_a_moment(std::chrono::milliseconds moment) { std::this_thread::sleep_for(moment); }

// Waits while the server starts or recovers; recovery of a big cluster may take minutes, so only its death
// ends the wait before 15 minutes.
bool wait_for_answer(pid_t process, const fs::path& socket_dir) {
    const auto end = std::chrono::steady_clock::now() + 15min;
    while (std::chrono::steady_clock::now() < end) {
        if (answers(socket_dir)) return true;
        if (is_gone(process)) return false;
        wait_a_moment(20ms);
    }
    return false;
}

}  // namespace

result<std::unique_ptr<EmbeddedCluster>, ClusterProblem> EmbeddedCluster::start(
    const EmbeddedClusterOptions& options) {
    auto plan = std::make_unique<Plan>();
    std::error_code failed;
    fs::create_directories(options.data_dir, failed);
    plan->root = fs::canonical(options.data_dir, failed) / "postgresql";
    if (failed)
        return ClusterProblem{fmt::format("cannot use {}: {}", options.data_dir.string(), failed.message())};
    plan->data = plan->root / "data";
    plan->log_file = plan->root / "server.log";
    const auto user = choose_run_user(options.user);
    if (!user) return user.error();
    plan->user = *user;
    if (!own(plan->root, plan->user))
        return ClusterProblem{fmt::format("cannot make {}: {}", plan->root.string(), std::strerror(errno))};
    if (const auto closed = first_closed_folder(plan->root, plan->user))
        return ClusterProblem{
            fmt::format("PostgreSQL runs as user {0}, who may not enter {1}; choose another data folder with "
                        "--data, or: chmod o+x {1}",
                        plan->user.name, closed->string())};
    const auto existing = version_of_cluster(plan->data);
    const auto version = choose_version(options.programs_root, existing);
    if (!version) return version.error();
    plan->programs = options.programs_root / std::to_string(*version) / "bin";
    if (fs::exists(plan->log_file, failed) && fs::file_size(plan->log_file, failed) > 16U << 20)
        fs::resize_file(plan->log_file, 0, failed);  // 16 MB of warnings are enough
    const auto socket_dir = make_socket_dir(plan->root, plan->user);
    if (!socket_dir) return socket_dir.error();
    plan->socket_dir = *socket_dir;
    if (!existing)
        if (auto problem = make_cluster(plan->data, plan->programs, plan->user, plan->log_file))
            return *problem;

    std::unique_ptr<EmbeddedCluster> cluster(new EmbeddedCluster(std::move(plan)));
    if (!cluster->restart())
        return ClusterProblem{fmt::format("PostgreSQL does not start: {} (see {})",
                                          tail_of(cluster->plan_->log_file),
                                          cluster->plan_->log_file.string())};
    return cluster;
}

bool EmbeddedCluster::ended() const { return process_ == 0 || is_gone(process_); }

bool EmbeddedCluster::restart() {
    adopted_ = false;
    socket_dir_ = plan_->socket_dir;
    if (const auto lock = read_lock_file(plan_->data)) {
        if (works_in(lock->process, plan_->data)) {
            // A server that an earlier hashyard left running. It may just be stopping; then we wait for its
            // end.
            if (!lock->socket_dir.empty()) socket_dir_ = lock->socket_dir;
            process_ = lock->process;
            if (wait_for_answer(lock->process, socket_dir_)) {
                adopted_ = true;
                ensure_database(socket_dir_);
                return true;
            }
            process_ = 0;
            socket_dir_ = plan_->socket_dir;
        }
        // Children of a killed server end by themselves within seconds; starting beside them would be unsafe.
        for (int i = 0; i < 3000 && any_process_works_in(plan_->data); ++i) wait_a_moment(10ms);
        if (any_process_works_in(plan_->data)) return false;
        // The number may belong to another program by now, which PostgreSQL would take for a running server.
        std::error_code failed;
        fs::remove(plan_->data / "postmaster.pid", failed);
    }
    // Shared memory of a killed server lives until the last of its children has ended, which may be a moment
    // after none of them is to be seen any more; a new server then ends at once.
    constexpr int attempts_max = 10;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        if (attempt > 0) wait_a_moment(500ms);
        const auto process = start_program(server_arguments(plan_->programs, plan_->data, plan_->socket_dir),
                                           plan_->user, plan_->log_file);
        if (!process) return false;
        process_ = *process;
        if (wait_for_answer(process_, socket_dir_)) {
            ensure_database(socket_dir_);
            return true;
        }
        const bool ended_by_itself = is_gone(process_);
        stop();
        if (!ended_by_itself) return false;
    }
    return false;
}

void EmbeddedCluster::stop() {
    if (process_ == 0) return;
    // An adopted server is not our child: its number is trusted only while it works in our folder.
    if (!adopted_ || works_in(process_, plan_->data)) {
        kill(process_, SIGINT);  // fast shutdown
        if (!wait_until_gone(process_, 60s)) {
            kill(process_, SIGQUIT);  // immediate shutdown: recovers at the next start
            wait_until_gone(process_, 10s);
        }
    }
    process_ = 0;
}

}  // namespace server::store
