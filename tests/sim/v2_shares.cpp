#include "tests/sim/v2_shares.h"

#include "stratum/sha256.h"
#include "stratum/v2/tlv.h"

namespace sim {

using namespace stratum::v2;
using stratum::Bytes;
using stratum::Uint256;

namespace {

constexpr std::size_t past_kept = 40;
constexpr int tries_max = 60;
constexpr std::uint32_t rollable = 0x1fffffe0;  // BIP323
constexpr std::uint32_t group = 1;

const V2Work* find_work(const V2Channel& channel, std::uint32_t id) {
    for (const auto& work : channel.works)
        if (work.id == id) return &work;
    return nullptr;
}

}  // namespace

void V2Shares::finish(V2Share& share, const V2Channel& channel, const V2Work& work) const {
    Bytes extranonce = channel.prefix;
    extranonce.insert(extranonce.end(), share.rest.begin(), share.rest.end());
    const auto root = root_of(work, extranonce);
    share.sent.header.clear();
    stratum::ByteWriter out(share.sent.header);
    out.le32(share.version);
    out.bytes(work.previous.bytes);
    out.bytes(root.bytes);
    out.le32(share.ntime);
    out.le32(work.nbits);
    out.le32(share.nonce);
    share.sent.hash = stratum::sha256d(share.sent.header);
}

const V2Work& V2Shares::pick_work(const V2Channel& channel) {
    const bool late = one_in(random_, habit_ == Habit::honest ? 10 : 4);
    if (!late) return channel.works.back();
    const auto& work = channel.works[random_() % channel.works.size()];
    // An honest one drops what a tip made stale.
    return habit_ == Habit::honest && work.previous != *channel.previous ? channel.works.back() : work;
}

// The worker is named behind the share; where nobody agreed on that, the name means nothing.
void V2Shares::name_worker(V2Share& share, const V2Channel& channel, bool names_workers) {
    share.user = channel.user;
    share.name = channel.name;
    share.extension_area.clear();
    if (share.standard || !one_in(random_, names_workers ? 1 : 10)) return;
    if (names_workers && one_in(random_, 10)) return;  // unnamed: the channel's own
    std::string name = "rig" + std::to_string(random_() % 6);
    const bool wrong = habit_ == Habit::liar && one_in(random_, 12);
    if (wrong) {
        const std::string bad[] = {std::string(33, 'x'), "\xff", "a\nb"};
        name = bad[random_() % 3];
        append_tlv(share.extension_area, {2, 1, stratum::view_of(name)});
        if (one_in(random_, 3)) share.extension_area.pop_back();
    } else {
        if (one_in(random_, 8)) append_tlv(share.extension_area, {0x4001, 3, stratum::view_of("else")});
        append_worker_identity(share.extension_area, name);
    }
    if (!names_workers) return;
    share.sent.worker_known = !wrong;
    share.name = name;
}

std::optional<V2Share> V2Shares::make(V2Client& client, V2Channel& channel, bool names_workers) {
    if (habit_ != Habit::honest && !past_.empty() && one_in(random_, 6))
        return again(client, channel, names_workers);
    const auto& work = pick_work(channel);
    V2Share share;
    share.channel = channel.id;
    share.sequence = ++channel.sequence;
    share.standard = channel.standard;
    share.job = work.id;
    share.rest.resize(channel.rest_size);
    for (auto& byte : share.rest) byte = static_cast<std::uint8_t>(random_());
    share.ntime = *work.ntime + static_cast<std::uint32_t>(random_() % 100);
    // A bit that the pool has set in the rollable part is one that the node wants there.
    const auto may_roll = work.rolling && one_in(random_, 2);
    auto bits = may_roll ? static_cast<std::uint32_t>(random_()) & rollable & ~work.version : 0;
    share.nonce = static_cast<std::uint32_t>(random_());
    bool lazy = habit_ != Habit::honest && one_in(random_, 8);  // sends a nonce it did not try
    if (const auto* proof = pool_.any_proof();
        habit_ == Habit::liar && proof != nullptr && one_in(random_, 6)) {
        std::copy_n(proof->rest.begin(), std::min(proof->rest.size(), share.rest.size()), share.rest.begin());
        if (may_roll) bits = proof->bits & rollable & ~work.version;
        share.nonce = proof->nonce;
        lazy = true;
    }
    share.version = work.version | bits;
    share.sent.job = std::to_string(work.id);
    name_worker(share, channel, names_workers);
    // Some clients obey a new target at once, others from the next job on.
    const auto& target = one_in(random_, 2) ? work.target : channel.target;
    finish(share, channel, work);
    for (int i = 1; !lazy && i < tries_max && Uint256::from_hash(share.sent.hash) > target; ++i) {
        ++share.nonce;
        finish(share, channel, work);
    }
    if (habit_ == Habit::honest && Uint256::from_hash(share.sent.hash) > target) return std::nullopt;
    past_.push_back(share);
    if (past_.size() > past_kept) past_.pop_front();
    pool_.remember({share.rest, share.ntime, share.nonce, bits});
    if (habit_ == Habit::liar && one_in(random_, 10)) {
        lie(share, client, channel);
        const auto* named = find_work(channel, share.job);
        finish(share, channel, named != nullptr ? *named : work);
    }
    return share;
}

void V2Shares::lie(V2Share& share, V2Client& client, const V2Channel& channel) {
    switch (random_() % 6) {
        case 0:
            share.ntime = one_in(random_, 2) ? share.ntime + 100'000 : 5;
            share.sent.time_fits = false;
            return;
        case 1:
            share.version ^= 1;
            share.sent.version_fits = false;
            return;
        case 2: {  // an id never given out, or one that may be another channel's, of any age
            const auto* made_for = find_work(channel, share.job);
            const auto rolled = made_for == nullptr ? 0 : share.version ^ made_for->version;
            share.job =
                one_in(random_, 2) ? share.job + 1000 : 1 + static_cast<std::uint32_t>(random_() % share.job);
            if (const auto* named = find_work(channel, share.job)) share.version = named->version | rolled;
            share.sent.job = std::to_string(share.job);
            return;
        }
        case 3:
            if (share.standard) return;
            share.rest.resize(one_in(random_, 2) ? share.rest.size() - 1 : 32);
            share.sent.extranonce_fits = false;
            return;
        case 4:
            share.standard = !share.standard;
            share.channel_fits = false;
            if (!share.standard) share.rest.resize(16);
            return;
        default:
            share.channel = one_in(random_, 2) ? group : 0xffffffff;
            if (one_in(random_, 2) && client.find(channel.id - 1) == nullptr) share.channel = channel.id - 1;
            share.channel_fits = false;
    }
}

// A share sent before: as it was, on another channel of the connection, or under another job's name.
std::optional<V2Share> V2Shares::again(V2Client& client, V2Channel& channel, bool names_workers) {
    auto share = past_[random_() % past_.size()];
    auto* whose = client.find(share.channel);
    if (whose == nullptr || whose->closing || one_in(random_, 3)) whose = &channel;
    const auto* work = find_work(*whose, share.job);
    if (work == nullptr || (habit_ == Habit::liar && one_in(random_, 4))) {
        work = &whose->works.back();
        share.version = (share.version & rollable & ~work->version) | work->version;
        if (!work->rolling) share.version = work->version;
    }
    share.job = work->id;
    share.sent.job = std::to_string(work->id);
    share.channel = whose->id;
    share.standard = whose->standard;
    share.sequence = ++whose->sequence;
    share.rest.resize(whose->rest_size);
    share.sent.worker_known = true;
    name_worker(share, *whose, names_workers);
    finish(share, *whose, *work);
    return share;
}

}  // namespace sim
