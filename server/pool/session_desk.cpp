#include "server/pool/session_desk.h"

#include <algorithm>

#include "stratum/address.h"
#include "stratum/sha256.h"
#include "stratum/worker_name.h"

namespace server::pool {
namespace {

using stratum::LoginResult;

LoginResult refused(std::string message) { return {std::nullopt, std::move(message), std::nullopt}; }

}  // namespace

SessionDesk::SessionDesk(SessionDeskOptions options, JournalWriter& journal, const NameBook& names)
    : options_(std::move(options)),
      journal_(journal),
      names_(names),
      jobs_(options_.coinbase),
      prefixes_(static_cast<std::uint8_t>(options_.shard), options_.first_prefix, options_.prefix_count) {}

// 8 hex letters of the prefix, 16 of its proof.
std::string SessionDesk::session_id_of(stratum::Prefix prefix) {
    const auto raw = stratum::bytes_of(prefix);
    stratum::Bytes text(options_.secret.begin(), options_.secret.end());
    text.insert(text.end(), raw.begin(), raw.end());
    const auto proof = stratum::sha256d(text);  // secret first and double hash: no length extension
    return stratum::to_hex(raw) + stratum::to_hex(stratum::ByteView(proof.bytes).first(8));
}

std::optional<stratum::Prefix> SessionDesk::allocate_prefix(Instant now) {
    const auto prefix =
        channels_open_ < stratum::channels_per_shard_max ? prefixes_.allocate(now) : std::nullopt;
    if (prefix) ++channels_open_;
    return prefix;
}

std::optional<stratum::Channel> SessionDesk::resume(std::string_view session_id, std::uint8_t rest_bytes,
                                                    Instant now) {
    auto channel = find_resumable(session_id, rest_bytes, now);
    if (channel) ++channels_open_;
    return channel;
}

std::optional<stratum::Channel> SessionDesk::find_resumable(std::string_view session_id,
                                                            std::uint8_t rest_bytes, Instant now) {
    const auto prefix = stratum::parse_hex_u32(session_id.substr(0, 8));
    if (!prefix || session_id != session_id_of(*prefix)) return std::nullopt;
    const auto parked = parked_.find(*prefix);
    if (parked != parked_.end()) {
        auto channel = std::move(parked->second.channel);
        parked_.erase(parked);
        return channel;
    }
    // Given out before a restart: its jobs are gone, the prefix is as good as new.
    if (!prefixes_.claim(*prefix, now)) return std::nullopt;
    return stratum::Channel(*prefix, rest_bytes);
}

LoginResult SessionDesk::login(std::string_view user, std::string_view worker) {
    if (worker.size() > stratum::worker_name_bytes_max || !stratum::printable(worker))
        return refused("The worker name after the dot may have 64 printable letters");
    if (user.empty()) return refused("No user: log in as ADDRESS.WORKER or NAME.WORKER");
    auto kind = UserKind::address;
    std::string canonical;
    const auto address = stratum::parse_address(user, options_.network);
    if (address.ok) {
        canonical = address.address.text;
    } else {
        const auto names = names_.load();
        if (!names || !names->contains(std::string(user)))
            return refused(explain(address.error, options_.network));
        kind = UserKind::name;
        canonical = user;
    }
    const auto number = journal_.define_worker(kind, canonical, worker);
    if (number == 0)
        return refused("The pool has too many workers now: try again later or use fewer worker names");
    const auto known = remembered_.find(number);
    return {number, {}, known == remembered_.end() ? std::nullopt : std::optional(known->second)};
}

std::shared_ptr<const stratum::v2::DeclaredJob> SessionDesk::declared(stratum::ByteView token) {
    const auto jobs = options_.declared == nullptr ? nullptr : options_.declared->load();
    if (!jobs) return nullptr;
    const auto found = jobs->find(stratum::Bytes(token.begin(), token.end()));
    return found == jobs->end() ? nullptr : found->second;
}

void SessionDesk::park(stratum::Session& session, Instant now) {
    for (const auto worker : session.worker_numbers()) logout(worker);
    for (auto& ended : session.take_channels()) {
        if (!session.resumable() || parked_.size() >= stratum::resumable_channels_max) {
            end_channel(std::move(ended), now);
            continue;
        }
        remember(ended);
        --channels_open_;
        const auto prefix = ended.channel.prefix();
        parked_.emplace(prefix, Parked{std::move(ended.channel), now});
        parked_order_.emplace_back(now, prefix);
    }
}

void SessionDesk::end_channel(stratum::EndedChannel ended, Instant now) {
    remember(ended);
    --channels_open_;
    if (ended.proved)
        prefixes_.release(ended.channel.prefix(), now);
    else
        prefixes_.release_unproved(ended.channel.prefix());
}

void SessionDesk::remember(const stratum::EndedChannel& ended) {
    const auto& vardiff = ended.channel.vardiff();
    if (ended.worker == 0 || !ended.proved || vardiff.fixed()) return;
    if (remembered_.size() >= remembered_max) remembered_.clear();
    remembered_.insert_or_assign(ended.worker, vardiff.current());
}

void SessionDesk::expire_parked(Instant now) {
    while (!parked_order_.empty() && now - parked_order_.front().first > stratum::job_kept_for) {
        const auto [since, prefix] = parked_order_.front();
        parked_order_.pop_front();
        const auto it = parked_.find(prefix);
        if (it == parked_.end() || it->second.since != since)
            continue;  // resumed since, perhaps parked again
        parked_.erase(it);
        prefixes_.release(prefix, now);
    }
}

}  // namespace server::pool
