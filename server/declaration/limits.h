#pragma once
// Every maximum of job declaration, with its arithmetic.

#include <chrono>
#include <cstddef>

namespace server::declaration {

// A block's transactions are at most 4 MB; lengths and names stand beside them.
inline constexpr std::size_t frame_bytes_max = 4'500'000;
inline constexpr std::size_t setup_bytes_max = 2048;
inline constexpr std::size_t tokens_per_connection_max = 64;
inline constexpr std::chrono::minutes token_kept_for{10};
// Declarations under way on one connection: transactions asked for, or at the node. Each may hold 4 MB.
inline constexpr std::size_t declarations_under_way_max = 4;
inline constexpr std::chrono::seconds declaration_kept_for{60};
// Accepted jobs whose block a client may still push.
inline constexpr std::size_t accepted_kept_max = 4;
// Accepted jobs that wait to be set on a channel, all connections together: 256 MB at the worst.
inline constexpr std::size_t waiting_jobs_max = 64;
inline constexpr std::chrono::seconds waiting_job_kept_for{60};
inline constexpr std::chrono::seconds handshake_timeout{10};
inline constexpr std::chrono::seconds setup_timeout{10};
inline constexpr std::chrono::minutes idle_timeout{60};
inline constexpr std::size_t output_bytes_max = 1024 * 1024;

}  // namespace server::declaration
