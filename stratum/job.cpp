#include "stratum/job.h"

#include <algorithm>

namespace stratum {
namespace {

// V1 sends the previous hash as eight 4-byte words, each with its bytes swapped.
void append_word_swapped(std::string& out, const Hash256& hash) {
    std::array<std::uint8_t, 32> swapped;
    for (std::size_t i = 0; i < 32; ++i) swapped[i] = hash.bytes[(i & ~std::size_t{3}) + 3 - (i & 3)];
    append_hex(out, swapped);
}

std::string hex_number(std::uint64_t value) {
    std::string out;
    do {
        out.insert(out.begin(), "0123456789abcdef"[value & 15]);
        value >>= 4;
    } while (value != 0);
    return out;
}

std::string make_notify(const Job& job, bool clean) {
    const auto& work = job.work();
    std::string line = R"({"id":null,"method":"mining.notify","params":[")";
    line += hex_number(job.id());
    line += R"(",")";
    append_word_swapped(line, work.previous);
    line += R"(",")";
    append_hex(line, job.coinbase().prefix);
    line += R"(",")";
    append_hex(line, job.coinbase().suffix);
    line += R"(",[)";
    for (std::size_t i = 0; i < work.merkle_branches.size(); ++i) {
        line += i == 0 ? "\"" : ",\"";
        append_hex(line, work.merkle_branches[i].bytes);
        line += '"';
    }
    line += R"(],")";
    append_hex_u32(line, job.version());
    line += R"(",")";
    append_hex_u32(line, work.nbits);
    line += R"(",")";
    append_hex_u32(line, work.time);
    line += clean ? "\",true]}\n" : "\",false]}\n";
    line.shrink_to_fit();
    return line;
}

// The job's id in 32 bits. Two jobs of one start differ in the low ones; over restarts the high ones are
// mixed in.
std::uint32_t distinction_of(std::uint64_t id) {
    return static_cast<std::uint32_t>(id) ^ static_cast<std::uint32_t>(id >> 32) * 0x9e3779b1u;
}

}  // namespace

Job::Job(TemplatePtr work, const CoinbasePlan& plan, SizeClass size_class, std::uint8_t variant)
    : id_(job_id_of(work->number, size_class, variant)), work_(std::move(work)) {
    coinbase_ = make_coinbase(*work_, {{work_->coinbase_value_sats, plan.payout_script}}, plan.tag,
                              distinction_of(id_), extranonce_bytes_of(size_class));
    prepare(size_class == SizeClass::v2 ? plan.version_mask_v2 : plan.version_mask);
    if (size_class == SizeClass::v2) return;
    notify_ = make_notify(*this, false);
    notify_clean_ = make_notify(*this, true);
}

Job::Job(TemplatePtr work, CoinbaseParts coinbase, std::uint32_t version_mask)
    : id_(job_id_of(work->number, SizeClass::v2, 0)), work_(std::move(work)), coinbase_(std::move(coinbase)) {
    prepare(version_mask);
}

void Job::prepare(std::uint32_t version_mask) {
    midstate_ = Sha256State::initial();
    midstate_bytes_ = coinbase_.prefix.size() / 64 * 64;
    sha256_update(midstate_, ByteView(coinbase_.prefix).first(midstate_bytes_));
    version_mask_ = version_mask & ~work_->version_required;
    version_ = work_->version & ~version_mask_;
}

void JobTable::on_template(TemplatePtr work, std::chrono::steady_clock::time_point now) {
    STRATUM_ENSURE(work && (!newest_ || work->number > newest_->number));
    if (newest_) replaced_.emplace_back(newest_->number, now);
    newest_ = std::move(work);
    expire_declared(now);
    while (!replaced_.empty() &&
           (now - replaced_.front().second > job_kept_for || replaced_.size() >= templates_kept_max)) {
        const auto number = replaced_.front().first;
        const auto end = jobs_.lower_bound((number + 1) << 8);
        for (auto it = jobs_.lower_bound(number << 8); it != end; it = jobs_.erase(it))
            expired_.push_back(it->first);
        replaced_.erase(replaced_.begin());
    }
}

JobPtr JobTable::job(SizeClass size_class, std::uint8_t variant) {
    if (!newest_) return nullptr;
    variant = static_cast<std::uint8_t>(variant % job_variants_max);
    auto& slot = jobs_[job_id_of(newest_->number, size_class, variant)];
    if (!slot) slot = std::make_shared<const Job>(newest_, plan_, size_class, variant);
    return slot;
}

void JobTable::adopt(JobPtr job) {
    const auto id = job->id();
    if (!jobs_.emplace(id, std::move(job)).second) return;
    declared_.emplace_back(id, std::nullopt);
    if (declared_.size() <= declared_jobs_max) return;
    jobs_.erase(declared_.front().first);
    expired_.push_back(declared_.front().first);
    declared_.erase(declared_.begin());
}

void JobTable::expire_declared(std::chrono::steady_clock::time_point now) {
    std::erase_if(declared_, [&](auto& entry) {
        auto& [id, replaced_at] = entry;
        const auto job = jobs_.find(id);
        if (!replaced_at && job->second->work().previous != newest_->previous) replaced_at = now;
        if (!replaced_at || now - *replaced_at <= job_kept_for) return false;
        jobs_.erase(job);
        expired_.push_back(id);
        return true;
    });
}

const JobPtr* JobTable::find(std::uint64_t id) const {
    const auto it = jobs_.find(id);
    return it == jobs_.end() ? nullptr : &it->second;
}

std::vector<std::uint64_t> JobTable::take_expired() { return std::exchange(expired_, {}); }

}  // namespace stratum
