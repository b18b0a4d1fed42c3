// What other schemes would pay, so that ours can be compared with them. The product offers none of these:
// each is a reference function here, over the same integers. Figures: the published examples of each scheme.

#include <algorithm>

#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

namespace {

struct Fraction {
    std::int64_t over = 0;
    std::int64_t under = 1;
};

// Rosenfeld's exact PPLNS in units: (1 - f) * a * u0 / X * clamp((X - U + u1) / u1). Shares newest first
// behind the winner, which is not paid by its own block; a is the reward at the share's time.
struct UnitShare {
    std::string account;
    std::int64_t work = 0;
    std::int64_t difficulty = 1;
    std::int64_t reward = 0;
};

struct UnitPart {
    std::string account;
    Fraction counted;
    std::uint64_t amount = 0;       // rounded down
    std::uint64_t thousandths = 0;  // of a unit, rounded away
};

constexpr std::int64_t grid = 5'000;  // a multiple of the difficulties below: units in 1/5,000

std::vector<UnitPart> rosenfeld(std::int64_t window, std::int64_t winner_units,
                                const std::vector<UnitShare>& shares) {
    std::vector<UnitPart> parts;
    std::int64_t units = winner_units;
    for (const auto& share : shares) {
        const auto own = share.work * (grid / share.difficulty);
        const auto room = std::clamp<std::int64_t>(window - units + winner_units, 0, winner_units);
        units += own;  // `units`: those of all newer shares, the winner's included
        const Integer product = Integer(99) * share.reward * own * room * 1'000;
        const Integer exact = product / (Integer(100) * window * winner_units);
        parts.push_back({share.account,
                         {room, winner_units},
                         static_cast<std::uint64_t>(exact / 1'000),
                         static_cast<std::uint64_t>(exact % 1'000)});
    }
    return parts;
}

struct TidesLine {
    std::string account;
    std::uint64_t work = 0;
    unsigned fee_basis_points = 0;
};

// TIDES: the reward by work, less a fee by account, rounded down; what is left is the pool's.
Amounts tides(const Integer& amount, const std::vector<TidesLine>& lines) {
    std::uint64_t total = 0;
    for (const auto& line : lines) total += line.work;
    Amounts paid;
    std::uint64_t sum = 0;
    for (const auto& line : lines) {
        paid[line.account] = static_cast<std::uint64_t>(
            amount * line.work * (10'000 - line.fee_basis_points) / (Integer(total) * 10'000));
        sum += paid[line.account];
    }
    paid["pool"] = static_cast<std::uint64_t>(amount) - sum;
    return paid;
}

// SLICE: the subsidy by difficulty; the fees in as many equal parts as there are slices, each shared by
// difficulty times the fees of the job.
struct SliceShare {
    std::string account;
    std::uint64_t difficulty = 0;
    std::uint64_t fees = 0;
};
using Slices = std::vector<std::vector<SliceShare>>;

Weights difficulty_in(const Slices& slices) {
    Weights weights;
    for (const auto& slice : slices)
        for (const auto& share : slice) weights[share.account] += share.difficulty;
    return weights;
}

Weights fee_weights_in(const Slices& slices) {
    std::vector<Integer> totals;
    Integer common = 1;
    for (const auto& slice : slices) {
        Integer total = 0;
        for (const auto& share : slice) total += Integer(share.difficulty) * share.fees;
        totals.push_back(total);
        common *= total;
    }
    Weights weights;
    for (std::size_t i = 0; i < slices.size(); ++i)
        for (const auto& share : slices[i])
            weights[share.account] += Integer(share.difficulty) * share.fees * (common / totals[i]);
    return weights;
}

// PPS: what one hash is expected to earn, times the hashes; rounded down.
std::uint64_t pps(const Integer& hashes, const Integer& difficulty, const Integer& subsidy) {
    return static_cast<std::uint64_t>(hashes * subsidy / (difficulty << 32));
}
// The same with the exact probability of a hash, 65,535 / 2^48 / difficulty.
std::uint64_t pps_exact(const Integer& hashes, const Integer& difficulty, const Integer& subsidy) {
    return static_cast<std::uint64_t>(hashes * subsidy * 65'535 / (difficulty << 48));
}

}  // namespace

TEST_CASE("Rosenfeld's exact rule pays by the reward of each share's own time and leaves a difference") {
    const std::int64_t today = 316'687'321;
    const std::int64_t before = 315'000'000;
    const auto parts = rosenfeld(2 * grid, 4'000,
                                 {{"B", 500, 1250, today},
                                  {"C", 250, 1000, before},
                                  {"A", 600, 1000, before},
                                  {"D", 400, 1000, before},
                                  {"E", 700, 1000, before}});
    const Amounts expected{
        {"A", 93'555'000}, {"B", 62'704'089}, {"C", 38'981'250}, {"D", 58'471'875}, {"E", 47'752'031}};
    Amounts paid;
    std::uint64_t sum = 0;
    std::uint64_t rest = 0;
    for (const auto& part : parts) {
        paid[part.account] = part.amount;
        sum += part.amount;
        rest += part.thousandths;
    }
    CHECK(paid == expected);
    CHECK(sum == 301'464'245);
    CHECK(rest == 808);
    CHECK(sum != distributable);  // the operator's gain or loss: Rosenfeld's statistical loan
    std::vector<std::int64_t> sixteenths;
    for (const auto& part : parts) sixteenths.push_back(part.counted.over * 16 / part.counted.under);
    CHECK(sixteenths == std::vector<std::int64_t>{16, 16, 16, 15, 7});
}

TEST_CASE("Rosenfeld's window across a retarget, in exact units, is what ours pays too") {
    // The window's log without the winner: A1000@1250, B500@1250, C250@1000, A600@1000 of X = 2.
    const Weights units{{"A", 6'750}, {"B", 2'000}, {"C", 1'250}};
    const Amounts expected{{"A", 211'626'302}, {"B", 62'704'090}, {"C", 39'190'056}};
    CHECK(amounts_of(apportion(distributable, units).value()) == expected);
    // Raw difficulty against twice the current one, as many pools do it, moves a sixth of C's pay to D.
    CHECK(amounts_of(apportion(distributable, {{"A", 1'600}, {"B", 500}, {"C", 250}, {"D", 150}}).value()) ==
          Amounts{{"A", 200'653'087}, {"B", 62'704'089}, {"C", 31'352'045}, {"D", 18'811'227}});
}

TEST_CASE("TIDES: fees by account, rounded down, the rest is the pool's") {
    CHECK(tides(reward, {{"A", 3'000, 100}, {"B", 2'500, 200}, {"C", 50, 200}}) ==
          Amounts{{"A", 169'470'512}, {"B", 139'798'907}, {"C", 2'795'978}, {"pool", 4'621'924}});
    const auto full = tides(reward, {{"A", 5'990, 200}, {"B", 2'000, 200}, {"C", 10, 200}});
    CHECK(full == Amounts{{"A", 232'377'238}, {"B", 77'588'393}, {"C", 387'941}, {"pool", 6'333'749}});
    CHECK(full.at("C") < 1'048'576);  // below the scheme's threshold: carried forward
}

TEST_CASE("FPPS: a day's hashes at the day's rate") {
    const Integer difficulty = 21'448'277'761'059;
    const Integer subsidy = 625'000'000;
    const Integer hashes = Integer(1'000'000'000'000'000) * 86'400;
    const auto base = pps(hashes, difficulty, subsidy);
    CHECK(base == 586'194);
    CHECK(pps_exact(hashes, difficulty, subsidy) == 586'185);
    const Integer subsidies = Integer(149) * subsidy;
    const Integer fees = 11'036'520'932;
    CHECK(subsidies == 93'125'000'000);
    const auto full =
        static_cast<std::uint64_t>(hashes * (subsidies + fees) * subsidy / ((difficulty << 32) * subsidies));
    CHECK(full == 655'665);
    CHECK(full - base == 69'471);
}

TEST_CASE("SLICE: the subsidy by difficulty, the fees by what the jobs offered") {
    const Slices slices{{{"A", 600, 5'000'000}, {"B", 400, 4'000'000}},
                        {{"A", 500, 1'000'000}, {"C", 500, 2'000'000}}};
    const auto subsidy = amounts_of(apportion(312'500'000, difficulty_in(slices)).value());
    CHECK(subsidy == Amounts{{"A", 171'875'000}, {"B", 62'500'000}, {"C", 78'125'000}});
    const auto fees = amounts_of(apportion(4'187'321, fee_weights_in(slices)).value());
    CHECK(fees == Amounts{{"A", 2'063'317}, {"B", 728'230}, {"C", 1'395'774}});
    CHECK(subsidy.at("A") + fees.at("A") == 173'938'317);
    CHECK(subsidy.at("B") + fees.at("B") == 63'228'230);
    CHECK(subsidy.at("C") + fees.at("C") == 79'520'774);
    CHECK(amounts_of(apportion(reward, difficulty_in(slices)).value()) ==
          Amounts{{"A", 174'178'027}, {"B", 63'337'464}, {"C", 79'171'830}});
}
