#include "server/node/spawn.h"

#include <cstdlib>

#include <boost/asio/co_spawn.hpp>

#include "server/log.h"

namespace server::node {

void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> task,
           std::string name) {
    const auto ended = [name = std::move(name)](std::exception_ptr failed) {
        if (!failed) return;
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& error) {
            log::error("task_failed", {{"task", name}, {"reason", error.what()}});
        }
        std::abort();
    };
    boost::asio::co_spawn(executor, std::move(task), ended);
}

}  // namespace server::node
