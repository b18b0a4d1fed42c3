#include "server/store/window_reader.h"

#include <limits>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/store/numbers.h"
#include "stratum/target.h"

namespace server::store {

namespace {

using fleet::ledger::Integer;
using fleet::ledger::LedgerError;
using fleet::ledger::LedgerResult;
using fleet::ledger::weight_of_hash;
using fleet::ledger::Window;

struct SliceRow {
    std::int64_t slice = 0;
    std::int64_t first_position = 0;
    std::int64_t last_position = 0;
    Integer network_work;
    Integer weight;
    bool received_by_then = false;  // all of it
};

struct JobWeight {
    Integer network_work;
    Integer hash_weight;
};

constexpr int slices_per_page = 500;

class Reader {
  public:
    Reader(pqxx::work& transaction, Chain chain, std::int64_t frozen_at_us, const Integer& limit,
           WindowDetail* detail)
        : transaction_(transaction),
          chain_(std::move(chain)),
          frozen_at_us_(frozen_at_us),
          detail_(detail),
          read_{Window(limit), {}, {}} {}

    LedgerResult<WindowRead> run() {
        const auto tail =
            transaction_.exec1("select coalesce(max(last_position), 0) from slices")[0].as<std::int64_t>();
        add_shares(tail + 1, std::numeric_limits<std::int64_t>::max());
        std::int64_t below = std::numeric_limits<std::int64_t>::max();
        while (!error_ && !read_.window.full()) {
            const auto page = next_slices(below);
            for (const auto& slice : page)
                if (!take(slice)) break;
            add_whole_slices();
            if (page.size() < slices_per_page) break;
            below = page.back().last_position;
        }
        if (error_) return *error_;
        return std::move(read_);
    }

  private:
    std::vector<SliceRow> next_slices(std::int64_t below) {
        std::vector<SliceRow> page;
        for (const auto& row :
             transaction_.exec_params("select slice, first_position, last_position, network_work, weight, "
                                      "last_received_at_us <= $3 from slices "
                                      "where coin = $1 and algorithm = $2 and first_received_at_us <= $3 and "
                                      "last_position < $4 order by "
                                      "last_position desc limit $5",
                                      chain_.coin, chain_.algorithm, frozen_at_us_, below, slices_per_page))
            page.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>(),
                            integer_of(row[3]), integer_of(row[4]), row[5].as<bool>()});
        return page;
    }

    // False when the window is full.
    bool take(const SliceRow& slice) {
        if (error_ || read_.window.full()) return false;
        if (slice.received_by_then && slice.weight <= read_.window.room() - waiting_weight_) {
            waiting_[slice.network_work].push_back(slice.slice);
            waiting_weight_ += slice.weight;
            note(slice.last_position);
            note(slice.first_position);
            return true;
        }
        add_whole_slices();
        add_shares(slice.first_position, slice.last_position);
        return !read_.window.full();
    }

    // One query for each network target: the sum over its slices' accounts.
    void add_whole_slices() {
        for (const auto& [network_work, slices] : waiting_) {
            std::string ids = "{";
            if (detail_) detail_->slices.insert(detail_->slices.end(), slices.begin(), slices.end());
            for (const auto slice : slices) ids += (ids.size() > 1 ? "," : "") + std::to_string(slice);
            const auto hash_weight = weight_of_hash(network_work);
            if (!hash_weight) return fail(hash_weight.error());
            for (const auto& row : transaction_.exec_params(
                     "select u.name, g.work from (select user_id, sum(work) as work from slice_users where "
                     "slice = "
                     "any($1::bigint[]) group by user_id) g join users u on u.id = g.user_id",
                     ids + "}")) {
                const auto work = integer_of(row[1]);
                const auto taken = read_.window.add_run(row[0].c_str(), work, *hash_weight);
                if (!taken) return fail(taken.error());
                if (detail_) detail_->works[{row[0].c_str(), network_work}].sliced += work;
            }
        }
        waiting_.clear();
        waiting_weight_ = 0;
    }

