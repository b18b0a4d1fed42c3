#pragma once
// What sessions ask their shard for: jobs, prefixes, resumed channels, logins. Owned by one shard, used on
// its thread.

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "server/latest.h"
#include "server/pool/journal.h"
#include "server/pool/options.h"
#include "stratum/session.h"
#include "stratum/session_host.h"
#include "stratum/v2/declared_job.h"

namespace server::pool {

// Registered user names, replaced as a whole by whoever reads them from PostgreSQL.
using NameSet = std::unordered_set<std::string>;
using NameBook = Latest<NameSet>;
using DeclaredJobs = Latest<stratum::v2::DeclaredJobs>;

struct SessionDeskOptions {
    unsigned shard = 0;
    stratum::Network network = stratum::Network::regtest;
    stratum::CoinbasePlan coinbase;
    // Authenticates session ids, so that only who was given a prefix can ask for it again, also after a
    // restart.
    std::array<std::uint8_t, 32> secret{};
    std::uint32_t first_prefix = 0;
    const DeclaredJobs* declared = nullptr;  // outlives the desk; null: nobody declares any
    std::uint32_t prefix_count = stratum::prefixes_per_shard;
};

class SessionDesk final : public stratum::SessionHost {
  public:
    SessionDesk(SessionDeskOptions options, JournalWriter& journal, const NameBook& names);

    stratum::JobTable& jobs() override { return jobs_; }
    std::optional<stratum::Prefix> allocate_prefix(Instant now) override;
    std::optional<stratum::Channel> resume(std::string_view session_id, std::uint8_t rest_bytes,
                                           Instant now) override;
    std::string session_id_of(stratum::Prefix prefix) override;
    stratum::LoginResult login(std::string_view user, std::string_view worker) override;

    void end_channel(stratum::EndedChannel ended, Instant now) override;
    void logout(std::uint32_t worker) override { journal_.retire_worker(worker); }

    std::shared_ptr<const stratum::v2::DeclaredJob> declared(stratum::ByteView token) override;

    // A session ended: its channel waits for a resume while its jobs live, its workers are let go.
    void park(stratum::Session& session, Instant now);
    void expire_parked(Instant now);
    [[nodiscard]] std::size_t parked() const { return parked_.size(); }
    [[nodiscard]] std::size_t channels_open() const { return channels_open_; }  // the parked not among them

  private:
    void remember(const stratum::EndedChannel& ended);
    std::optional<stratum::Channel> find_resumable(std::string_view session_id, std::uint8_t rest_bytes,
                                                   Instant now);
    struct Parked {
        stratum::Channel channel;
        Instant since;
    };
    const SessionDeskOptions options_;
    JournalWriter& journal_;
    const NameBook& names_;
    stratum::JobTable jobs_;
    stratum::PrefixAllocator prefixes_;
    std::size_t channels_open_ = 0;
    std::unordered_map<stratum::Prefix, Parked> parked_;
    std::deque<std::pair<Instant, stratum::Prefix>> parked_order_;
    // What vardiff found, by worker number. Bounded: forgotten altogether when full, and learnt again in a
    // minute.
    static constexpr std::size_t remembered_max = 65'536;
    std::unordered_map<std::uint32_t, stratum::Difficulty> remembered_;
};

}  // namespace server::pool
