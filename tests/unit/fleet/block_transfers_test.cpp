#include "fleet/ledger/block_transfers.h"

#include <map>
#include <random>
#include <set>

#include "tests/catch.h"

using namespace fleet::ledger;

namespace {

// A block of 316,687,321 with 1 % fee, as in the vectors of the payout reference.
BlockEarnings block_of(std::vector<EarnedLine> lines) {
    BlockEarnings block;
    block.asset = "BTC";
    block.source_id = "bitcoin:00ff:1";
    block.found_at_us = 1'700'000'000'000'000;
    block.reward = 316'687'321;
    block.transaction_fees = 4'187'321;
    block.fee = 3'166'873;
    block.rule_fee_basis_points = 100;
    block.lines = std::move(lines);
    return block;
}

std::string text_of(const AccountKey& key) {
    return key.purpose + (key.party.empty() ? "" : " " + key.party);
}

// Credits less debits of each account.
std::map<std::string, std::string> net_of(const std::vector<Transfer>& transfers) {
    std::map<std::string, boost::multiprecision::cpp_int> sums;
    for (const auto& transfer : transfers) {
        sums[text_of(transfer.credit)] += boost::multiprecision::cpp_int(transfer.amount);
        sums[text_of(transfer.debit)] -= boost::multiprecision::cpp_int(transfer.amount);
    }
    std::map<std::string, std::string> out;
    for (const auto& [account, sum] : sums)
        if (sum != 0) out[account] = sum.str();
    return out;
}

using Net = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("a block is booked to the last unit, with subsidy and fees apart") {
    const auto block =
        block_of({{"alice", 141'084'202, {}}, {"bob", 109'732'157, {}}, {"carol", 62'704'089, {}}});
    const auto transfers = immature_transfers(block).value();
    CHECK(net_of(transfers) == Net{{"coinbase", "-316687321"},
                                   {"fee_immature", "3166873"},
                                   {"user_immature user:alice", "141084202"},
                                   {"user_immature user:bob", "109732157"},
                                   {"user_immature user:carol", "62704089"}});
    Integer fees = 0;
    for (const auto& transfer : transfers)
        if (transfer.code == "reward_fees" || transfer.code == "pool_fee_fees") fees += transfer.amount;
    CHECK(fees == 4'187'321);
}

TEST_CASE("the farm's own machines feed income, consigned ones their owner") {
    const auto block = block_of({{"farm", 200'000'000, {UserRole::own, {}, {}, 0}},
                                 {"guest", 113'520'448, {UserRole::consigned, "acme", {}, 0}}});
    const auto immature = immature_transfers(block).value();
    CHECK(net_of(immature) == Net{{"coinbase", "-316687321"},
                                  {"fee_immature", "3166873"},
                                  {"own_immature", "200000000"},
                                  {"owner_immature owner:acme", "113520448"}});
    auto all = immature;
    const auto mature = mature_transfers(block, immature, "main", 1'800'000'000'000'000, {}).value();
    all.insert(all.end(), mature.begin(), mature.end());
    CHECK(net_of(all) == Net{{"wallet", "-316687321"},
                             {"pool_fee", "3166873"},
                             {"mining", "200000000"},
                             {"owner owner:acme", "113520448"}});
}

TEST_CASE("a lower fee of one user is paid by the pool, a higher one by the user, nobody else notices") {
    const auto plain = block_of({{"alice", 200'000'000, {}}, {"bob", 113'520'448, {}}});
    auto lower = plain;
    lower.lines[0].terms.fee_basis_points = 0;
    CHECK(net_of(immature_transfers(lower).value()) == Net{{"coinbase", "-316687321"},
                                                           {"fee_immature", "1146671"},
                                                           {"user_immature user:alice", "202020202"},
                                                           {"user_immature user:bob", "113520448"}});
    auto higher = plain;
    higher.lines[0].terms.fee_basis_points = 200;
    CHECK(net_of(immature_transfers(higher).value())["user_immature user:alice"] == "197979798");
    higher.lines[0].terms.fee_basis_points = 10'000;
    CHECK(net_of(immature_transfers(higher).value()) == Net{{"coinbase", "-316687321"},
                                                            {"fee_immature", "203166873"},
                                                            {"user_immature user:bob", "113520448"}});
}

TEST_CASE("a donation leaves the user when the block is mature, and not before") {
    auto block = block_of({{"alice", 313'520'448, {UserRole::participant, {}, {}, 150}}});
    const auto immature = immature_transfers(block).value();
    CHECK(net_of(immature)["user_immature user:alice"] == "313520448");
    const auto mature = net_of(mature_transfers(block, immature, "main", 1, {}).value());
    CHECK(mature.at("user user:alice") == "308817642");
    CHECK(mature.at("donation") == "4702806");
}

TEST_CASE(
    "what was paid for a block's earlier life is recovered from the same block, at most what it brings") {
    const auto block = block_of({{"alice", 200'000'000, {}}, {"bob", 113'520'448, {}}});
    const auto immature = immature_transfers(block).value();
    const auto mature = net_of(
        mature_transfers(block, immature, "main", 1, {{"user:alice", 50'000'000}, {"user:bob", 200'000'000}})
            .value());
    CHECK(mature.at("user user:alice") == "150000000");
    CHECK(mature.at("receivable user:alice") == "50000000");
    CHECK_FALSE(mature.contains("user user:bob"));
    CHECK(mature.at("receivable user:bob") == "113520448");
}

TEST_CASE("lines that are not the reward are refused, and so are fees above it") {
    CHECK(immature_transfers(block_of({{"alice", 1, {}}})).error() == LedgerError::no_weight);
    auto block = block_of({{"alice", 313'520'448, {}}});
    block.transaction_fees = 316'687'322;
    CHECK(immature_transfers(block).error() == LedgerError::no_weight);
    block.lines[0].amount = ~Integer(0);
    CHECK(immature_transfers(block).error() == LedgerError::overflow);
}

TEST_CASE("the same block gives the same ids, another generation others, and no id twice") {
    auto block = block_of({{"alice", 200'000'000, {}}, {"bob", 113'520'448, {}}});
    const auto ids_of = [](const std::vector<Transfer>& transfers) {
        std::set<std::string> ids;
        for (const auto& transfer : transfers) ids.insert(transfer.id);
        REQUIRE(ids.size() == transfers.size());
        return ids;
    };
    const auto first = ids_of(immature_transfers(block).value());
    CHECK(first == ids_of(immature_transfers(block).value()));
    block.source_id = "bitcoin:00ff:2";
    for (const auto& id : ids_of(immature_transfers(block).value())) CHECK_FALSE(first.contains(id));
}

TEST_CASE("random blocks conserve every unit from coinbase to balances") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        BlockEarnings block = block_of({});
        block.reward = random() % (round % 3 == 0 ? 50 : 700'000'000'000ULL);
        block.transaction_fees = block.reward == 0 ? Integer(0) : Integer(random()) % (block.reward + 1);
        block.rule_fee_basis_points = static_cast<unsigned>(random() % 10'001);
        block.fee = block.reward * block.rule_fee_basis_points / 10'000;
        Integer left = block.reward - block.fee;
        const auto users = 1 + random() % 12;
        for (std::size_t i = 0; i < users; ++i) {
            EarnedLine line{
                "u" + std::to_string(100 + i), i + 1 == users ? left : Integer(random()) % (left + 1), {}};
            left -= line.amount;
            line.terms.role = static_cast<UserRole>(random() % 3);
            if (line.terms.role == UserRole::consigned) line.terms.owner = "o" + std::to_string(random() % 2);
            if (random() % 2 == 0) line.terms.fee_basis_points = static_cast<unsigned>(random() % 10'001);
            line.terms.donation_basis_points = static_cast<unsigned>(random() % 10'001);
            block.lines.push_back(std::move(line));
        }
        auto all = immature_transfers(block).value();
        for (const auto& [account, net] : net_of(all)) {
            INFO(account << " " << net);
            CHECK((account == "coinbase") == (net[0] == '-'));
        }
        const auto mature = mature_transfers(block, all, "main", 5, {}).value();
        all.insert(all.end(), mature.begin(), mature.end());
        const auto end = net_of(all);
        for (const auto& [account, net] : end) {
            INFO(account << " " << net);
            CHECK(account.find("immature") == std::string::npos);
            CHECK(account != "coinbase");
            CHECK((account == "wallet") == (net[0] == '-'));
        }
        if (block.reward != 0) CHECK(end.at("wallet") == "-" + block.reward.str());
    }
}
