// Declared jobs in a shard's table: how long they are kept, and how many.

#include "stratum/job.h"

#include "tests/catch.h"
#include "tests/unit/stratum/templates.h"

using namespace stratum;
using stratum::testing::make_template;

namespace {

constexpr std::uint32_t nbits = 0x207fffff;
constexpr std::chrono::steady_clock::time_point start{std::chrono::hours(1)};

JobPtr declared(std::uint64_t number, std::uint8_t tip) {
    return std::make_shared<const Job>(make_template((1ULL << 53) + number, tip, nbits),
                                       CoinbaseParts{Bytes(60, 1), Bytes(60, 2)}, 0x1fffffe0);
}

}  // namespace

TEST_CASE("A declared job is kept while its tip holds, and as long after as any other") {
    JobTable jobs({"/t/", Bytes(22, 1)});
    jobs.on_template(make_template(1, 1, nbits), start);
    const auto job = declared(1, 1);
    jobs.adopt(job);
    jobs.adopt(job);  // once is enough
    REQUIRE(jobs.find(job->id()) != nullptr);
    CHECK(*jobs.find(job->id()) == job);
    jobs.on_template(make_template(2, 1, nbits), start + std::chrono::hours(2));
    CHECK(jobs.find(job->id()) != nullptr);
    const auto tip_at = start + std::chrono::hours(3);
    jobs.on_template(make_template(3, 2, nbits), tip_at);
    jobs.on_template(make_template(4, 2, nbits), tip_at + job_kept_for);
    CHECK(jobs.find(job->id()) != nullptr);
    jobs.take_expired();
    jobs.on_template(make_template(5, 2, nbits), tip_at + job_kept_for + std::chrono::seconds(1));
    CHECK(jobs.find(job->id()) == nullptr);
    const auto expired = jobs.take_expired();
    CHECK(std::count(expired.begin(), expired.end(), job->id()) == 1);
}

TEST_CASE("The oldest declared job goes when there are too many, and no other kind does") {
    JobTable jobs({"/t/", Bytes(22, 1)});
    jobs.on_template(make_template(1, 1, nbits), start);
    const auto ours = jobs.job(SizeClass::v2, 0);
    for (std::uint64_t i = 0; i < declared_jobs_max + 2; ++i) jobs.adopt(declared(i, 1));
    CHECK(jobs.find(declared(0, 1)->id()) == nullptr);
    CHECK(jobs.find(declared(1, 1)->id()) == nullptr);
    CHECK(jobs.find(declared(2, 1)->id()) != nullptr);
    CHECK(jobs.find(ours->id()) != nullptr);
    CHECK(jobs.take_expired() == std::vector{declared(0, 1)->id(), declared(1, 1)->id()});
    CHECK(jobs.size() == declared_jobs_max + 1);
}
