#include "fleet/ledger/block_transfers.h"

#include <algorithm>
#include <map>

#include "fleet/ledger/reward.h"

namespace fleet::ledger {

namespace {

constexpr std::string_view source_kind = "block";

AccountKey account(const BlockEarnings& block, std::string_view purpose, std::string party = {}) {
    return {block.asset, std::string(purpose), std::move(party), {}};
}

// Where a line's reward waits, and where it goes.
AccountKey waiting_account(const BlockEarnings& block, const EarnedLine& line) {
    switch (line.terms.role) {
        case UserRole::participant:
            return account(block, "user_immature", "user:" + line.user);
        case UserRole::own:
            return account(block, "own_immature");
        case UserRole::consigned:
            return account(block, "owner_immature", "owner:" + line.terms.owner);
    }
    return account(block, "unclaimed");
}

class Writer {
  public:
    Writer(const BlockEarnings& block, std::int64_t event_at_us) : block_(block), event_at_us_(event_at_us) {}

    // Nothing for an amount of zero.
    void add(const AccountKey& debit, const AccountKey& credit, const Integer& amount,
             const std::string& code, const std::string& line, std::string memo = {}) {
        if (amount == 0) return;
        transfers_.push_back({transfer_id(source_kind, block_.source_id, code, line),
                              debit,
                              credit,
                              amount,
                              code,
                              event_at_us_,
                              std::string(source_kind),
                              block_.source_id,
                              {},
                              std::move(memo)});
    }
    std::vector<Transfer> take() { return std::move(transfers_); }

  private:
    const BlockEarnings& block_;
    const std::int64_t event_at_us_;
    std::vector<Transfer> transfers_;
};

// What the rule's fee came to for each line: the fee by the rule alone, shared by the amounts.
LedgerResult<std::vector<PayoutLine>> fees_by_line(const BlockEarnings& block) {
    const auto fee = fee_of(block.reward, block.rule_fee_basis_points);
    if (!fee) return fee.error();
    Weights weights;
    for (const auto& line : block.lines) weights[line.user] = line.amount;
    if (weights.empty()) return std::vector<PayoutLine>{};
    return apportion(*fee, weights);
}

void add_fee_override(Writer& writer, const BlockEarnings& block, const EarnedLine& line,
                      const Integer& fee) {
    if (!line.terms.fee_basis_points) return;
    const Integer wanted = (line.amount + fee) * *line.terms.fee_basis_points / basis_points;
    const auto pool = account(block, "fee_immature");
    const auto user = waiting_account(block, line);
    if (wanted < fee)
        writer.add(pool, user, fee - wanted, "fee_override", line.user, line.user);
    else
        writer.add(user, pool, std::min<Integer>(wanted - fee, line.amount), "fee_override", line.user,
                   line.user);
}

bool adds_up(const BlockEarnings& block) {
    Integer sum = block.fee;
    for (const auto& line : block.lines) sum += line.amount;
    return sum == block.reward && block.transaction_fees <= block.reward;
}

}  // namespace

const char* name_of(UserRole role) {
    switch (role) {
        case UserRole::participant:
            return "participant";
        case UserRole::own:
            return "own";
        case UserRole::consigned:
            return "consigned";
    }
    return "unknown";
}

std::optional<UserRole> parse_user_role(std::string_view text) {
    for (const auto role : {UserRole::participant, UserRole::own, UserRole::consigned})
        if (text == name_of(role)) return role;
    return std::nullopt;
}

LedgerResult<std::vector<Components>> components_of(const BlockEarnings& block) {
    if (block.reward == 0) return std::vector<Components>(block.lines.size() + 1);
    return checked([&] {
        // The pool's part is what the lines leave, so that no part is above its amount.
        const Integer distributable = block.reward - block.fee;
        const Integer fees_of_lines = distributable * block.transaction_fees / block.reward;
        const Integer fees_of_pool = block.transaction_fees - fees_of_lines;
        std::vector<Components> parts;
        parts.push_back({block.fee - fees_of_pool, fees_of_pool});
        Weights weights;
        for (const auto& line : block.lines) weights[line.user] = line.amount;
        std::map<std::string, Integer> fees;
        if (fees_of_lines != 0)
            for (const auto& line : apportion(fees_of_lines, weights).value())
                fees[line.account] = line.amount;
        for (const auto& line : block.lines)
            parts.push_back({line.amount - fees[line.user], fees[line.user]});
        return parts;
    });
}

LedgerResult<std::vector<Transfer>> immature_transfers(const BlockEarnings& block) {
    const auto sums = checked([&] { return adds_up(block); });
    if (!sums) return sums.error();
    if (!*sums) return LedgerError::no_weight;
    const auto parts = components_of(block);
    if (!parts) return parts.error();
    const auto fees = fees_by_line(block);
    if (!fees) return fees.error();
    return checked([&] {
        Writer writer(block, block.found_at_us);
        const auto coinbase = account(block, "coinbase");
        const auto pool = account(block, "fee_immature");
        writer.add(coinbase, pool, parts->front().subsidy, "pool_fee_subsidy", "");
        writer.add(coinbase, pool, parts->front().fees, "pool_fee_fees", "");
        for (std::size_t i = 0; i < block.lines.size(); ++i) {
            const auto& line = block.lines[i];
            const auto waiting = waiting_account(block, line);
            writer.add(coinbase, waiting, (*parts)[i + 1].subsidy, "reward_subsidy", line.user, line.user);
            writer.add(coinbase, waiting, (*parts)[i + 1].fees, "reward_fees", line.user, line.user);
            add_fee_override(writer, block, line, (*fees)[i].amount);
        }
        return writer.take();
    });
}

LedgerResult<std::vector<Transfer>> mature_transfers(const BlockEarnings& block,
                                                     const std::vector<Transfer>& immature,
                                                     const std::string& wallet, std::int64_t mature_at_us,
                                                     const std::vector<Shortfall>& shortfalls) {
    return checked([&] {
        std::map<AccountKey, Integer> waiting;
        for (const auto& transfer : immature) waiting[transfer.credit] += transfer.amount;
        for (const auto& transfer : immature)
            if (transfer.debit.purpose != "coinbase") waiting[transfer.debit] -= transfer.amount;
        Writer writer(block, mature_at_us);
        writer.add({block.asset, "wallet", "", wallet}, account(block, "coinbase"), block.reward,
                   "coinbase_mature", "");
        std::map<std::string, Integer> donations;
        for (const auto& line : block.lines)
            if (line.terms.role == UserRole::participant && line.terms.donation_basis_points != 0)
                donations["user:" + line.user] = line.terms.donation_basis_points;
        for (const auto& [from, amount] : waiting) {
            if (from.purpose == "fee_immature") {
                writer.add(from, account(block, "pool_fee"), amount, "pool_fee", "");
            } else if (from.purpose == "own_immature") {
                writer.add(from, account(block, "mining"), amount, "mined", "");
            } else {
                const auto to =
                    account(block, from.purpose == "user_immature" ? "user" : "owner", from.party);
                writer.add(from, to, amount, "mature", from.party);
                const Integer donated = amount * donations[from.party] / basis_points;
                writer.add(to, account(block, "donation"), donated, "donation", from.party);
                for (const auto& shortfall : shortfalls)
                    if (shortfall.party == from.party)
                        writer.add(to, account(block, "receivable", from.party),
                                   std::min<Integer>(shortfall.amount, amount - donated), "recovered",
                                   from.party);
            }
        }
        return writer.take();
    });
}

}  // namespace fleet::ledger
