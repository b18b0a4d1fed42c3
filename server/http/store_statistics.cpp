#include "server/http/store_statistics.h"

#include <chrono>
#include <utility>

#include "server/store/proof_files.h"
#include "server/store/proof_log.h"
#include "server/store/statistics.h"
#include "stratum/bytes.h"

namespace server::http {
namespace {

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

template <typename T>
T take(store::Stored<T> stored) {
    if (!stored && stored.error().too_slow) throw StatisticsTooSlow(stored.error().reason);
    if (!stored) throw StatisticsUnavailable(stored.error().reason);
    return std::move(*stored);
}

std::vector<Hashrate> from_rows(const std::vector<store::Hashrate>& rows) {
    std::vector<Hashrate> out;
    for (const store::Hashrate& row : rows) out.push_back({row.window_s, row.hashrate_hps, row.shares});
    return out;
}

BlockHistory from_row(store::BlockRow row) {
    return {std::move(row.hash),   row.height,           row.found_at_us,   std::move(row.user),
            std::move(row.worker), std::move(row.state), row.confirmations, row.effort,
            row.reward_sats};
}

class StoreStatistics : public StatisticsSource {
  public:
    explicit StoreStatistics(store::Database& database) : database_(database) {}

    PoolHistory pool() override {
        store::PoolStatistics row = take(store::pool_statistics(database_, now_us()));
        PoolHistory out;
        out.hashrate = from_rows(row.hashrate);
        out.round_effort = row.round_effort;
        out.round_started_at_us = row.round_started_at_us;
        if (row.luck_blocks != 0) out.luck = Luck{row.luck_blocks, row.luck};
        out.blocks = std::move(row.blocks);
        out.rejects_day = std::move(row.rejects);
        out.users_active = row.users_active;
        out.workers_active = row.workers_active;
        return out;
    }

    std::optional<UserHistory> user(std::string_view user) override {
        std::optional<store::UserStatistics> row = take(store::user_statistics(database_, user, now_us()));
        if (!row) return std::nullopt;
        return UserHistory{std::move(row->user),  std::move(row->kind), from_rows(row->hashrate),
                           row->last_share_at_us, row->workers,         std::move(row->rejects),
                           row->credited_sats};
    }

    std::vector<WorkerHistory> workers(std::string_view user, std::size_t count) override {
        std::vector<WorkerHistory> out;
        for (const store::WorkerStatistics& row :
             take(store::worker_statistics(database_, user, count, now_us()))) {
            out.push_back({row.worker, from_rows(row.hashrate), row.last_share_at_us});
        }
        return out;
    }

    std::vector<BlockHistory> blocks(std::optional<std::uint32_t> before_height, std::size_t count) override {
        std::vector<BlockHistory> out;
        for (store::BlockRow& row : take(store::blocks(database_, before_height, count))) {
            out.push_back(from_row(std::move(row)));
        }
        return out;
    }

    std::optional<BlockHistory> block(std::string_view hash) override {
        std::optional<store::BlockRow> row = take(store::block(database_, hash));
        if (!row) return std::nullopt;
        return from_row(std::move(*row));
    }

    std::optional<PayoutRun> payout_run(std::string_view block) override {
        std::optional<store::PayoutRunRow> row = take(store::payout_run(database_, block));
        if (!row) return std::nullopt;
        PayoutRun out{std::move(row->block),
                      row->height,
                      std::move(row->scheme),
                      row->rule,
                      row->computed_at_us,
                      row->reward_sats,
                      row->fee_sats,
                      row->window_ratio,
                      std::move(row->input_hash),
                      std::move(row->output_hash),
                      {}};
        for (store::PayoutLineRow& line : row->lines) {
            out.lines.push_back(
                {std::move(line.user), std::move(line.weight), line.weight_ratio, line.amount_sats});
        }
        return out;
    }

    ProofAnswer proof(const ProofQuestion& question) override {
        using Kind = ProofQuestion::Kind;
        const auto answer = [](store::Stored<store::ProofFile> file) {
            auto taken = take(std::move(file));
            return ProofAnswer{std::move(taken.text), std::move(taken.missing)};
        };
        switch (question.kind) {
            case Kind::block:
                return answer(
                    store::block_proof(database_, "bitcoin",
                                       stratum::parse_displayed(question.name).value_or(stratum::Hash256{})));
            case Kind::slice:
                return answer(store::slice_proof(database_, question.number, question.user));
            case Kind::share:
                return answer(store::share_proof(database_, question.number));
            case Kind::receipt:
                return answer(store::receipt_proof(database_, question.number));
            case Kind::liabilities:
                return answer(store::liabilities_proof(database_, question.name,
                                                       question.user.empty() ? "" : "user:" + question.user));
            case Kind::consistency:
                return answer(store::consistency_proof(database_, question.number));
        }
        return {};
    }

    std::vector<ProofHead> proof_heads(std::size_t count) override {
        std::vector<ProofHead> out;
        for (const auto& head : take(store::tree_heads(database_, static_cast<int>(count)))) {
            const auto& signature = head.text.signature;
            out.push_back({fleet::proof::hex_of(head.head.log), fleet::proof::hex_of(head.head.root),
                           fleet::proof::hex_of(head.text.key), stratum::to_hex(signature), head.head.size,
                           head.head.at_us});
        }
        return out;
    }

  private:
    store::Database& database_;
};

}  // namespace

std::unique_ptr<StatisticsSource> make_store_statistics(store::Database& database) {
    return std::make_unique<StoreStatistics>(database);
}

}  // namespace server::http
