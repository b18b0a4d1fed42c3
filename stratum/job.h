#pragma once
// A job: a template with one coinbase shape, ready to be announced and checked. Immutable; made and used on a
// shard's thread. Every shard derives the same job from the same template, so ids agree over shards.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stratum/coinbase.h"
#include "stratum/limits.h"
#include "stratum/sha256.h"
#include "stratum/template.h"

namespace stratum {

// V1: how large a coinbase the client's firmware takes (pool-side choice by user agent; see v1/quirks.h).
// V2: one class, with a longer extranonce.
enum class SizeClass : std::uint8_t { tiny, small, medium, large, huge, v2 };
inline constexpr std::size_t size_class_count = 6;
constexpr std::size_t extranonce_bytes_of(SizeClass size_class) {
    return size_class == SizeClass::v2 ? extranonce_bytes_v2 : extranonce_bytes_v1;
}

// What the pool puts into every coinbase.
struct CoinbasePlan {
    std::string tag;
    Bytes payout_script;
    // Bits a client may roll, before a template takes some away.
    std::uint32_t version_mask = 0x1fffe000;     // V1: BIP320
    std::uint32_t version_mask_v2 = 0x1fffffe0;  // V2: BIP323
};

class Job {
  public:
    // `variant` < job_variants_max: jobs of one template, so that a new difficulty comes with work that was
    // not searched before. The coinbase carries the job's id: a node may offer the same block again as a new
    // template, and a header that counts for one job must not count for another.
    Job(TemplatePtr work, const CoinbasePlan& plan, SizeClass size_class, std::uint8_t variant);

    // A job that a client declared: its own coinbase, of the class v2. `work` has a number of its own.
    Job(TemplatePtr work, CoinbaseParts coinbase, std::uint32_t version_mask);

    // Template number << 8 | size class << 5 | variant: never used twice, also over restarts.
    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] const Template& work() const { return *work_; }
    [[nodiscard]] const TemplatePtr& work_pointer() const { return work_; }
    [[nodiscard]] const CoinbaseParts& coinbase() const { return coinbase_; }
    // The coinbase prefix's whole 64-byte blocks, hashed once.
    [[nodiscard]] const Sha256State& midstate() const { return midstate_; }
    [[nodiscard]] std::size_t midstate_bytes() const { return midstate_bytes_; }
    // The header's version before rolling: no bit inside version_mask() is set, so that firmware which ORs,
    // XORs or replaces the bits agree (BIP310 is read three ways in the field).
    [[nodiscard]] std::uint32_t version() const { return version_; }
    [[nodiscard]] std::uint32_t version_mask() const { return version_mask_; }
    // V1: the whole mining.notify line, with clean_jobs false or true.
    [[nodiscard]] const std::string& notify_line(bool clean) const { return clean ? notify_clean_ : notify_; }

  private:
    void prepare(std::uint32_t version_mask);

    std::uint64_t id_;
    TemplatePtr work_;
    CoinbaseParts coinbase_;
    Sha256State midstate_;
    std::size_t midstate_bytes_ = 0;
    std::uint32_t version_ = 0;
    std::uint32_t version_mask_ = 0;
    std::string notify_;
    std::string notify_clean_;
};
using JobPtr = std::shared_ptr<const Job>;

constexpr std::uint64_t job_id_of(std::uint64_t template_number, SizeClass size_class, std::uint8_t variant) {
    return template_number << 8 | static_cast<std::uint64_t>(size_class) << 5 | variant;
}

// The jobs of one shard: those of the newest template, made when first asked for, and older ones until they
// expire.
class JobTable {
  public:
    explicit JobTable(CoinbasePlan plan) : plan_(std::move(plan)) {}

    // A newer template; its jobs are made on demand. Forgets jobs of templates replaced longer than
    // job_kept_for ago, and the oldest beyond templates_kept_max.
    void on_template(TemplatePtr work, std::chrono::steady_clock::time_point now);
    [[nodiscard]] const TemplatePtr& newest() const { return newest_; }  // null before the first
    // The newest template's job of this shape; null before the first template. `variant` is taken modulo
    // job_variants_max.
    JobPtr job(SizeClass size_class, std::uint8_t variant);
    // Takes a declared job in. It expires with its tip; the oldest go when there are too many.
    void adopt(JobPtr job);
    // Null when never made or expired. The pointer lives until the next on_template().
    [[nodiscard]] const JobPtr* find(std::uint64_t id) const;
    [[nodiscard]] std::size_t size() const { return jobs_.size(); }
    // Ids forgotten since the last call, for whoever keeps tables by job.
    std::vector<std::uint64_t> take_expired();

  private:
    CoinbasePlan plan_;
    TemplatePtr newest_;
    std::map<std::uint64_t, JobPtr> jobs_;
    // Template numbers with the instant a newer one came.
    std::vector<std::pair<std::uint64_t, std::chrono::steady_clock::time_point>> replaced_;
    std::vector<std::uint64_t> expired_;
    // Declared ones, oldest first, with the instant their tip was replaced.
    std::vector<std::pair<std::uint64_t, std::optional<std::chrono::steady_clock::time_point>>> declared_;

    void expire_declared(std::chrono::steady_clock::time_point now);
};

}  // namespace stratum
