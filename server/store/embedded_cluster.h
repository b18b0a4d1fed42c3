#pragma once
// Hashyard's own PostgreSQL: made with the distribution's programs in data_dir/postgresql, reached over a
// Unix socket only. Used by main.cpp when no database URL is configured; main thread. Started as root it runs
// as an unprivileged user, who gets data_dir/postgresql and nothing else. The server may outlive a killed
// hashyard (it is in a session of its own): the next start adopts it. A cluster left behind by a crash of the
// machine is started again and recovers by itself. On disk: data/ the cluster, server.log, socket/ (or a
// short folder elsewhere, see socket_dir()).

#include <sys/types.h>

#include <boost/system/result.hpp>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <string>

namespace server::store {

// Why there is no cluster, and what to do about it: one sentence for the operator.
struct ClusterProblem {
    // Braces only: being constructible from a string would make result<std::string, ClusterProblem>
    // ambiguous.
    ClusterProblem() = default;
    ClusterProblem(std::initializer_list<std::string> text) : reason(*text.begin()) {}
    std::string reason;
};
inline std::ostream& operator<<(std::ostream& out, const ClusterProblem& error) {
    return out << error.reason;
}
[[noreturn]] void throw_exception_from_error(const ClusterProblem& error,
                                             const boost::source_location& where);

struct EmbeddedClusterOptions {
    std::filesystem::path data_dir;  // the cluster lives in data_dir / "postgresql"
    std::string user;                // only asked as root; empty: choose (StoreOptions::embedded_user)
    std::filesystem::path programs_root = "/usr/lib/postgresql";  // where Debian puts <version>/bin
};

class EmbeddedCluster {
  public:
    // Makes the cluster if there is none, adopts or starts the server and waits until it answers (crash
    // recovery included).
    static boost::system::result<std::unique_ptr<EmbeddedCluster>, ClusterProblem> start(
        const EmbeddedClusterOptions& options);
    // Stops the server (fast shutdown, open transactions are rolled back) unless stop() was called.
    ~EmbeddedCluster();
    EmbeddedCluster(const EmbeddedCluster&) = delete;
    EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

    // A keyword string for Database.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] const std::filesystem::path& socket_dir() const { return socket_dir_; }
    [[nodiscard]] pid_t process() const { return process_; }
    [[nodiscard]] bool adopted() const { return adopted_; }
    // The server ended without being asked (killed, out of memory).
    [[nodiscard]] bool ended() const;
    // Starts it again after ended(). False with the reason in the log file when it does not come up.
    [[nodiscard]] bool restart();
    // Fast shutdown; after 60 s immediate. Idempotent.
    void stop();

  private:
    struct Plan;
    EmbeddedCluster(std::unique_ptr<Plan> plan);
    std::unique_ptr<Plan> plan_;
    std::filesystem::path socket_dir_;
    pid_t process_ = 0;
    bool adopted_ = false;
};

}  // namespace server::store
