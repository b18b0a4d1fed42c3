#pragma once
// A wire between a program and its PostgreSQL that breaks on command: before a statement arrives, or after it
// was done and before the answer comes back. So a test can end a transaction at each of its statements, and
// leave a commit in doubt. It listens in a folder of its own, as PostgreSQL does, and has a thread of its
// own; the other functions are for the test's thread.

#include <atomic>
#include <filesystem>
#include <thread>

namespace simulators {

class FaultyLink {
  public:
    // `server`: the folder of the real socket. `here`: an existing folder to listen in.
    FaultyLink(const std::filesystem::path& server, const std::filesystem::path& here);
    ~FaultyLink();
    FaultyLink(const FaultyLink&) = delete;
    FaultyLink& operator=(const FaultyLink&) = delete;

    enum class Side { question_lost, answer_lost };
    // Statements are counted from now on, from 1; number `statement` breaks its connection.
    void break_at(int statement, Side side);
    void mend();  // counts anew and breaks nothing
    [[nodiscard]] int statements() const { return statements_.load(); }
    [[nodiscard]] bool broke() const { return broke_.load(); }

  private:
    struct Wire;
    void run();
    bool forward(Wire& wire);
    bool backward(Wire& wire);

    const std::filesystem::path server_;
    const std::filesystem::path here_;
    int listener_ = -1;
    int wake_[2] = {-1, -1};
    std::atomic<int> statements_{0};
    std::atomic<int> break_at_{0};  // 0: never
    std::atomic<Side> side_{Side::question_lost};
    std::atomic<bool> broke_{false};
    std::thread thread_;
};

}  // namespace simulators
