#pragma once
// What a thread says of itself to the system. For the calling thread; any thread.

namespace server {

// For top, gdb and perf; at most 15 letters.
void name_thread(const char* name);

// The calling thread, and what it starts, run after the threads that serve miners when the processors are
// busy: nice +10. For work that may lag: import, database, pages.
void run_after_shards();

// The calling thread is short of patience, not of time: it runs in slices of 0.1 ms, so that it takes the
// processor at once when it wakes beside threads that compute for long. Linux 6.12 and newer; no effect
// before.
void run_in_short_slices();

}  // namespace server