    void add_shares(std::int64_t first, std::int64_t last) {
        const auto rows = transaction_.exec_params(
            "select position, worker, pool_node, job, work from shares where position between $1 and $2 and "
            "received_at_us <= "
            "$3 order by position desc",
            first, last, frozen_at_us_);
        if (rows.empty()) return;
        const auto accounts = accounts_of(first, last);
        const auto jobs = hash_weights_of(first, last);
        for (const auto& row : rows) {
            // A job of another chain has no weight here: the share is in another window.
            const auto job = jobs.find({row[2].as<int>(), row[3].as<std::int64_t>()});
            if (job == jobs.end()) continue;
            const auto& account = accounts.at(row[1].as<std::int32_t>());
            const auto work = integer_of(row[4]);
            const auto taken = read_.window.add_share(account, work, job->second.hash_weight);
            if (!taken) return fail(taken.error());
            if (detail_) tell(*taken, account, work, job->second, row[0].as<std::int64_t>());
            if (*taken != Window::Taken::none) note(row[0].as<std::int64_t>());
            if (read_.window.full()) return;
        }
    }

    std::unordered_map<std::int32_t, std::string> accounts_of(std::int64_t first, std::int64_t last) {
        std::unordered_map<std::int32_t, std::string> accounts;
        for (const auto& row :
             transaction_.exec_params("select w.id, u.name from (select distinct worker from shares where "
                                      "position between $1 and $2) s join "
                                      "workers w on w.id = s.worker join users u on u.id = w.user_id",
                                      first, last))
            accounts.emplace(row[0].as<std::int32_t>(), row[1].c_str());
        return accounts;
    }

    void tell(Window::Taken taken, const std::string& account, const Integer& work, const JobWeight& job,
              std::int64_t position) {
        if (taken == Window::Taken::whole) detail_->works[{account, job.network_work}].edge += work;
        if (taken == Window::Taken::cut)
            detail_->cut = {account, position, job.network_work, work, *read_.window.cut_weight()};
    }

    std::map<std::pair<int, std::int64_t>, JobWeight> hash_weights_of(std::int64_t first, std::int64_t last) {
        std::map<std::pair<int, std::int64_t>, JobWeight> weights;
        for (const auto& row :
             transaction_.exec_params("select j.pool_node, j.job, j.nbits from (select distinct pool_node, "
                                      "job from shares where position between $1 "
                                      "and $2) s join jobs j on j.pool_node = s.pool_node and j.job = s.job "
                                      "where j.coin = $3 and j.algorithm = $4",
                                      first, last, chain_.coin, chain_.algorithm)) {
            const auto target = stratum::target_of_nbits(row[2].as<std::uint32_t>());
            if (!target) continue;
            const auto network_work = integer_of(stratum::work_of_target(*target));
            const auto weight = weight_of_hash(network_work);
            if (weight)
                weights.emplace(std::pair{row[0].as<int>(), row[1].as<std::int64_t>()},
                                JobWeight{network_work, *weight});
        }
        return weights;
    }

    void note(std::int64_t position) {
        if (!read_.newest_position || position > *read_.newest_position) read_.newest_position = position;
        if (!read_.oldest_position || position < *read_.oldest_position) read_.oldest_position = position;
    }
    void fail(LedgerError error) { error_ = error; }

    pqxx::work& transaction_;
    const Chain chain_;
    const std::int64_t frozen_at_us_;
    WindowDetail* const detail_;  // null: nobody asked
    WindowRead read_;
    std::map<Integer, std::vector<std::int64_t>> waiting_;  // whole slices by network work, not yet summed
    Integer waiting_weight_ = 0;
    std::optional<LedgerError> error_;
};

}  // namespace

LedgerResult<WindowRead> read_window(pqxx::work& transaction, const Chain& chain, std::int64_t frozen_at_us,
                                     const Integer& limit, WindowDetail* detail) {
    return Reader(transaction, chain, frozen_at_us, limit, detail).run();
}

}  // namespace server::store
