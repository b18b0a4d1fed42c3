// Custom jobs: work that a client chose and declared (job declaration), set on its channels. Only for
// connections that require work selection, which get no jobs of ours: so no header can stand for two jobs.
// The last byte before the extranonce is its push, 20, which no V1 coinbase has at that distance (there it is
// a printable letter of the tag).

#include "stratum/coinbase.h"
#include "stratum/v2/error_codes.h"
#include "stratum/v2/mining.h"

namespace stratum::v2 {
namespace {

bool equal(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

bool Mining::takes_custom_jobs(const MiningChannel& channel, std::uint32_t address) const {
    if (channel.closed || channel.standard) return false;
    return address == group_channel_id || address == channel.id;
}

// In the order of the reference pool. Empty: nothing speaks against it.
std::string_view Mining::reason_to_refuse(const SetCustomMiningJob& message,
                                          const DeclaredJob* declared) const {
    namespace error = custom_job_error;
    if (!settings_.job_declaration || !work_selection_) return error::jd_not_supported;
    bool known = false;
    bool own = declared != nullptr;
    for (const auto& channel : channels_) {
        if (!takes_custom_jobs(*channel, message.channel_id)) continue;
        known = true;
        own = own && channel->identity == declared->identity;
    }
    if (!known) return error::invalid_channel_id;
    if (!own || declared->is_used()) return error::invalid_mining_job_token;
    const auto& newest = host_.jobs().newest();
    const auto& work = *declared->work;
    if (!newest || message.prev_hash != newest->previous || work.previous != newest->previous)
        return error::stale_chain_tip;
    if (message.min_ntime < newest->time_min || message.min_ntime > newest->time + ntime_ahead_max)
        return error::invalid_min_ntime;
    if (message.nbits != work.nbits) return error::invalid_nbits;
    if (message.version != work.version) return error::invalid_version;
    if (message.coinbase_tx_version != declared->coinbase_version) return error::invalid_coinbase_tx_version;
    if (!equal(message.coinbase_prefix, declared->script_prefix) || message.coinbase_prefix.empty() ||
        message.coinbase_prefix.back() != extranonce_bytes_v2 ||
        declared->extranonce_bytes != extranonce_bytes_v2)
        return error::invalid_coinbase_prefix;
    if (message.coinbase_tx_input_n_sequence != declared->sequence)
        return error::invalid_coinbase_tx_input_n_sequence;
    if (!equal(message.coinbase_tx_outputs, declared->outputs)) return error::invalid_coinbase_tx_outputs;
    if (message.coinbase_tx_locktime != declared->lock_time) return error::invalid_coinbase_tx_locktime;
    if (!std::equal(message.merkle_path.begin(), message.merkle_path.end(), work.merkle_branches.begin(),
                    work.merkle_branches.end()))
        return error::invalid_merkle_path;
    return {};
}

// The same work declared twice is one job, or its headers would count twice.
JobPtr Mining::same_job(const Job& job) const {
    for (const auto& [id, number] : ids_.jobs()) {
        const auto* known = host_.jobs().find(number);
        if (known == nullptr) continue;
        const auto& a = (*known)->work();
        const auto& b = job.work();
        if (a.previous == b.previous && a.nbits == b.nbits && a.merkle_branches == b.merkle_branches &&
            (*known)->version() == job.version() && (*known)->coinbase().prefix == job.coinbase().prefix &&
            (*known)->coinbase().suffix == job.coinbase().suffix)
            return *known;
    }
    return nullptr;
}

void Mining::on_custom_job(ByteView payload, Instant now) {
    SetCustomMiningJob message;
    if (!parse(payload, message)) return session_.close(CloseReason::protocol_error);
    const auto declared = host_.declared(message.mining_job_token);
    auto code = reason_to_refuse(message, declared.get());
    if (code.empty() && !declared->use()) code = custom_job_error::invalid_mining_job_token;
    if (!code.empty()) {
        writer_.send(SetCustomMiningJobError{message.channel_id, message.request_id, code});
        if (code != custom_job_error::stale_chain_tip) misbehaved(1);
        return;
    }
    auto job = std::make_shared<const Job>(declared->work, coinbase_of(*declared), settings_.version_mask);
    if (auto same = same_job(*job))
        job = std::move(same);
    else
        host_.jobs().adopt(job);
    for (auto& channel : channels_)
        if (takes_custom_jobs(*channel, message.channel_id)) channel->channel.issue(*job, now);
    ids_.forget_expired(host_.jobs());
    writer_.send(SetCustomMiningJobSuccess{message.channel_id, message.request_id, ids_.id_of(job->id())});
}

}  // namespace stratum::v2
