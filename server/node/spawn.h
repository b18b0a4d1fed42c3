#pragma once
// Starts a coroutine that nobody waits for. An exception in one is a bug: it is logged and ends the process.

#include <exception>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace server::node {

void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> task, std::string name);

}  // namespace server::node
