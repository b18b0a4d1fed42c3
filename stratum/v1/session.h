#pragma once
// One Stratum V1 connection without its socket: bytes and jobs in, bytes out. Pure; lives on its shard's
// thread.
//
//   receive()   takes bytes from the client; answers go to output(), submissions into a ShareBatch
//   settle()    takes the verdict of one of them and writes its answer
//   on_job()    announces the newest template
//   on_timer()  call about every ten seconds: time limits, vardiff
//   output()    bytes to be sent; closing() says whether to hang up once they are
//
// Answers keep the order of requests: receive() stops in front of a request that needs an answer while
// submissions of this session still wait in the batch. The caller settles the batch and calls again with what
// was not consumed.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/channel.h"
#include "stratum/v1/codec.h"
#include "stratum/v1/login.h"
#include "stratum/v1/quirks.h"

namespace stratum::v1 {

class Session;

struct PendingShare {
    Session* session = nullptr;
    std::string id;            // JSON text to be echoed
    std::uint32_t worker = 0;  // valid unless examined.refused is unauthorized or not_subscribed
    Examined examined;
};
using ShareBatch = std::vector<PendingShare>;  // at most share_batch_max

struct SessionSettings {
    Difficulty difficulty_start;
    Difficulty difficulty_min;
    VardiffSettings vardiff;
    std::uint8_t rest_bytes = 8;
    std::uint32_t version_mask = 0x1fffe000;  // what clients may be granted
    // On real chains no share need be harder than a block; on regtest that would make every second hash a
    // share.
    bool difficulty_capped_by_network = true;
    std::chrono::seconds login_timeout{15};
    std::chrono::seconds idle_timeout{600};
    std::chrono::hours long_idle_timeout{7 * 24};
};

struct LoginResult {
    std::optional<std::uint32_t> worker;   // number of the worker; empty: refused
    std::string message;                   // why, for the miner's screen
    std::optional<Difficulty> remembered;  // what vardiff had found for this worker
};

// What a session asks of its shard. Calls come on the shard's thread.
class SessionHost {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    virtual ~SessionHost() = default;
    virtual JobTable& jobs() = 0;
    virtual std::optional<Prefix> allocate_prefix(Instant now) = 0;
    // The parked channel that this session id proves to own, or a new one under its prefix when nobody has
    // it.
    virtual std::optional<Channel> resume(std::string_view session_id, std::uint8_t rest_bytes,
                                          Instant now) = 0;
    virtual std::string session_id_of(Prefix prefix) = 0;
    virtual LoginResult login(std::string_view user, std::string_view worker) = 0;
};

enum class CloseReason : std::uint8_t {
    none,
    line_too_long,
    not_stratum,
    junk,
    misbehaviour,
    login_timeout,
    idle,
    slow_reader,
    prefixes_exhausted
};
std::string_view name_of(CloseReason reason);

class Session {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    Session(const SessionSettings& settings, SessionHost& host, Instant now);

    // Returns how many bytes were consumed: all, unless the batch is full or must be settled first, or the
    // session closes.
    std::size_t receive(std::string_view bytes, Instant now, ShareBatch& batch);
    void settle(const PendingShare& share, const Verdict& verdict, Instant now);
    void on_job(Instant now);
    void on_timer(Instant now);

    std::string& output() { return output_; }
    [[nodiscard]] CloseReason closing() const { return closing_; }
    void close(CloseReason reason) {
        if (closing_ == CloseReason::none) closing_ = reason;
    }
    // Gives the channel away for a later resume; the session is over.
    std::optional<Channel> take_channel();

    [[nodiscard]] bool mining() const { return channel_ && !workers_.empty(); }
    [[nodiscard]] Channel* channel() { return channel_ ? &*channel_ : nullptr; }
    [[nodiscard]] const Quirks& quirks() const { return *quirks_; }
    [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
    // The first worker logged in, for remembering its difficulty.
    [[nodiscard]] std::optional<std::uint32_t> worker() const;
    [[nodiscard]] std::vector<std::uint32_t> worker_numbers() const;

  private:
    enum class Line : std::uint8_t { done, settle_first };
    std::size_t consume(std::string_view bytes, Instant now, ShareBatch& batch);
    Line on_line(std::string_view line, Instant now, ShareBatch& batch);
    void on_submit(std::string_view id, const Submit& submit, ShareBatch& batch);
    void on_bad_line(LineError error);
    void answer(const Request& request, Instant now);
    void on_subscribe(std::string_view id, const Subscribe& subscribe, Instant now);
    void on_authorize(std::string_view id, const Authorize& authorize);
    void on_configure(std::string_view id, const Configure& configure, Instant now);
    void on_suggestion(std::string_view id, const SuggestDifficulty& suggestion, Instant now);
    void start_mining(Instant now);
    void bound_difficulty();
    void change_difficulty(Difficulty difficulty, Instant now);
    void tell_difficulty(Difficulty difficulty, Instant now);
    void announce(bool clean, std::uint8_t variant, Instant now);
    void grant_mask(const Job& job);
    void misbehaved(int weight);

    struct Worker {
        std::string name;  // as the client writes it
        std::uint32_t number = 0;
    };

    const SessionSettings& settings_;
    SessionHost& host_;
    const Quirks* quirks_;
    std::string input_;  // an unfinished line
    std::string output_;
    std::optional<Channel> channel_;
    std::vector<Worker> workers_;
    std::optional<Difficulty> asked_least_;  // minimum-difficulty or md=
    std::optional<Difficulty> asked_start_;  // mining.suggest_difficulty
    std::optional<Difficulty> asked_fixed_;  // d=
    std::optional<Difficulty> remembered_;
    Difficulty told_;  // by the last mining.set_difficulty
    std::uint32_t asked_mask_ = 0;
    std::uint32_t granted_mask_ = 0;
    std::uint64_t accepted_ = 0;
    Instant opened_at_;
    Instant heard_at_;
    int score_ = 0;           // misbehaviour; falls with accepted shares
    int unsettled_ = 0;       // submissions of ours in the batch
    bool start_due_ = false;  // logged in; the first job leaves when this piece of input is consumed
    CloseReason closing_ = CloseReason::none;
};

}  // namespace stratum::v1
